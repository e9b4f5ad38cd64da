"""What docs/control-api.md shows is true: its blocks run against a fresh emulator."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from alicred_emulator.control.table import ROUTES
from alicred_emulator.serve import ready

PAGE = (Path(__file__).parents[2] / "docs" / "control-api.md").read_text(encoding="utf-8")
BASE = "http://127.0.0.1:8109"


def blocks(language):
    """Return the blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_there_are_blocks():
    """A page that was rewritten must not leave this file without work."""
    assert (len(blocks("sh")), len(blocks("python"))) == (3, 1)


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("sh"), reason="there is no curl")
@pytest.mark.parametrize("block", blocks("sh"))
def test_the_calls_with_curl_work(control, block):
    """Each line of each block is answered 2xx."""
    commands = block.replace("curl -s", "curl -s --noproxy '*' -f").replace(BASE, control.url)
    done = subprocess.run(["sh", "-ec", commands], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", blocks("python"))
def test_the_program_works(control, emulator, tmp_path, monkeypatch, block):
    """It finds the emulator by the ready file, and what it asserts holds."""
    monkeypatch.chdir(tmp_path)
    Path("ready.json").write_text(json.dumps(ready(emulator, control=control.url)), encoding="utf-8")
    names = {}
    exec(block, names)
    names["emulator"].close()


def test_the_page_names_every_path():
    """The table has a row for whatever there is."""
    named = re.findall(r"`(/[a-z-]+)", PAGE)
    first_segments = {"/" + route.path.split("/")[1] for route in ROUTES}
    assert first_segments - {"/openapi.json"} <= set(named)
