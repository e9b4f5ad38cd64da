"""The facade: one world, one clock, and the servers of its services."""

from collections.abc import Mapping
from types import TracebackType
from typing import Final, cast

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.instance import Instance
from alicred_emulator.journal import Journal
from alicred_emulator.ledger import Ledger
from alicred_emulator.outages import outages
from alicred_emulator.ram import Ram, Role, User
from alicred_emulator.service import Service, Shared
from alicred_emulator.services import CREDENTIALS_URI, IMDS, SERVICES, CredentialsUriService
from alicred_emulator.world import World

IDENTITIES: Final = ("ecs", "user", "uri")
"""What `Emulator.env` knows."""


class Emulator:
    """Alibaba Cloud's credential services on loopback.

    As a context manager it is started and stopped with the block.

    Args:
        host: The address that every service listens on.
        ports: Service name to port; 0, or a service that is not named, means any free port.
        clock: The clock of the fakes; a running one of its own by default.

    Attributes:
        clock: The clock of the fakes.
        journal: The requests of all services, in order.
        faults: What should go wrong.
        services: Every service by its name.

    Raises:
        ValueError: If a port is given for a service that does not exist.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        clock: EmulatorClock | None = None,
    ) -> None:
        ports = ports or {}
        unknown = ", ".join(sorted(set(ports) - set(SERVICES)))
        if unknown:
            raise ValueError(f"no service is called {unknown}; known: {', '.join(SERVICES)}")
        self.clock: Final = clock or EmulatorClock()
        self._world = World(self.clock)
        self._serving = False
        self.journal: Final = Journal()
        operations = {name: fake.operations for name, (fake, _) in SERVICES.items()}
        self.faults: Final = FaultBoard(self.clock, outages(self._world), operations)
        shared = Shared(world=self._world, journal=self.journal, faults=self.faults)
        self.services: Final[Mapping[str, Service]] = {
            name: kind(fake, shared, host, ports.get(name, 0)) for name, (fake, kind) in SERVICES.items()
        }

    def __enter__(self) -> "Emulator":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Emulator {' '.join(service.url for service in self.services.values())}>"

    @property
    def imds(self) -> Service:
        """The instance metadata service."""
        return self.services[IMDS.name]

    @property
    def credentials_uri(self) -> CredentialsUriService:
        """The credentials URI."""
        return cast("CredentialsUriService", self.services[CREDENTIALS_URI.name])

    @property
    def account_id(self) -> str:
        """The 16 digits of the account."""
        return self._world.ram.account_id

    @property
    def ram(self) -> Ram:
        """The users and roles of the account."""
        return self._world.ram

    @property
    def user(self) -> User:
        """The default user."""
        return self._world.user

    @property
    def role(self) -> Role:
        """The default role, attached to the instance."""
        return self._world.role

    @property
    def instance(self) -> Instance:
        """The ECS instance."""
        return self._world.instance

    @property
    def ledger(self) -> Ledger:
        """Every credential that any fake issued."""
        return self._world.ledger

    def start(self) -> None:
        """Start every service; their ports are open when this returns.

        Raises:
            PortUnavailableError: If a port is taken; then none is left open.
            HTTPServerError: If the emulator runs already.
        """
        try:
            for service in self.services.values():
                service.start()
        except OSError:
            self.stop()
            raise
        self._serving = True

    def stop(self) -> None:
        """Stop every service at once; nothing happens if none runs."""
        self._serving = False
        for service in self.services.values():
            service.stop()

    def reset(self) -> None:
        """Make everything as it was at the start: the world, the clock, the journal, no faults.

        The servers go on listening; their connections are closed, and handlers of a test removed. A
        service that was stopped by itself starts again, on the port it had.

        Raises:
            PortUnavailableError: If somebody else has taken the port of a service that was stopped.
        """
        for service in self.services.values():
            service.close_connections()
            service.clear()
        # Before the world, since some put back what they changed in it.
        self.faults.clear()
        self.clock.reset()
        self._world.reset()
        self.journal.clear()
        if self._serving:
            for service in self.services.values():
                service.resume()

    def reanchor_if_unshown(self) -> None:
        """Let the credentials that were not shown yet have been issued now; for a clock just frozen."""
        self._world.instance.reanchor_if_unshown()
        self._world.uri_endpoint.reanchor_if_unshown()

    def env(self, identity: str = "ecs") -> dict[str, str]:
        """Return the environment variables that a program needs.

        Args:
            identity: ``ecs`` for the instance alone, ``user`` for the AccessKey pair of the default
                user and the role to assume as well, ``uri`` for the credentials URI as well.

        Returns:
            Name to value.

        Raises:
            ValueError: If the identity is unknown.
        """
        if identity not in IDENTITIES:
            raise ValueError(f"no identity is called {identity!r}; known: {', '.join(IDENTITIES)}")
        variables = {"ALIBABA_CLOUD_IMDS_ENDPOINT": self.imds.url}
        if identity == "user":
            variables["ALIBABA_CLOUD_ACCESS_KEY_ID"] = self.user.access_key_id
            variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = self.user.access_key_secret
            variables["ALIBABA_CLOUD_ROLE_ARN"] = self.role.arn
        if identity == "uri":
            variables["ALIBABA_CLOUD_CREDENTIALS_URI"] = self.credentials_uri.url
        return variables
