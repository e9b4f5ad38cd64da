"""Every public name says what it takes, what it gives, in which unit, what it raises, and whence we know it.

What public means is in surface.py, what a docstring must say in rules.py.
"""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
RULES = runpy.run_path(str(HERE / "rules.py"))
SURFACE = RULES["surface"]
PUBLIC = tuple(SURFACE["public"]().values())
SAMPLES = {
    sample["name"]: sample
    for sample in tomllib.loads((HERE / "samples.toml").read_text(encoding="utf-8"))["sample"]
}
PACKAGES = ("alicred", "alicred_emulator", "alicred_emulator.remote", "alicred_emulator.scenarios")
# Private functions of the table PROVEN.
UNSEEN = {"alicred_emulator.scenarios.rehearsal._emulator", "alicred_emulator.world.World._default_trust"}


@pytest.mark.parametrize("rule", ["summary", "parameter", "attribute", "shape", "unit", "raises", "source"])
def test_every_public_name_says_all_that_is_asked(rule):
    """What is missing is listed with where it is missing."""
    assert sorted(set(RULES[f"{rule}_rule"](PUBLIC))) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_rule_finds_what_is_missing_and_no_more(name):
    """A rule that finds nothing would hold for everything, and one that asks for padding would get it."""
    sample, module = SAMPLES[name], f"sample: {name}"
    SURFACE["SAMPLES"][module] = sample["code"]
    found = list(RULES[f"{sample['rule']}_rule"](SURFACE["defined_in"](module).values()))
    assert len(found) == ("said" in sample)
    assert all(sample["said"] in one for one in found)


def test_what_users_import_is_under_the_rules():
    """Each name of an `__all__`, each fixture, and what hangs on them."""
    exported = {
        name
        for module in PACKAGES
        for node in SURFACE["tree"](module).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for name in ast.literal_eval(node.value)
    }
    names = {thing.path for thing in PUBLIC}
    assert exported <= names
    assert {
        "alicred_emulator",
        "alicred_child",
        "RemoteOAuthService",
        "Token",
        "FaultHandle",
        "Entry",
    } <= names


def test_what_the_reference_shows_is_under_the_rules():
    """The API reference is made of docstrings, and shows none that nobody has checked."""
    pages = (HERE.parents[1] / "docs" / "reference").glob("*.md")
    shown = {
        name for page in pages for name in re.findall(r"^::: (\S+)", page.read_text("utf-8"), re.MULTILINE)
    }
    modules = {name for name in shown if SURFACE["tree"](name) is not None}
    homes = (name.rpartition(".") for name in shown - modules)
    assert {SURFACE["names_in"](module)[name].name for module, _, name in homes} <= {
        one.name for one in PUBLIC
    }
    assert modules <= SURFACE["ROOTS"].keys()


def test_what_the_tables_name_is_there():
    """A class that was renamed would else need no source any more, and an exemption outlive its cause."""
    told = {thing.name for thing in RULES["told"](PUBLIC)}
    assert set(RULES["STAND_FOR_A_SERVICE"]) <= told
    assert set(RULES["raising"]["PROVEN"]) <= told | UNSEEN
