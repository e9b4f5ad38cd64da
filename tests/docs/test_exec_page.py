"""docs/exec.md shows what really happens: its sessions are run, and its tables name what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alicred_emulator.identities import IDENTITIES
from alicred_emulator.launch.isolations import AUTO, ISOLATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "exec.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
VARYING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
)


def masked(text):
    """Return a text without what differs from run to run."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    """Type a line, and return all that it prints; skip where namespaces do not work."""
    folder = tmp_path_factory.mktemp("terminal")
    variables = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def terminal(line):
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout

    if "isolation namespace: " not in terminal("alicred-emulator exec -- true"):
        pytest.skip("namespaces do not work here, and the page shows them")
    return terminal


@pytest.mark.interop
@pytest.mark.parametrize("session", SESSIONS)
def test_a_session_is_as_the_page_shows_it(terminal, session):
    """Line by line, but for ports and times."""
    for typed in session.removeprefix("$ ").split("\n$ "):
        line, _, printed = typed.partition("\n")
        assert masked(terminal(line)).strip() == masked(printed).strip()


def test_there_are_sessions():
    """A fence that was renamed must not leave this file without work."""
    assert len(SESSIONS) == 5


def test_the_tables_name_all_isolations_and_identities():
    """In the order of the code."""
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert named == [*ISOLATIONS, AUTO, *IDENTITIES]
