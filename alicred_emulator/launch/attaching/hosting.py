"""An emulator of this process, open to `exec --attach` in another one, which finds it by a file."""

import json
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from alicred_emulator.control.server import ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.launch.fakes import ATTACH, CONTROL, PROXY
from alicred_emulator.launch.isolation.table import ON_LINUX
from alicred_emulator.proxy.server import ProxyServer


@contextmanager
def hosting(emulator: Emulator) -> Generator[Path, None, None]:
    """Let programs attach to an emulator for the length of a context; it ends them if they outlast it.

    Args:
        emulator: The emulator, which runs.

    Yields:
        The ready file.
    """
    with _folder() as folder, ControlServer(emulator) as control, attachable(emulator) as ways:
        ready_file = folder / "ready.json"
        ready_file.write_text(json.dumps({CONTROL: control.url, **ways}), encoding="utf-8")
        yield ready_file


@contextmanager
def attachable(emulator: Emulator) -> Generator[dict[str, str], None, None]:
    """Open the ways in which programs meet an emulator besides its control API, for the length of a context.

    Args:
        emulator: The emulator, which runs.

    Yields:
        What its ready file has to say of them.
    """
    with ExitStack() as stack:
        proxy = stack.enter_context(ProxyServer(emulator.services, emulator.journal, emulator.clock))
        ways = {PROXY: proxy.url}
        if ON_LINUX:
            from alicred_emulator.launch.attaching.reception import Reception  # noqa: PLC0415 - it is Linux's

            place = stack.enter_context(_folder()) / "sockets"
            stack.enter_context(Reception(emulator.services, place))
            ways[ATTACH] = str(place)
        yield ways


@contextmanager
def _folder() -> Generator[Path, None, None]:
    with tempfile.TemporaryDirectory(prefix="alicred-attach-") as name:
        yield Path(name)
