"""The wall clock of programs that cannot be patched: libfaketime, led by a file that is rewritten.

The rule kept here: a move is in the file before the call that moved the clock returns. Monotonic time stays
the machine's, so that time-outs and timers of a program last as long as ever, unless they are to run as fast
as the clock.
"""

import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.faketime import (
    HINT,
    PREFIX,
    FaketimeMissingError,
    Start,
    find_library,
    for_real_waits,
    started,
)
from alicred_emulator.file_modes import FOR_ALL_TO_PASS, FOR_ALL_TO_READ

_PRELOAD: Final = "LD_PRELOAD"


class ChildClock:
    """What makes programs show the clients' time of an emulator's clock.

    Args:
        clock: The clock that they follow.
        library: Where libfaketime is.
        folder: Where the file that leads them is put, at once, and what else they need.
        start: When time begins for them.
    """

    def __init__(self, clock: EmulatorClock, library: Path, folder: Path, start: Start) -> None:
        self._clock = clock
        self._library = library
        self._folder = folder
        self._file = folder / "now"
        self._start = start
        self._lock = threading.Lock()
        self.update()

    def variables(self, environment: Mapping[str, str], *, waits_follow: bool = False) -> dict[str, str]:
        """Return the variables that put a program on this clock, and all that it starts.

        Args:
            environment: What else it is started with; what that preloads stays preloaded.
            waits_follow: Whether its monotonic time, and with it its waits, runs and moves as the clock does.

        Returns:
            Name to value.
        """
        library = self._library if waits_follow else self._for_real_waits()
        preloaded = [environment[_PRELOAD]] if environment.get(_PRELOAD) else []
        return {
            _PRELOAD: " ".join([str(library), *preloaded]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            # Seconds of the epoch: a date would be read in the program's time zone.
            "FAKETIME_FMT": "%s",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": str(int(not waits_follow)),
            # The times of files are the machine's; moved along, each file would look changed by a move.
            "NO_FAKE_STAT": "1",
            "FAKE_UTIME": "0",
            **self._start.variables,
        }

    def update(self) -> None:
        """Show the programs what the clock shows now."""
        beside = self._file.with_suffix(".next")
        with self._lock:
            beside.write_text(f"{self._moment()}\n", encoding="ascii")
            # Over it in one step: a program that reads meanwhile finds the one or the other.
            _readable(beside).replace(self._file)

    def _moment(self) -> str:
        ahead = self._clock.ahead_at(self._start.machine)
        # Standing, it names a moment, which cannot be one before 1970.
        stands_at = max(self._clock.client_time(), 0)
        moment = f"{stands_at:.6f}" if ahead is None else f"{ahead.total_seconds():+.6f}"
        return moment if self._clock.rate == 1 else f"{moment} x{self._clock.rate}"

    def _for_real_waits(self) -> Path:
        library = for_real_waits(self._library, self._folder)
        return library if library == self._library else _readable(library)


def _readable(path: Path) -> Path:
    path.chmod(FOR_ALL_TO_READ)
    return path


@contextmanager
def child_clock(clock: EmulatorClock) -> Generator[ChildClock, None, None]:
    """Have programs follow a clock, and each of its moves, within the context; they end before it does.

    Args:
        clock: The clock.

    Raises:
        FaketimeMissingError: If libfaketime is not on this machine.
        OSError: If there is no shared memory.
    """
    library = find_library()
    if library is None:
        raise FaketimeMissingError(f"the clock of a child process cannot be moved here: {HINT}")
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        folder.chmod(FOR_ALL_TO_PASS)
        with started(folder.name) as start:
            led = ChildClock(clock, library, folder, start)
            end = clock.on_move(led.update)
            try:
                yield led
            finally:
                end()
