"""The names that a file gives to credentials and faults: each is there before it is spoken of."""

from __future__ import annotations

from collections.abc import Iterable

from alicred_emulator.scenarios.asks import Ask, Invalidate, Read
from alicred_emulator.scenarios.changes import EVERYTHING, Break, Mend, WorldAction
from alicred_emulator.scenarios.tables import Table


def check_names(tables: Iterable[Table], actions: Iterable[WorldAction | Ask]) -> None:
    """Refuse a name that nobody gave.

    Args:
        tables: What happens, as it stands in the file.
        actions: What happens.

    Raises:
        ScenarioError: If one of them speaks of what there is not.
    """
    credentials: set[str] = set()
    faults: set[str] = set()
    for table, action in zip(tables, actions, strict=True):
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
