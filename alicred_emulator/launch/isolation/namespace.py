"""Isolation by namespaces: the emulated hosts are the fakes, and there is no other network."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from alicred_emulator import environment
from alicred_emulator.hosts import HOST_PORTS, METADATA_ADDRESS, service_of
from alicred_emulator.launch.errors import ImpossibleError
from alicred_emulator.launch.isolation import certificates
from alicred_emulator.launch.isolation.forwarding import Forwarding
from alicred_emulator.launch.isolation.overlays import overlays
from alicred_emulator.launch.isolation.setting import Prepared, Setting
from alicred_emulator.launch.keeping.kept import Kept, RefusedError
from alicred_emulator.sandbox import places
from alicred_emulator.sandbox.network import TCP, UDP, Endpoint
from alicred_emulator.sandbox.refusals import reason
from alicred_emulator.sandbox.resolver import Resolver

_LOOPBACK: Final = "127.0.0.1"
_LOOPBACKS: Final = (_LOOPBACK, "::1")
_NAME_SERVER: Final = "100.100.2.136"  # As on an instance (documented).
_NAME_PORT: Final = 53
# Where such services are seen from an instance in a VPC.
_ADDRESSES: Final[Mapping[str, str]] = {
    service: METADATA_ADDRESS if service == service_of(METADATA_ADDRESS) else f"100.100.80.{number}"
    for number, service in enumerate(HOST_PORTS, 1)
}


class Namespace:
    """The isolation. See `alicred_emulator.sandbox` for how it is done."""

    def enter(self, keeper: Kept | None) -> None:
        """Enter the sandbox.

        Raises:
            ImpossibleError: The kernel will not, or a file is missing that another has to be put over.
        """
        assert keeper is not None  # noqa: S101 - the table of isolations has this one on Linux alone
        missing = places.missing()
        if missing is not None:
            raise ImpossibleError(missing)
        self._keeper = keeper
        with _explained():
            keeper.enter([*_ADDRESSES.values(), _NAME_SERVER])

    @contextmanager
    def prepared(self, setting: Setting) -> Generator[Prepared, None, None]:
        """Have the fakes answer inside, and lay files over the machine's."""
        fakes, folder, keeper = setting.fakes, setting.folder, self._keeper
        with ExitStack() as stack:
            with _explained():
                for service, endpoints in _endpoints(fakes.ports).items():
                    fakes.adopt(service, keeper.bind(endpoints))
                # Where a fake answers already, there is nothing to pass on.
                ports = {*setting.local_ports, *setting.forward}.difference(fakes.ports.values())
                forwarded = {
                    sock: port
                    for port in sorted(ports)
                    for sock in keeper.bind([Endpoint(TCP, address, port) for address in _LOOPBACKS])
                }
                [names] = keeper.bind([Endpoint(UDP, _NAME_SERVER, _NAME_PORT)])
                keeper.lay_over(overlays(fakes, folder, _ADDRESSES, _NAME_SERVER))
            stack.enter_context(Forwarding(forwarded))
            stack.enter_context(Resolver(names, _address))
            changes = dict.fromkeys(environment.proxy_names()) | certificates.variables(fakes, folder)
            yield Prepared(says=_says(setting), changes=changes)


@contextmanager
def _explained() -> Generator[None, None, None]:
    try:
        yield
    except RefusedError as refusal:
        raise ImpossibleError(reason(str(refusal), refusal.number)) from refusal


def _address(name: str) -> str | None:
    if name == "localhost":
        return _LOOPBACK
    service = service_of(name)
    return None if service is None else _ADDRESSES[service]


def _endpoints(own_ports: Mapping[str, int]) -> dict[str, list[Endpoint]]:
    """Return where each service is inside: at its real ports, and where its URL says."""
    own = {name: [Endpoint(TCP, _LOOPBACK, port)] for name, port in own_ports.items()}
    for service, ports in HOST_PORTS.items():
        own[service].extend(Endpoint(TCP, _ADDRESSES[service], port) for port in ports)
    return own


def _says(setting: Setting) -> str:
    ports = ", ".join(str(port) for port in sorted(set(setting.forward)))
    word = "ports" if len(set(setting.forward)) > 1 else "port"
    kept = f", but for {word} {ports} of this machine's loopback" if ports else ""
    return (
        f"{METADATA_ADDRESS}, STS and the other emulated hosts are the fakes; "
        f"every other address and name is cut off{kept}"
    )
