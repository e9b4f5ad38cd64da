"""Lifecycle stories as data: read from files, told to any client of the fakes, and judged.

What is exported here is loaded when it is asked for, so that a file is read without a server.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alicred_emulator.scenarios.outcome import Outcome, StepResult
    from alicred_emulator.scenarios.parametrise import each_story
    from alicred_emulator.scenarios.reader import catalogue, read_story
    from alicred_emulator.scenarios.runner import run
    from alicred_emulator.scenarios.story import Story
    from alicred_emulator.scenarios.subject import Opened, Seen, Setting, Subject, Unsupported
    from alicred_emulator.scenarios.tables import ScenarioError
    from alicred_emulator.scenarios.timeline import MachineScenario, read_timeline

__all__ = [
    "MachineScenario",
    "Opened",
    "Outcome",
    "ScenarioError",
    "Seen",
    "Setting",
    "StepResult",
    "Story",
    "Subject",
    "Unsupported",
    "catalogue",
    "each_story",
    "read_story",
    "read_timeline",
    "run",
]

_HOMES = {
    "MachineScenario": "timeline",
    "Opened": "subject",
    "Outcome": "outcome",
    "ScenarioError": "tables",
    "Seen": "subject",
    "Setting": "subject",
    "StepResult": "outcome",
    "Story": "story",
    "Subject": "subject",
    "Unsupported": "subject",
    "catalogue": "reader",
    "each_story": "parametrise",
    "read_story": "reader",
    "read_timeline": "timeline",
    "run": "runner",
}


def __getattr__(name: str) -> object:
    """Load an exported name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
