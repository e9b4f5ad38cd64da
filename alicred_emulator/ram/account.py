"""One account: its root, its users, its roles, its identity providers."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from alicred_emulator.ram.access_keys import Keyring
from alicred_emulator.ram.names import LONGEST_PROVIDER_NAME, check_new, find
from alicred_emulator.ram.providers import OidcProvider, SamlProvider
from alicred_emulator.ram.roles import Role
from alicred_emulator.ram.trust import trust_policy as written_policy
from alicred_emulator.ram.users import Root, User

ECS: Final = "ecs.aliyuncs.com"
"""The service that a role must trust to be attached to an instance (documented)."""

_ACCOUNT_ID: Final = re.compile(r"[0-9]{16}")


class Ram:
    """Resource Access Management of one account.

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-createrole,
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-createoidcprovider,
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-createsamlprovider

    Args:
        account_id: The account's 16 digits.
        keyring: Where the keys of all accounts are found.

    Attributes:
        account_id: The account's 16 digits.
        root: The account's root, without a key until one is added.

    Raises:
        ValueError: If the id is not 16 digits.
    """

    def __init__(self, account_id: str, keyring: Keyring) -> None:
        if not _ACCOUNT_ID.fullmatch(account_id):
            raise ValueError(f"an account's id is 16 digits, not {account_id!r}")
        self.account_id: Final = account_id
        self.root: Final = Root(account_id, keyring)
        self._keyring = keyring
        self._users: dict[str, User] = {}
        self._roles: dict[str, Role] = {}
        self._oidc_providers: dict[str, OidcProvider] = {}
        self._saml_providers: dict[str, SamlProvider] = {}

    def __repr__(self) -> str:
        return f"<Ram of account {self.account_id}>"

    def add_user(self, name: str, *, may_assume_roles: bool = True) -> User:
        """Create a user with an AccessKey pair.

        Args:
            name: 1 to 64 letters, digits, dots, hyphens and underscores.
            may_assume_roles: Whether the user's policies allow ``sts:AssumeRole``.

        Returns:
            The new user.

        Raises:
            ValueError: If the name is malformed or taken.
        """
        check_new("user", name, self._users)
        user = self._users[name] = User(
            name, self.account_id, self._keyring, may_assume_roles=may_assume_roles
        )
        return user

    def add_role(
        self,
        name: str,
        *,
        trust_policy: Mapping[str, object] | None = None,
        max_session_duration: int = 3600,
    ) -> Role:
        """Create a role.

        Args:
            name: 1 to 64 letters, digits, dots, hyphens and underscores.
            trust_policy: Who may assume it, as RAM writes it; `alicred_emulator.trust_policy` helps to
                write one. By default everybody in the account, and ECS for its instances.
            max_session_duration: How many seconds a session may last, 3600 to 43200.

        Returns:
            The new role.

        Raises:
            ValueError: If the name is malformed or taken, the duration out of range, or the policy none.
        """
        check_new("role", name, self._roles)
        if trust_policy is None:
            trust_policy = self.default_trust_policy()
        role = self._roles[name] = Role(name, self.account_id, trust_policy, max_session_duration)
        return role

    def add_oidc_provider(
        self,
        name: str,
        *,
        issuer_url: str,
        client_ids: Sequence[str] = ("sts.aliyuncs.com",),
        keys: Mapping[str, object] | None = None,
    ) -> OidcProvider:
        """Register an OIDC provider.

        Args:
            name: 1 to 128 letters, digits, dots, hyphens and underscores.
            issuer_url: What ``iss`` has to be.
            client_ids: What ``aud`` has to be one of.
            keys: The issuer's JWKS; by default the emulator's own issuer is asked for it.

        Returns:
            The new provider.

        Raises:
            ValueError: If the name is malformed or taken.
        """
        check_new("OIDC provider", name, self._oidc_providers, LONGEST_PROVIDER_NAME)
        provider = self._oidc_providers[name] = OidcProvider(
            name=name,
            arn=f"acs:ram::{self.account_id}:oidc-provider/{name}",
            issuer_url=issuer_url,
            client_ids=client_ids,
            keys=keys,
        )
        return provider

    def add_saml_provider(
        self, name: str, *, entity_id: str, certificates: Sequence[str] | Callable[[], Sequence[str]]
    ) -> SamlProvider:
        """Register a SAML identity provider.

        Args:
            name: 1 to 128 letters, digits, dots, hyphens and underscores.
            entity_id: What the issuer of an assertion has to be.
            certificates: The certificates that sign its assertions, in PEM, or what returns them.

        Returns:
            The new provider.

        Raises:
            ValueError: If the name is malformed or taken.
        """
        check_new("SAML provider", name, self._saml_providers, LONGEST_PROVIDER_NAME)
        provider = self._saml_providers[name] = SamlProvider(
            name=name,
            arn=f"acs:ram::{self.account_id}:saml-provider/{name}",
            entity_id=entity_id,
            certificates=certificates if callable(certificates) else lambda: certificates,
        )
        return provider

    def user(self, name: str) -> User:
        """Return a user by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return find("user", name, self._users)

    def role(self, name: str) -> Role:
        """Return a role by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return find("role", name, self._roles)

    def oidc_provider(self, name: str) -> OidcProvider:
        """Return an OIDC provider by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return find("OIDC provider", name, self._oidc_providers)

    def saml_provider(self, name: str) -> SamlProvider:
        """Return a SAML provider by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return find("SAML provider", name, self._saml_providers)

    def default_trust_policy(self) -> dict[str, object]:
        """Return a trust policy for everybody in the account, and for ECS on its instances.

        Returns:
            The policy as RAM writes it: ``{"Statement": [...], "Version": "1"}``.
        """
        return written_policy(ram=self.root.arn, service=ECS)
