"""What the session's emulator and home directory are for one test: new, and new again after it."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from alicred_emulator.emulator import Emulator


@contextmanager
def fresh(emulator: Emulator) -> Generator[None, None, None]:
    """Have everything as it was at the start, and leave it so.

    Args:
        emulator: The emulator, which the test before may have stopped as a whole.
    """
    emulator.reset()
    if not emulator.imds.is_running():
        emulator.start()
    try:
        yield
    finally:
        emulator.reset()


@contextmanager
def emptied(home: Path) -> Generator[None, None, None]:
    """Leave a directory empty, whatever becomes of it meanwhile."""
    try:
        yield
    finally:
        if not home.is_dir() or any(home.iterdir()):
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(mode=0o700, exist_ok=True)


def stand_still(emulator: Emulator) -> None:
    """Let the clock stand, and credentials that nobody has seen be of that second."""
    emulator.clock.freeze()
    emulator.reanchor_if_unshown()
