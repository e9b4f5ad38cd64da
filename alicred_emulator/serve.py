"""`alicred-emulator serve`: an emulator for programs of any language, until it is told to stop."""

import json
import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from alicred_emulator.emulator import IDENTITIES, Emulator

DEFAULT_PORT_BASE: Final = 8100
# Where each service listens, counted from the base. The gaps are the places of services to come, so that
# nobody's scripts break when they do.
_PORT_OFFSETS: Final = {"imds": 0, "credentials_uri": 3}
HIGHEST_PORT_BASE: Final = 65535 - 9


def serve_until_stopped(
    *, host: str, port_base: int, ready_file: Path | None, say: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        host: The address to listen on.
        port_base: The first port, 0 for any free ones.
        ready_file: Where to write what `ready` returns, once everything listens; removed at the end.
        say: Prints a line.

    Raises:
        PortUnavailableError: A port is taken.
        OSError: The ready file cannot be written.
    """
    ports = {name: port_base + offset for name, offset in _PORT_OFFSETS.items()} if port_base else None
    with _stop_signals() as stopped, Emulator(host=host, ports=ports) as emulator:
        for line in _greeting(emulator):
            say(line)
        if ready_file is not None:
            _write_whole(ready_file, json.dumps(ready(emulator), indent=2) + "\n")
        try:
            stopped.wait()
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)


def ready(emulator: Emulator) -> dict[str, Any]:
    """Return what a program needs to know of a running emulator, fit for JSON."""
    return {
        "pid": os.getpid(),
        **{name: service.url for name, service in emulator.services.items()},
        "env": emulator.env(),
        "identities": {identity: emulator.env(identity) for identity in IDENTITIES},
    }


def _greeting(emulator: Emulator) -> Generator[str, None, None]:
    yield "An ECS instance is running on this machine. Ctrl-C stops it."
    yield ""
    for name, service in emulator.services.items():
        yield f"  {name:<16} {service.url}"
    yield ""
    yield "For alicred, and whatever else reads it:"
    yield ""
    for name, value in emulator.env().items():
        yield f"  export {name}={value}"
    yield ""


@contextmanager
def _stop_signals() -> Generator[threading.Event, None, None]:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_whole(path: Path, text: str) -> None:
    # Whoever waits for the file must never read half of it.
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
