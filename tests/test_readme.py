"""What the README shows is true: its Python blocks run, each as its reader would run it."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TESTS = [block for block in BLOCKS if "def test_" in block]
PROGRAMS = [block for block in BLOCKS if "def test_" not in block]


def test_the_tests_of_the_readme_pass(pytester):
    """A reader who copies one sees it pass."""
    pytester.makepyfile(**{f"test_{number}": block for number, block in enumerate(TESTS)})
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:randomly", "-p", "no:asyncio")
    result.assert_outcomes(passed=len(TESTS))


@pytest.mark.parametrize("block", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_of_the_readme_works_on_an_instance(block, alicred_emulator):
    """Its functions return the key that the instance shows."""
    names = {}
    exec(block, names)
    issued = {names["sync_code"](), names["asyncio"].run(names["async_code"]())}
    assert {alicred_emulator.ledger.get(key).origin for key in issued} == {"imds"}


def test_the_readme_has_both_kinds():
    """A heading that was renamed must not leave this file without work."""
    assert len(TESTS) == 4
    assert len(PROGRAMS) == 1
