"""docs/control-api.md names all there is, and its program runs against a fresh emulator."""

import json
import re
from pathlib import Path

from alicred_emulator.control.table import ROUTES
from alicred_emulator.serve import ready
from tests.docs.blocks import take, text_of

PAGE = text_of("docs/control-api.md")
[PROGRAM] = take("docs/control-api.md", "python")


def test_the_program_works(control, emulator, tmp_path, monkeypatch):
    """It finds the emulator by the ready file, and what it asserts holds."""
    monkeypatch.chdir(tmp_path)
    Path("ready.json").write_text(json.dumps(ready(emulator, control=control.url)), encoding="utf-8")
    names = {}
    exec(PROGRAM.text, names)
    names["emulator"].close()


def test_the_page_names_every_path():
    """The table has a row for whatever there is."""
    named = re.findall(r"`(/[a-z-]+)", PAGE)
    first_segments = {"/" + route.path.split("/")[1] for route in ROUTES}
    assert first_segments - {"/openapi.json"} <= set(named)
