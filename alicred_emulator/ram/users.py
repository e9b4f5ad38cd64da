"""Who holds long-lived keys: the users of an account, and its root."""

from abc import ABC, abstractmethod
from typing import Final

from alicred_emulator.keys import masked
from alicred_emulator.ram.access_keys import ACTIVE, AccessKey, Keyring, RsaKeyPair
from alicred_emulator.ram.names import numeric_id
from alicred_emulator.ram.principal import Principal


class KeyHolder(ABC):
    """Whoever holds keys of an account.

    Args:
        arn: Its ARN.
        keyring: Where its keys are found.

    Attributes:
        arn: Its ARN.
    """

    def __init__(self, arn: str, keyring: Keyring) -> None:
        self.arn: Final = arn
        self._keyring = keyring
        self._keys: list[AccessKey] = []

    @property
    @abstractmethod
    def principal(self) -> Principal:
        """For whom its keys speak."""

    @property
    def access_keys(self) -> tuple[AccessKey, ...]:
        """Its AccessKey pairs, the inactive ones too, in the order in which they were made."""
        return tuple(key for key in self._keys if key.exists)

    def add_access_key(self) -> AccessKey:
        """Make another AccessKey pair."""
        key = self._keyring.new_access_key(self.principal)
        self._keys.append(key)
        return key


class Root(KeyHolder):
    """The root of an account, which may do everything but assume roles (documented).

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole

    Args:
        account_id: The account's 16 digits.
        keyring: Where its keys are found.
    """

    def __init__(self, account_id: str, keyring: Keyring) -> None:
        super().__init__(f"acs:ram::{account_id}:root", keyring)
        self._account_id = account_id

    def __repr__(self) -> str:
        return f"<Root {self.arn}>"

    @property
    def principal(self) -> Principal:
        """For whom its keys speak."""
        return Principal(
            kind="Account",
            arn=self.arn,
            entity_arn=self.arn,
            account_id=self._account_id,
            principal_id=self._account_id,
            user_id=self._account_id,
        )


class User(KeyHolder):
    """A RAM user, with one AccessKey pair from the start.

    Args:
        name: The user's name, unique in the account.
        account_id: The account's 16 digits.
        keyring: Where its keys are found.
        may_assume_roles: Whether its policies allow ``sts:AssumeRole``.

    Attributes:
        name: The user's name.
        arn: ``acs:ram::<account>:user/<name>``.
        user_id: The 18 digits by which RAM knows it.
        may_assume_roles: Whether its policies allow ``sts:AssumeRole``; may be changed.
    """

    def __init__(
        self, name: str, account_id: str, keyring: Keyring, *, may_assume_roles: bool = True
    ) -> None:
        super().__init__(f"acs:ram::{account_id}:user/{name}", keyring)
        self.name: Final = name
        self.user_id: Final = numeric_id(self.arn, "2")
        self.may_assume_roles = may_assume_roles
        self._account_id = account_id
        self.add_access_key()

    def __repr__(self) -> str:
        keys = ", ".join(masked(key.access_key_id) for key in self.access_keys) or "no key"
        return f"<User {self.arn} with {keys}>"

    @property
    def principal(self) -> Principal:
        """For whom its keys speak."""
        return Principal(
            kind="RAMUser",
            arn=self.arn,
            entity_arn=self.arn,
            account_id=self._account_id,
            principal_id=self.user_id,
            user_id=self.user_id,
        )

    @property
    def access_key_id(self) -> str:
        """The id of the first active AccessKey pair.

        Raises:
            LookupError: If it has none.
        """
        return self._first_key().access_key_id

    @property
    def access_key_secret(self) -> str:
        """The secret of the first active AccessKey pair.

        Raises:
            LookupError: If it has none.
        """
        return self._first_key().access_key_secret

    def add_key_pair(self) -> RsaKeyPair:
        """Make an RSA key pair."""
        return self._keyring.new_key_pair(self.principal)

    def add_bearer_token(self) -> str:
        """Make a bearer token, which speaks for the user until the end of the world."""
        return self._keyring.new_bearer_token(self.principal)

    def _first_key(self) -> AccessKey:
        for key in self.access_keys:
            if key.status == ACTIVE:
                return key
        raise LookupError(f"the user {self.name} has no active access key; call add_access_key()")
