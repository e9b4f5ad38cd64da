"""The emulator as an isolation sees it, whether it is in this process or in another one."""

import socket
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alicred_emulator.emulator import Emulator
from alicred_emulator.proxy.server import ProxyServer

CONTROL: Final = "control"
"""The key of a ready file under which the URL of the control API stands."""
PROXY: Final = "proxy"
"""That of the URL of the proxy."""
ATTACH: Final = "attach"
"""That of the place at which the emulator takes sockets over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fakes:
    """What a program is to meet.

    Attributes:
        control: The URL of the control API.
        ports: Service to its port on this machine's loopback.
        region: The region of the instance.
        ca_certificate: Returns the certificate of the fakes' authority in PEM, which is made for whoever is
            the first to ask: a program that speaks no TLS does not wait for it.
        ca_bundle: Returns a file with the public certificate authorities and that of the fakes.
        env: Returns the variables that an identity needs.
        adopt: Has a service, which is named, answer on further sockets, which are bound and the fakes' from
            then on, until the program has ended.
        proxied: Serves as a proxy for the length of a context, which yields its URL, and lets pass the hosts
            that are named; raises a `LaunchError` where that is not to be had.
        watch: Called every second while the program runs; raises a `LaunchError` once the fakes are gone.
    """

    control: str
    ports: Mapping[str, int]
    region: str
    ca_certificate: Callable[[], str]
    ca_bundle: Callable[[], Path]
    env: Callable[[str], dict[str, str]]
    adopt: Callable[[str, Collection[socket.socket]], None]
    proxied: Callable[[Collection[str]], AbstractContextManager[str]]
    watch: Callable[[], None]


@contextmanager
def own_fakes(emulator: Emulator, control: str) -> Generator[Fakes, None, None]:
    """Yield those of an emulator in this process.

    Args:
        emulator: The emulator, which runs until after the context.
        control: The URL of its control API.
    """
    with ExitStack() as owned:

        def adopt(service: str, sockets: Collection[socket.socket]) -> None:
            for sock in sockets:
                emulator.services[service].adopt(owned.enter_context(sock))

        @contextmanager
        def proxied(allow: Collection[str]) -> Generator[str, None, None]:
            server = ProxyServer(emulator.services, emulator.journal, emulator.clock, allow=allow)
            with server as proxy:
                yield proxy.url

        yield Fakes(
            control=control,
            ports={name: service.port for name, service in emulator.services.items()},
            region=str(emulator.instance.metadata["region-id"]),
            ca_certificate=lambda: emulator.ca_certificate,
            ca_bundle=lambda: emulator.ca_bundle,
            env=emulator.env,
            adopt=adopt,
            proxied=proxied,
            # Nobody moves this clock, so nobody else renews the pod's token.
            watch=emulator.oidc.projected_token.renew_if_due,
        )
