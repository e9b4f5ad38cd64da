"""Every change of the world is tried when a file is read, so that nobody meets a mistake half-way through.

The rule kept here: the emulator that it is tried on listens nowhere, and leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios.changes import VERBS, Rotate
from alicred_emulator.scenarios.stage import Stage
from alicred_emulator.scenarios.tables import Table
from alicred_emulator.scenarios.world import Change

_TURN: Final = Lock()


class _BareStage(Stage):
    """A stage on which nothing is made that others could see."""

    def filled(self, value: Any) -> Any:
        """Return the value as it is."""
        return value

    def resume(self, service: str) -> None:
        """Listen nowhere."""


@cache
def _emulator() -> Emulator:
    return Emulator()


def rehearse(world: Table, changes: Iterable[Change], happenings: Iterable[tuple[Table, Any]]) -> None:
    """Try what a file does to the world, in its order.

    Args:
        world: The table of the changes that come first.
        changes: Those changes.
        happenings: What follows, each with the table that it stands in; what changes nothing is passed over.

    Raises:
        ScenarioError: If the world cannot be so; it names the place.
    """
    # All files are tried on one emulator, one after the other.
    with _TURN:
        emulator = _emulator()
        emulator.reset()
        emulator.clock.freeze()
        stage = _BareStage(emulator, Path())
        try:
            for change in changes:
                world.made(change.key, change.apply, stage)
            for table, action in happenings:
                verb = next((key for key in table if key in VERBS), None)
                # Of what can be replaced, everything can be.
                if verb is not None and not isinstance(action, Rotate):
                    table.made(verb, action.apply, stage)
        finally:
            # With it goes whatever it has written.
            emulator.stop()
