"""A machine scenario whose time begins with the program's."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from alicred_emulator.emulator import Emulator
from alicred_emulator.environment import Changes
from alicred_emulator.launch.companions.companion import Companion
from alicred_emulator.launch.errors import LaunchError
from alicred_emulator.scenarios.playback import playing
from alicred_emulator.scenarios.tables import ScenarioError
from alicred_emulator.scenarios.timeline import MachineScenario, read_timeline

_CLOCK: Final = "clock"
_STANDS_ASIDE: Final = "it moves the clock, which the program does not see; add --clock controlled"


class ScenarioMistakeError(LaunchError):
    """A scenario file has a mistake."""


def played(file: Path, tell: Callable[[str], None], *, controlled: bool) -> Companion:
    """Return what plays a scenario.

    Args:
        file: The file.
        tell: Prints a line that is not the program's.
        controlled: Whether the program is on the fakes' clock.

    Raises:
        ScenarioMistakeError: The file has a mistake.
    """
    try:
        scenario = read_timeline(file)
    except ScenarioError as error:
        raise ScenarioMistakeError(str(error)) from error
    unseen = not controlled and any(_CLOCK in event.action.needs for event in scenario.timeline)
    told = f"scenario {file.name}: {scenario.title or 'begins'}"
    return partial(_playing, scenario, f"{told}; {_STANDS_ASIDE}" if unseen else told, tell)


@contextmanager
def _playing(
    scenario: MachineScenario, told: str, tell: Callable[[str], None], emulator: Emulator, _changes: Changes
) -> Generator[Changes, None, None]:
    tell(told)
    with playing(scenario, emulator, tell):
        yield {}
