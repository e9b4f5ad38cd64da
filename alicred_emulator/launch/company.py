"""What is there beside a program, by what was asked for: a clock that it is on, a scenario that is played."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alicred_emulator.emulator import Emulator
from alicred_emulator.launch.errors import LaunchError
from alicred_emulator.launch.setting import Changes, Companion

if TYPE_CHECKING:
    from alicred_emulator.scenarios.timeline import MachineScenario

REAL: Final = "real"
CONTROLLED: Final = "controlled"

Tell = Callable[[str], None]
"""Prints a line that is not the program's."""

_CLOCK: Final = "clock"
_STANDS_ASIDE: Final = "it moves the clock, which the program does not see; add --clock controlled"


class ScenarioMistakeError(LaunchError):
    """A scenario file has a mistake."""


def companions(
    command: Sequence[str], tell: Tell, *, clock: str = REAL, speed: int = 1, scenario: Path | None = None
) -> list[Companion]:
    """Return what is there beside a program.

    Args:
        command: The program and its arguments.
        tell: Prints a line.
        clock: `REAL`, or `CONTROLLED` for the fakes'.
        speed: How many times as fast as real time the clocks run; above 1 the program's is the fakes'.
        scenario: The file of a machine scenario.

    Raises:
        LaunchError: If something of it cannot be had, or the file has a mistake.
    """
    controlled = clock == CONTROLLED or speed > 1
    found: list[Companion] = []
    if controlled:
        from alicred_emulator.launch.on_clock import on_clock  # noqa: PLC0415 - what is not used is not loaded

        found.append(on_clock(command, speed, tell))
    if scenario is not None:
        found.append(_played(scenario, tell, controlled=controlled))
    return found


def _played(file: Path, tell: Tell, *, controlled: bool) -> Companion:
    from alicred_emulator.scenarios.errors import ScenarioError  # noqa: PLC0415 - the same
    from alicred_emulator.scenarios.timeline import read_timeline  # noqa: PLC0415 - the same

    try:
        scenario = read_timeline(file)
    except ScenarioError as error:
        raise ScenarioMistakeError(str(error)) from error
    unseen = not controlled and any(_CLOCK in event.action.needs for event in scenario.timeline)
    told = f"scenario {file.name}: {scenario.title or 'begins'}"
    return partial(_playing, scenario, f"{told}; {_STANDS_ASIDE}" if unseen else told, tell)


@contextmanager
def _playing(
    scenario: "MachineScenario", told: str, tell: Tell, emulator: Emulator, _changes: Changes
) -> Generator[Changes, None, None]:
    from alicred_emulator.scenarios.playback import playing  # noqa: PLC0415 - as above

    tell(told)
    with playing(scenario, emulator, tell):
        yield {}
