"""The tests of docs/child-processes.md, each run as its reader would run it."""

import inspect
import re
import shutil

import pytest

from alicred_emulator.child import ChildPlace
from alicred_emulator.faketime import find_library
from alicred_emulator.sandbox import trial
from tests.docs.blocks import take, text_of

PAGE = text_of("docs/child-processes.md")
BLOCKS = take("docs/child-processes.md", "python")
OPTIONS = ("-p", "alicred_emulator", "-W", "error", "-p", "no:cacheprovider", "--strict-markers")


def test_the_tests_of_the_page_pass(pytester, monkeypatch):
    """In one session, with no plugin but ours."""
    if shutil.which("curl") is None or find_library() is None or trial.why_not() is not None:
        pytest.skip("the page has curl, libfaketime and namespaces")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(**{f"test_block_{block.number}": block.text for block in BLOCKS})
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=5)


def test_the_table_names_all_that_the_fixture_has():
    """Nothing that a reader could use is missing, and nothing is named that is not there."""
    named = re.findall(r"^\| `\.(\w+)", PAGE, re.MULTILINE)
    there = [name for name, _ in inspect.getmembers(ChildPlace) if not name.startswith("_")]
    assert sorted(named) == sorted([*there, "forward", "obstacle"])
