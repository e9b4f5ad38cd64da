"""`alicred-emulator serve`: an emulator for programs of any language, until it is told to stop."""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.control.server import NAME, ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.identities import IDENTITIES
from alicred_emulator.launch.attaching.hosting import attachable
from alicred_emulator.launch.folder import folder_of_a_command

DEFAULT_PORT_BASE: Final = 8100
# Where each service listens, counted from the base. The gaps are the places of services to come, so that
# nobody's scripts break when they do.
_PORT_OFFSETS: Final = {
    "imds": 0,
    "sts": 1,
    "credentials_uri": 3,
    "oidc": 4,
    "ecs_api": 5,
    "cloud_sso": 6,
    "oauth": 7,
}
_CONTROL_OFFSET: Final = 9
PORT_COUNT: Final = _CONTROL_OFFSET + 1
HIGHEST_PORT_BASE: Final = 65535 - _CONTROL_OFFSET
_TICK_SECONDS: Final = 1.0

if sys.platform == "win32":
    # Ctrl-Break, the one signal there that a program can send to another which catches it.
    _STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
else:
    _STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


class ReadyFileError(OSError):
    """The ready file could not be written."""


def serve_until_stopped(  # noqa: PLR0913 - they are the command's options
    *,
    host: str,
    port_base: int,
    ready_file: Path | None,
    say: Callable[[str], None],
    scenario: Path | None = None,
    speed: int = 1,
    ends_process: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        host: The address to listen on; the control API listens on loopback whatever it is.
        port_base: The first port, 0 for any free ones.
        ready_file: Where to write what `ready` returns, once everything listens; removed at the end.
        say: Prints a line.
        scenario: The file of a machine scenario, whose world is there and whose time begins once everything
            listens.
        speed: How many times as fast as real time the fakes' clock runs.
        ends_process: Whether the process ends with it. Then further signals are ignored to the very
            end, and a kill leaves no temporary file; otherwise the handlers of before are put back.

    Raises:
        ScenarioError: The scenario has a mistake; nothing was started then.
        PortUnavailableError: A port is taken.
        ReadyFileError: The ready file cannot be written.
        NoFolderError: Temporary files cannot.
    """
    play = _nobody if scenario is None else _player(scenario, say)
    ports = {name: port_base + offset for name, offset in _PORT_OFFSETS.items()} if port_base else None
    control_port = port_base + _CONTROL_OFFSET if port_base else 0
    with (
        folder_of_a_command("alicred-serve-", ends_process=ends_process),
        _stop_signals(ends_process=ends_process) as wait,
        Emulator(host=host, ports=ports, clock=EmulatorClock(speed)) as emulator,
        ControlServer(emulator, control_port) as control,
    ):
        for line in _greeting(emulator, control.url):
            say(line)
        with play(emulator), _written(ready_file, emulator, control.url):
            # While nobody moves the clock, nobody else renews the pod's token.
            wait(emulator.oidc.projected_token.renew_if_due)


def ready(emulator: Emulator, **besides: str) -> dict[str, Any]:
    """Return what a program needs to know of a running emulator, fit for JSON.

    Args:
        emulator: The emulator.
        **besides: What is served besides its services, such as ``control``: name to URL.

    Returns:
        ``pid``, the URLs by the names of what is served, ``sts_tls``, ``ca_bundle``, and ``env`` and
        ``identities``: the variables of the instance, and those of each identity.
    """
    return {
        "pid": os.getpid(),
        **{name: service.url for name, service in emulator.services.items()},
        **besides,
        "sts_tls": emulator.sts.tls_url,
        "ca_bundle": str(emulator.ca_bundle),
        "env": emulator.env(),
        "identities": {identity: emulator.env(identity) for identity in IDENTITIES},
    }


def _player(scenario: Path, say: Callable[[str], None]) -> Callable[[Emulator], AbstractContextManager[None]]:
    from alicred_emulator.scenarios.playback import playing  # noqa: PLC0415 - most serve without one
    from alicred_emulator.scenarios.timeline import read_timeline  # noqa: PLC0415 - the same

    read = read_timeline(scenario)
    return lambda emulator: playing(read, emulator, say)


def _nobody(_emulator: Emulator) -> AbstractContextManager[None]:
    return nullcontext()


def _greeting(emulator: Emulator, control_url: str) -> Generator[str, None, None]:
    yield "An ECS instance is running on this machine. Ctrl-C stops it."
    yield ""
    for name, service in emulator.services.items():
        yield f"  {name:<16} {service.url}"
    yield f"  {NAME:<16} {control_url}"
    yield ""
    yield "The services' ports speak TLS as well, with clients that trust the authorities in this file:"
    yield ""
    yield f"  {emulator.ca_bundle}"
    yield ""
    yield "For alicred, and whatever else reads it:"
    yield ""
    for name, value in emulator.env().items():
        yield f"  export {name}={value}"
    yield ""


@contextmanager
def _stop_signals(*, ends_process: bool) -> Generator[Callable[[Callable[[], None]], None], None, None]:
    """Yield what waits for the first signal to stop, and calls a function every second meanwhile."""
    reader, writer = socket.socketpair()
    reader.settimeout(_TICK_SECONDS)
    writer.setblocking(False)
    # Any thread of the process may take a signal, and then no lock that the main one waits for wakes.
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _nothing) for number in _STOPPING}

    def wait(tick: Callable[[], None]) -> None:
        while True:
            tick()
            with suppress(TimeoutError):
                if reader.recv(1)[0] in _STOPPING:
                    return

    try:
        yield wait
    finally:
        if ends_process and sys.platform != "win32":
            # One that came while its handler is being taken away would be told of on stderr.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if ends_process else handler)
        signal.set_wakeup_fd(wakeup)
        reader.close()
        writer.close()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass


@contextmanager
def _written(file: Path | None, emulator: Emulator, control_url: str) -> Generator[None, None, None]:
    if file is None:
        yield
        return
    with attachable(emulator) as ways:
        _write_whole(file, json.dumps(ready(emulator, control=control_url, **ways), indent=2) + "\n")
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _write_whole(path: Path, text: str) -> None:
    # Whoever waits for the file must never read half of it.
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise ReadyFileError(
            f"cannot write the ready file {path}: {error.strerror}; choose another file"
        ) from error
