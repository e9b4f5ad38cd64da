"""The facade: one world, one clock, and the servers of its services."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from alicred_emulator.ca_bundle import CaBundle
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.identities import variables_of
from alicred_emulator.instance import Instance
from alicred_emulator.journal import Journal
from alicred_emulator.ledger import Ledger
from alicred_emulator.messages import Reply, Request, WireEffect
from alicred_emulator.outages import outages
from alicred_emulator.ram.access_keys import RsaKeyPair
from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.roles import Role
from alicred_emulator.ram.users import User
from alicred_emulator.saml.provider import SamlIdentityProvider
from alicred_emulator.service import Shared
from alicred_emulator.services import SERVICES, Services
from alicred_emulator.world import World


class Emulator(Services):
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

    Raises:
        ValueError: If a port is given for a service that does not exist.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        clock: EmulatorClock | None = None,
    ) -> None:
        self.clock: Final = clock or EmulatorClock()
        self._world = World(self.clock)
        self._ca_bundle = CaBundle(self._world.ca)
        self._serving = False
        self.journal: Final = Journal()
        operations = {name: fake.operations for name, (fake, _) in SERVICES.items()}
        refusing = {name for name, (fake, _) in SERVICES.items() if fake.refuse is not None}
        self.faults: Final = FaultBoard(self.clock, outages(self._world), operations, refusing)
        shared = Shared(world=self._world, journal=self.journal, faults=self.faults)
        super().__init__(shared, host, ports or {})
        self._world.ask_issuer = self._ask_issuer

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
        """The default role: attached to the instance, and to be assumed by everybody in the default world."""
        return self._world.role

    @property
    def key_pair(self) -> RsaKeyPair:
        """The default user's RSA key pair."""
        return self._world.key_pair

    @property
    def saml(self) -> SamlIdentityProvider:
        """The SAML identity provider, which makes assertions."""
        return self._world.saml

    @property
    def saml_provider_arn(self) -> str:
        """The ARN of the provider that it is registered as with the default account."""
        return self._world.saml_provider.arn

    @property
    def instance(self) -> Instance:
        """The ECS instance."""
        return self._world.instance

    @property
    def ledger(self) -> Ledger:
        """Every credential that any fake issued."""
        return self._world.ledger

    @property
    def ca_certificate(self) -> str:
        """The certificate of the fakes' authority in PEM, for a context that a test makes itself."""
        return self._world.ca.certificate_pem.decode("ascii")

    @property
    def ca_bundle(self) -> Path:
        """A file with the public certificate authorities and that of the fakes, until the emulator stops."""
        return self._ca_bundle.path

    def add_account(self, account_id: str) -> Ram:
        """Create another account.

        Args:
            account_id: Its 16 digits.

        Returns:
            The account, empty.

        Raises:
            ValueError: If the id is malformed or taken.
        """
        return self._world.accounts.add(account_id)

    def account(self, account_id: str) -> Ram:
        """Return an account by its id.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return self._world.accounts.account(account_id)

    def start(self) -> None:
        """Start every service; their ports are open when this returns.

        Raises:
            PortUnavailableError: If a port is taken; then none is left open.
            HTTPServerError: If the emulator runs already, or one of its services by itself.
        """
        with ExitStack() as started:
            for service in self.services.values():
                service.start()
                started.callback(service.stop)
            started.pop_all()
        self._world.move_issuer(self.oidc.tls_url)
        self._serving = True

    def stop(self) -> None:
        """Stop every service at once; nothing happens if none runs."""
        self._serving = False
        for service in self.services.values():
            service.stop()
        self._ca_bundle.remove()
        self._world.oidc.close()

    def reset(self) -> None:
        """Make everything as it was at the start: the world, the clock, the journal, no faults.

        The servers go on listening; their connections are closed, and handlers of a test removed. A
        service that was stopped by itself starts again, on the port it had.

        Raises:
            PortUnavailableError: If somebody else has taken the port of a service that was stopped.
        """
        for service in self.services.values():
            service.close_connections()
        # Before the world, since some put back what they changed in it.
        self.faults.clear()
        # A clock that goes back would have the pod's token signed anew, for nobody.
        self._world.oidc.projected_token.forget()
        self.clock.reset()
        self._world.reset()
        # Last, since whoever connects meanwhile may have met half of the world before and half of this one.
        for service in self.services.values():
            service.clear()
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
            identity: ``ecs`` for the instance alone; besides it, ``user`` for the AccessKey pair of the
                default user and the role to assume, ``rrsa`` for what the webhook of ACK injects into a pod,
                ``uri`` for the credentials URI.

        Returns:
            Name to value.

        Raises:
            ValueError: If the identity is unknown.
        """
        return {
            "ALIBABA_CLOUD_IMDS_ENDPOINT": self.imds.url,
            "ALIBABA_CLOUD_STS_ENDPOINT": self.sts.url,
            **variables_of(self._world, identity, self.credentials_uri.url),
        }

    def _ask_issuer(self, request: Request) -> Reply:
        # Through the service, so that its faults concern STS as well, and its journal shows who asked.
        if self._serving and not self.oidc.is_running():
            return Reply(effect=WireEffect(ending="reset"))
        return self.oidc.answer(request, self.oidc.generation)
