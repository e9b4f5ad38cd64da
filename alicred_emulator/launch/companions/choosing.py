"""What accompanies a program, by what was asked for: a clock that it is on, a scenario that is played."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alicred_emulator.launch.companions.companion import Companion

REAL: Final = "real"
CONTROLLED: Final = "controlled"


def companions(
    command: Sequence[str],
    tell: Callable[[str], None],
    *,
    clock: str = REAL,
    speed: int = 1,
    scenario: Path | None = None,
) -> "list[Companion]":
    """Return what accompanies a program.

    Args:
        command: The program and its arguments.
        tell: Prints a line that is not the program's.
        clock: `REAL`, or `CONTROLLED` for the fakes'.
        speed: How many times as fast as real time the clocks run; above 1 the program's is the fakes'.
        scenario: The file of a machine scenario.

    Raises:
        LaunchError: If something of it cannot be had, or the file has a mistake.
    """
    controlled = clock == CONTROLLED or speed > 1
    found: list[Companion] = []
    if controlled:
        from alicred_emulator.launch.companions.program_clock import on_clock  # noqa: PLC0415 - what is not used is not loaded

        found.append(on_clock(command, speed, tell))
    if scenario is not None:
        from alicred_emulator.launch.companions.scenario import played  # noqa: PLC0415 - the same

        found.append(played(scenario, tell, controlled=controlled))
    return found
