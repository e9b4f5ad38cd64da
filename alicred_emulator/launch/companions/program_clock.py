"""A program on the fakes' clock: what it is told, and what a person has to know about it."""

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

from alicred_emulator import environment, faketime
from alicred_emulator.child_clock import child_clock
from alicred_emulator.emulator import Emulator
from alicred_emulator.environment import Changes
from alicred_emulator.launch.companions import linkage
from alicred_emulator.launch.companions.companion import Companion
from alicred_emulator.launch.errors import LaunchError

_PREFIX: Final = "FAKETIME"
_PRELOAD: Final = "LD_PRELOAD"
_CPYTHON: Final = re.compile(r"python[0-9.]*")
_LIMITS: Final = (
    "programs that are statically linked or written in Go, use musl or run setuid keep the machine's"
)
_REAL_WAITS: Final = "its sleeps, timers and locks keep real time, as CPython's do before libfaketime 0.9.11"
_NO_MEMORY: Final = "the program's clock cannot be controlled without shared memory"


class NoClockError(LaunchError):
    """The clock of a program cannot be controlled on this machine."""


def on_clock(command: Sequence[str], speed: int, tell: Callable[[str], None]) -> Companion:
    """Return what puts a program on the fakes' clock.

    Args:
        command: The program and its arguments.
        speed: How many times as fast as real time the clock runs.
        tell: Prints a line that is not the program's.

    Raises:
        NoClockError: If there is no libfaketime.
    """
    library = faketime.find_library()
    if library is None:
        raise NoClockError(f"the program's clock cannot be controlled here: {faketime.HINT}")
    program = linkage.looked_at(command, environment.said("PATH"))
    waits_follow = speed > 1 and (not _is_cpython(program) or faketime.keeps_timed_locks(library))
    says = _says(program, speed, waits_follow=waits_follow)
    return partial(_on_clock, program, waits_follow, partial(tell, says))


@contextmanager
def _on_clock(
    program: linkage.Program,
    waits_follow: bool,  # noqa: FBT001 - of a partial
    tell: Callable[[], None],
    emulator: Emulator,
    changes: Changes,
) -> Generator[Changes, None, None]:
    tell()
    if not program.may_preload:
        yield {}
        return
    with ExitStack() as stack:
        try:
            led = stack.enter_context(child_clock(emulator.clock))
        except OSError as error:
            raise NoClockError(f"{_NO_MEMORY}: {error.strerror}; mount /dev/shm") from error
        preloaded = {_PRELOAD: environment.said(_PRELOAD) or ""}
        yield {
            **dict.fromkeys(environment.names_beginning(_PREFIX)),
            **led.variables({**preloaded, **_set(changes)}, waits_follow=waits_follow),
        }


def _says(program: linkage.Program, speed: int, *, waits_follow: bool) -> str:
    beginning = "clock controlled" if speed == 1 else f"clock {speed} times as fast"
    if program.why_not is not None:
        rest = "; what it starts may follow" if program.may_preload else ""
        return f"{beginning}: {program.path} {program.why_not}, and keeps the machine's time{rest}"
    waits = "" if speed == 1 else " with its waits" if waits_follow else f", but {_REAL_WAITS}"
    return f"{beginning}: the program's follows the fakes'{waits}; {_LIMITS}"


def _is_cpython(program: linkage.Program) -> bool:
    return _CPYTHON.fullmatch(program.path.name) is not None


def _set(changes: Changes) -> dict[str, str]:
    return {name: value for name, value in changes.items() if value is not None}
