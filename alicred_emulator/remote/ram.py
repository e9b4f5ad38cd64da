"""An account of an emulator in another process: its users, its roles, its identity providers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from alicred_emulator.ram.principal import Principal
from alicred_emulator.ram.roles import Role
from alicred_emulator.remote.keys import RemoteKeyHolder, RemoteUser
from alicred_emulator.remote.providers import RemoteOidcProvider, RemoteSamlProvider
from alicred_emulator.remote.resource import Fact, Resource, Switch, segment
from alicred_emulator.remote.wire import Wire


class RemoteRole(Resource):
    """What `alicred_emulator.ram.roles.Role` is, elsewhere.

    Args:
        wire: The connection.
        path: Its path.
        account_id: The account's 16 digits.
    """

    def __init__(self, wire: Wire, path: str, account_id: str) -> None:
        super().__init__(wire, path)
        self._account_id = account_id

    name: Fact[str] = Fact("The role's name.", str)
    arn: Fact[str] = Fact("``acs:ram::<account>:role/<name>``.", str)
    role_id: Fact[str] = Fact("The 18 digits by which RAM knows it.", str)
    trust_policy: Switch[Mapping[str, object]] = Switch(
        'Who may assume it: ``{"Statement": [...], "Version": "1"}``.', dict
    )
    max_session_duration: Switch[int] = Switch(
        "How many seconds a session of it may last, 3600 to 43200.", int
    )
    may_assume_roles: Switch[bool] = Switch(
        "Whether its policies allow its sessions ``sts:AssumeRole``.", bool
    )

    def session_arn(self, session_name: str) -> str:
        """Return the ARN that a session of the role has as a caller.

        Args:
            session_name: The session's name, the last part of the ARN.
        """
        return self._twin().session_arn(session_name)

    def session(self, session_name: str) -> Principal:
        """Return whom the credential of a session speaks for.

        Args:
            session_name: The session's name.
        """
        return self._twin().session(session_name)

    def _twin(self) -> Role:
        fields = self._wire.get(self._path)
        return Role(fields["name"], self._account_id, fields["trust_policy"], fields["max_session_duration"])


class RemoteRam:
    """What `alicred_emulator.ram.account.Ram` is, elsewhere.

    Args:
        wire: The connection.
        account_id: The account's 16 digits.

    Attributes:
        account_id: The account's 16 digits.
        root: The account's root.
    """

    def __init__(self, wire: Wire, account_id: str) -> None:
        self._wire = wire
        self._path = f"/accounts/{segment(account_id)}"
        self.account_id: Final = account_id
        self.root: Final = RemoteKeyHolder(wire, f"{self._path}/root")

    def __repr__(self) -> str:
        return f"<RemoteRam of account {self.account_id}>"

    def add_user(self, name: str, *, may_assume_roles: bool = True) -> RemoteUser:
        """Create a user with an AccessKey pair.

        Args:
            name: 1 to 64 letters, digits, dots, hyphens and underscores.
            may_assume_roles: Whether the user's policies allow ``sts:AssumeRole``.

        Returns:
            The new user.

        Raises:
            ValueError: If the name is malformed or taken.
        """
        self._add("users", {"name": name, "may_assume_roles": may_assume_roles})
        return RemoteUser(self._wire, self._of("users", name))

    def add_role(
        self,
        name: str,
        *,
        trust_policy: Mapping[str, object] | None = None,
        max_session_duration: int = 3600,
    ) -> RemoteRole:
        """Create a role.

        Args:
            name: 1 to 64 letters, digits, dots, hyphens and underscores.
            trust_policy: Who may assume it, as RAM writes it. By default everybody in the account, and ECS
                for its instances.
            max_session_duration: How many seconds a session may last, 3600 to 43200.

        Returns:
            The new role.

        Raises:
            ValueError: If the name is malformed or taken, the duration out of range, or the policy none.
        """
        role = {"name": name, "trust_policy": trust_policy, "max_session_duration": max_session_duration}
        self._add("roles", role)
        return RemoteRole(self._wire, self._of("roles", name), self.account_id)

    def add_oidc_provider(
        self,
        name: str,
        *,
        issuer_url: str,
        client_ids: Sequence[str] = ("sts.aliyuncs.com",),
        keys: Mapping[str, object] | None = None,
    ) -> RemoteOidcProvider:
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
        provider = {"name": name, "issuer_url": issuer_url, "client_ids": list(client_ids), "keys": keys}
        self._add("oidc-providers", provider)
        return RemoteOidcProvider(self._wire, self._of("oidc-providers", name))

    def add_saml_provider(
        self, name: str, *, entity_id: str, certificates: Sequence[str] | Callable[[], Sequence[str]]
    ) -> RemoteSamlProvider:
        """Register a SAML identity provider.

        Args:
            name: 1 to 128 letters, digits, dots, hyphens and underscores.
            entity_id: What the issuer of an assertion has to be.
            certificates: The certificates that sign its assertions, in PEM, or what returns them, which is
                asked once.

        Returns:
            The new provider.

        Raises:
            ValueError: If the name is malformed or taken.
        """
        texts = list(certificates() if callable(certificates) else certificates)
        self._add("saml-providers", {"name": name, "entity_id": entity_id, "certificates": texts})
        return RemoteSamlProvider(self._wire, self._of("saml-providers", name))

    def user(self, name: str) -> RemoteUser:
        """Return a user by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return RemoteUser(self._wire, self._found("users", name))

    def role(self, name: str) -> RemoteRole:
        """Return a role by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return RemoteRole(self._wire, self._found("roles", name), self.account_id)

    def oidc_provider(self, name: str) -> RemoteOidcProvider:
        """Return an OIDC provider by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return RemoteOidcProvider(self._wire, self._found("oidc-providers", name))

    def saml_provider(self, name: str) -> RemoteSamlProvider:
        """Return a SAML provider by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return RemoteSamlProvider(self._wire, self._found("saml-providers", name))

    def default_trust_policy(self) -> dict[str, object]:
        """Return a trust policy for everybody in the account, and for ECS on its instances.

        Returns:
            The policy as RAM writes it: ``{"Statement": [...], "Version": "1"}``.
        """
        policy: dict[str, object] = self._wire.get(self._path)["default_trust_policy"]
        return policy

    def _add(self, kind: str, fields: Mapping[str, Any]) -> None:
        self._wire.post(f"{self._path}/{kind}", fields)

    def _of(self, kind: str, name: str) -> str:
        return f"{self._path}/{kind}/{segment(name)}"

    def _found(self, kind: str, name: str) -> str:
        path = self._of(kind, name)
        self._wire.get(path)
        return path
