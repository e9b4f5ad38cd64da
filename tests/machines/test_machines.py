"""Every machine of fixtures/machines.toml, with alicred on it and with Alibaba's SDK."""

import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parents[2] / "fixtures" / "machines.toml"
MACHINES = tomllib.loads(TABLE.read_text(encoding="utf-8"))["machine"]
NAMES = [machine["name"] for machine in MACHINES]


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_alicred_finds_what_the_table_says(machine, outcome):
    """The winner, its key, what it asked; and it warns of what was configured and passed over, no more."""
    found, said = outcome("alicred", machine)
    expected = machine.get("warns", [])
    assert found == machine.get("both", machine.get("alicred")), said.get("message")
    assert len(said["warnings"]) == len(expected), said["warnings"]
    for words, warning in zip(expected, said["warnings"], strict=True):
        assert words in warning


@pytest.mark.interop
@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_the_sdk_finds_what_the_table_says(machine, outcome):
    """The winner, its key, and what it asked."""
    found, said = outcome("sdk", machine)
    assert found == machine.get("both", machine.get("sdk")), said.get("message")
