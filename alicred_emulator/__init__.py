"""Fakes of Alibaba Cloud's credential services, and the pytest plugin that puts tests among them.

This module is the plugin's name. pytest imports it in every session of everyone who installed alicred,
so it imports nothing but the standard library and pytest, and loads what it exports when it is asked for.

PYTEST_DONT_REWRITE: there is no assert in this file, and without this word pytest would warn when a
conftest imports the package before it names it as a plugin.
"""

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alicred_emulator.clock import EmulatorClock
    from alicred_emulator.emulator import Emulator
    from alicred_emulator.faults import Fault
    from alicred_emulator.ram.trust import trust_policy

__all__ = ["Emulator", "EmulatorClock", "Fault", "trust_policy"]

pytest_plugins = ("alicred_emulator.plugin",)

# Not in __dir__: pytest looks at every name in dir() of a plugin, and would load them all.
_HOMES = {
    "Emulator": "alicred_emulator.emulator",
    "EmulatorClock": "alicred_emulator.clock",
    "Fault": "alicred_emulator.faults",
    "trust_policy": "alicred_emulator.ram.trust",
}

if "pytest" in sys.modules:
    # With autoload disabled nobody else marks our helper asserts for rewriting.
    sys.modules["pytest"].register_assert_rewrite(__name__)


def __getattr__(name: str) -> object:
    """Load an exported name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
