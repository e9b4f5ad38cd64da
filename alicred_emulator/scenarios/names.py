"""The names that a story gives to credentials and faults: each is there before it is spoken of."""

from __future__ import annotations

from alicred_emulator.scenarios.asks import Invalidate, Read
from alicred_emulator.scenarios.changes import EVERYTHING, Break, Mend
from alicred_emulator.scenarios.story import Step
from alicred_emulator.scenarios.tables import Table


def check_names(tables: list[Table], steps: tuple[Step, ...]) -> None:
    """Refuse a name that nobody gave.

    Args:
        tables: The steps as they stand in the file.
        steps: The steps.

    Raises:
        ScenarioError: If a step speaks of what there is not.
    """
    credentials: set[str] = set()
    faults: set[str] = set()
    for table, step in zip(tables, steps, strict=True):
        action = step.action
        if isinstance(action, Read):
            credentials.update(action.expected)
        elif isinstance(action, Invalidate) and action.name not in credentials:
            raise table.error("invalidate", f"speaks of {action.name}, which was not read before")
        elif isinstance(action, Break) and action.called is not None:
            if action.called == EVERYTHING or action.called in faults:
                raise table.error("called", f"is {action.called}, which is taken")
            faults.add(action.called)
        elif isinstance(action, Mend) and action.name not in {EVERYTHING, *faults}:
            known = ", ".join([EVERYTHING, *sorted(faults)])
            raise table.error("mend", f"speaks of {action.name}, which no fault is called; known: {known}")
