"""Machine scenarios: a world, and what happens to it while a program runs.

The rule kept here: they are read by the same code as stories, and know nothing of a client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from alicred_emulator.durations import told
from alicred_emulator.emulator import Emulator
from alicred_emulator.fault_rule import FaultHandle
from alicred_emulator.scenarios.changes import VERBS, WorldAction
from alicred_emulator.scenarios.names import check_names
from alicred_emulator.scenarios.reader import verb_of
from alicred_emulator.scenarios.rehearsal import rehearse
from alicred_emulator.scenarios.stage import Stage
from alicred_emulator.scenarios.tables import Document, Table
from alicred_emulator.scenarios.world import Change, read_changes

KEYS: Final = ("title", "story", "world", "timeline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happens.

    Attributes:
        at: How long after the beginning, a timedelta in the time that the program sees pass.
        action: What happens.
        because: A sentence for a person, or nothing.
    """

    at: timedelta
    action: WorldAction
    because: str = ""

    def __str__(self) -> str:
        return f"at {told(self.at)}: {self.action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineScenario:
    """A world and its timeline.

    Attributes:
        title: One sentence, or nothing.
        world: What differs from the default world.
        timeline: What happens, in order of time.
    """

    title: str
    world: tuple[Change, ...]
    timeline: tuple[Event, ...] = field(repr=False)


class Player:
    """Makes a machine scenario happen to a running emulator; when is its caller's business.

    Args:
        scenario: The scenario.
        emulator: The emulator.
    """

    def __init__(self, scenario: MachineScenario, emulator: Emulator) -> None:
        self._scenario = scenario
        self._stage = Stage(emulator, Path())

    def begin(self) -> None:
        """Make the world that the scenario begins with."""
        for change in self._scenario.world:
            change.apply(self._stage)

    def faults_in_force(self) -> list[FaultHandle]:
        """Return the handles of the faults that have begun and were not mended."""
        return list(self._stage.faults.values())

    def play(self, event: Event) -> None:
        """Make one event happen.

        Raises:
            ValueError: If the emulator's world has become one that it cannot happen to.
        """
        event.action.apply(self._stage)


def read_timeline(path: Path | str) -> MachineScenario:
    """Read a file.

    Args:
        path: The file.

    Returns:
        The scenario.

    Raises:
        ScenarioError: If it has a mistake; the message names file, line, key and what is allowed.
    """
    document = Document(Path(path))
    root = Table(document, (), document.content)
    root.only(KEYS)
    world = read_changes(root.table("world"))
    tables = root.tables("timeline")
    events = tuple(map(_event, tables))
    for (earlier, later), table in zip(pairwise(events), tables[1:], strict=True):
        if later.at < earlier.at:
            raise table.error("at", "is not before what stands above it")
    actions = [event.action for event in events]
    check_names(tables, actions)
    rehearse(root.table("world"), world, zip(tables, actions, strict=True))
    return MachineScenario(title=root.text("title", ""), world=world, timeline=events)


def _event(table: Table) -> Event:
    verb = verb_of(table, VERBS, ("at", "because"))
    read, besides = VERBS[verb]
    table.only(("at", verb, *besides, "because"))
    at = table.duration("at")
    if at < timedelta(0):
        raise table.error("at", "is not before the beginning")
    return Event(at=at, action=read(table, verb), because=table.text("because", ""))
