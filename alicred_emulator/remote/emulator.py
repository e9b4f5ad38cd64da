"""An emulator in another process, with the names that one in this process has."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, cast

from alicred_emulator.remote.clock import RemoteClock
from alicred_emulator.remote.faults import RemoteFaultBoard
from alicred_emulator.remote.instance import RemoteInstance
from alicred_emulator.remote.keys import RemoteKeyPair, RemoteUser, key_pair
from alicred_emulator.remote.ram import RemoteRam, RemoteRole
from alicred_emulator.remote.records import RemoteJournal, RemoteLedger
from alicred_emulator.remote.saml import RemoteSamlIdentityProvider
from alicred_emulator.remote.services import (
    RemoteCredentialsUriService,
    RemoteOidcService,
    RemoteService,
    RemoteStsService,
)
from alicred_emulator.remote.sign_in import RemoteCloudSsoService, RemoteOAuthService
from alicred_emulator.remote.wire import Wire, facts_in
from alicred_emulator.services import SERVICES

_KINDS: Final[Mapping[str, type[RemoteService]]] = {
    "sts": RemoteStsService,
    "credentials_uri": RemoteCredentialsUriService,
    "oidc": RemoteOidcService,
    "cloud_sso": RemoteCloudSsoService,
    "oauth": RemoteOAuthService,
}
"""Services that can be told more than any."""


class RemoteEmulator:
    """What `alicred_emulator.Emulator` is, over the control API of one that runs already.

    Nothing is asked until something is read or done; then all of it, and what hangs on it, raises
    `EmulatorUnreachableError` if no emulator answers. As a context manager it closes its connection with the
    block; the emulator goes on.

    Args:
        url: Where the control API is: what `serve` greets with, and its ready file calls ``control``.

    Attributes:
        clock: The clock of the fakes.
        journal: The requests of all services, in order.
        faults: What should go wrong.
        ledger: Every credential that any fake issued.
        services: Every service by its name.

    Raises:
        ValueError: If it is no URL.
    """

    def __init__(self, url: str) -> None:
        self._wire = Wire(url)
        self.clock: Final = RemoteClock(self._wire)
        self.journal: Final = RemoteJournal(self._wire)
        self.faults: Final = RemoteFaultBoard(self._wire)
        self.ledger: Final = RemoteLedger(self._wire)
        self.services: Final[Mapping[str, RemoteService]] = {
            name: _KINDS.get(name, RemoteService)(self._wire, name) for name in SERVICES
        }

    @classmethod
    def from_ready_file(cls, path: str | Path) -> "RemoteEmulator":
        """Return the emulator that a ready file is of.

        Args:
            path: What ``alicred-emulator serve --ready-file`` has written.

        Raises:
            EmulatorUnreachableError: If there is no such file.
            ValueError: If it is no ready file.
        """
        return cls(facts_in(Path(path))["control"])

    def __enter__(self) -> "RemoteEmulator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<RemoteEmulator {self._wire.url}>"

    @property
    def imds(self) -> RemoteService:
        """The instance metadata service."""
        return self.services["imds"]

    @property
    def sts(self) -> RemoteStsService:
        """The Security Token Service."""
        return cast("RemoteStsService", self.services["sts"])

    @property
    def oidc(self) -> RemoteOidcService:
        """The OIDC issuer, and the token file of a pod."""
        return cast("RemoteOidcService", self.services["oidc"])

    @property
    def ecs_api(self) -> RemoteService:
        """The API of ECS, which tells whether a credential works."""
        return self.services["ecs_api"]

    @property
    def credentials_uri(self) -> RemoteCredentialsUriService:
        """The credentials URI."""
        return cast("RemoteCredentialsUriService", self.services["credentials_uri"])

    @property
    def cloud_sso(self) -> RemoteCloudSsoService:
        """CloudSSO, where users of a directory sign in."""
        return cast("RemoteCloudSsoService", self.services["cloud_sso"])

    @property
    def oauth(self) -> RemoteOAuthService:
        """The OAuth service of both sites, where users sign in for aliyun-cli."""
        return cast("RemoteOAuthService", self.services["oauth"])

    @property
    def account_id(self) -> str:
        """The 16 digits of the account."""
        return str(self._told("account_id"))

    @property
    def ram(self) -> RemoteRam:
        """The users and roles of the account."""
        return RemoteRam(self._wire, self.account_id)

    @property
    def user(self) -> RemoteUser:
        """The default user."""
        return self.ram.user(self._told("user"))

    @property
    def role(self) -> RemoteRole:
        """The default role: attached to the instance, and to be assumed by everybody in the default world."""
        return self.ram.role(self._told("role"))

    @property
    def key_pair(self) -> RemoteKeyPair:
        """The default user's RSA key pair."""
        return key_pair(self._wire.get("/key-pair"))

    @property
    def saml(self) -> RemoteSamlIdentityProvider:
        """The SAML identity provider, which makes assertions."""
        return RemoteSamlIdentityProvider(self._wire)

    @property
    def saml_provider_arn(self) -> str:
        """The ARN of the provider that it is registered as with the default account."""
        return str(self._told("saml_provider_arn"))

    @property
    def instance(self) -> RemoteInstance:
        """The ECS instance."""
        return RemoteInstance(self._wire, self.ram)

    @property
    def ca_certificate(self) -> str:
        """The certificate of the fakes' authority in PEM, for a context that a test makes itself."""
        return str(self._told("ca_certificate"))

    @property
    def ca_bundle(self) -> Path:
        """A file with the public certificate authorities and that of the fakes, until the emulator stops."""
        return Path(self._told("ca_bundle"))

    def add_account(self, account_id: str) -> RemoteRam:
        """Create another account.

        Args:
            account_id: Its 16 digits.

        Returns:
            The account, empty.

        Raises:
            ValueError: If the id is malformed or taken.
        """
        self._wire.post("/accounts", {"account_id": account_id})
        return RemoteRam(self._wire, account_id)

    def account(self, account_id: str) -> RemoteRam:
        """Return an account by its id.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        account = RemoteRam(self._wire, account_id)
        account.default_trust_policy()
        return account

    def reset(self) -> None:
        """Make everything as it was at the start: the world, the clock, the journal, no faults."""
        self._wire.post("/reset", {})

    def reanchor_if_unshown(self) -> None:
        """Let the credentials that were not shown yet have been issued now; for a clock just frozen."""
        self._wire.post("/reanchor", {})

    def env(self, identity: str = "ecs") -> dict[str, str]:
        """Return the environment variables that a program needs.

        Args:
            identity: ``ecs`` for the instance alone; besides it, ``user``, ``rrsa`` or ``uri``.

        Returns:
            Name to value.

        Raises:
            ValueError: If the identity is unknown.
        """
        return dict(self._wire.get("/env", identity=identity))

    def close(self) -> None:
        """Close the connection; the next use makes another."""
        self._wire.close()

    def _told(self, what: str) -> Any:
        return self._wire.get("/emulator")[what]
