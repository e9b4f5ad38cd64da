"""docs/default-chain.md tells what the code does: its tables are made of those in the code."""

import runpy
from pathlib import Path

from alicred.modes import MODES
from alicred.providers.registry import CHAIN

MAKER = runpy.run_path(str(Path(__file__).with_name("default_chain.py")))


def test_the_page_is_up_to_date():
    """Whoever changes a table in the code runs `make default-chain`."""
    text = MAKER["PAGE"].read_text(encoding="utf-8")
    assert MAKER["page"](text) == text


def test_every_place_and_every_mode_has_its_row():
    """A marker that was lost must not leave a table as it was."""
    text = MAKER["PAGE"].read_text(encoding="utf-8")
    assert all(text.count(f"\n| `{place.name}` |") == 1 for place in CHAIN)
    assert all(text.count(f"\n| `{mode.name}` |") == 1 for mode in MODES)
