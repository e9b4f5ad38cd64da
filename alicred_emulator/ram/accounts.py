"""All accounts of a world, and what an ARN names in them."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from alicred_emulator.keys import KeyMint
from alicred_emulator.ram.access_keys import Keyring
from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.names import find
from alicred_emulator.ram.principal import Principal
from alicred_emulator.ram.providers import OidcProvider, SamlProvider
from alicred_emulator.ram.roles import Role

_ARN: Final = re.compile(r"acs:ram::([0-9]+):(user|role|oidc-provider|saml-provider)/([A-Za-z0-9._-]+)")

_Named = TypeVar("_Named")


class Accounts:
    """The accounts of a world.

    Args:
        mint: Makes their keys.

    Attributes:
        keyring: The long-lived keys of all accounts.
    """

    def __init__(self, mint: KeyMint) -> None:
        self.keyring: Final = Keyring(mint)
        self._accounts: dict[str, Ram] = {}

    def add(self, account_id: str) -> Ram:
        """Create an account.

        Args:
            account_id: Its 16 digits.

        Returns:
            The account, empty.

        Raises:
            ValueError: If the id is malformed or taken.
        """
        if account_id in self._accounts:
            raise ValueError(f"there is an account {account_id} already")
        account = self._accounts[account_id] = Ram(account_id, self.keyring)
        return account

    def account(self, account_id: str) -> Ram:
        """Return an account by its id.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return find("account", account_id, self._accounts)

    def role(self, arn: str) -> Role | None:
        """Return the role that an ARN names, None if there is none."""
        return self._named(arn, "role", Ram.role)

    def may_assume_roles(self, principal: Principal) -> bool:
        """Tell whether the policies of a user or of a session's role allow ``sts:AssumeRole``."""
        arn = principal.entity_arn
        entity = self._named(arn, "user", Ram.user) or self.role(arn)
        return entity is not None and entity.may_assume_roles

    def oidc_provider(self, arn: str) -> OidcProvider | None:
        """Return the OIDC provider that an ARN names, None if there is none."""
        return self._named(arn, "oidc-provider", Ram.oidc_provider)

    def saml_provider(self, arn: str) -> SamlProvider | None:
        """Return the SAML provider that an ARN names, None if there is none."""
        return self._named(arn, "saml-provider", Ram.saml_provider)

    def _named(self, arn: str, kind: str, look: Callable[[Ram, str], _Named]) -> _Named | None:
        match = _ARN.fullmatch(arn)
        account = self._accounts.get(match[1]) if match and match[2] == kind else None
        if match is None or account is None:
            return None
        try:
            return look(account, match[3])
        except LookupError:
            return None
