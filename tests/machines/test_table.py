"""The table of machines says what it means, leaves nothing out, and is what docs/differences.md tells."""

import re
import runpy
import sys
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import pytest

from alicred.modes import MODES
from alicred.parameters import TYPES
from alicred.providers.registry import CHAIN

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((ROOT / "fixtures" / "machines.toml").read_text(encoding="utf-8"))
MACHINES = TABLE["machine"]
PLACES = {"environment", "profiles", "files", "permissions", "instance", "uri_status"}
SWITCHES = {"role", "http_tokens", "http_endpoint", "imds_v2_supported"}
EXPECTATIONS = {"both"}, {"alicred", "sdk", "why"}
FOUND, FAILED = {"provider_name", "key", "requests"}, {"fails", "requests"}


def objections(machine):
    """Yield what is wrong with a row."""
    known = {"name", "about", "warns", *PLACES, *set.union(*EXPECTATIONS)}
    if machine.keys() - known:
        yield "it has a key that nobody reads"
    if not {"name", "about"} <= machine.keys():
        yield "it does not say what it is about"
    if machine.keys() & set.union(*EXPECTATIONS) not in EXPECTATIONS:
        yield "it needs both; or alicred, sdk and why"
    outcomes = [machine[who] for who in ("both", "alicred", "sdk") if who in machine]
    if any(outcome.keys() not in (FOUND, FAILED) for outcome in outcomes):
        yield "an expectation is of provider_name, key and requests, or of fails and requests"
    if "why" in machine and machine.get("alicred") == machine.get("sdk"):
        yield "it says why they differ, and they do not"
    if not re.fullmatch(r"[^.]([^.]|\.\S)*\.", machine.get("why", "a.")):
        yield "why is one sentence"
    if not machine.get("instance", {}).keys() <= SWITCHES:
        yield "the instance has no such switch"
    if not all(name.startswith("ALIBABA_CLOUD_") for name in machine.get("environment", {})):
        yield "a variable is not one of Alibaba Cloud's"
    if not machine.get("permissions", {}).keys() <= {".aliyun/config.json", *machine.get("files", {})}:
        yield "it has permissions for a file that is not there"


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine["name"])
def test_a_row_is_complete_and_has_nothing_that_nobody_reads(machine):
    """A misspelt key would make it say less than it seems to; where the two differ, it says why."""
    assert list(objections(machine)) == []


FAILS = {"fails": "no credential", "requests": []}
ASKS = {"fails": "no credential", "requests": ["imds Token"]}
DIFFER = {"alicred": FAILS, "sdk": ASKS, "why": "It is so."}


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"enviroment": {}}, "nobody reads"),
        ({"both": None}, "needs both; or"),
        ({"alicred": FAILS}, "needs both; or"),
        ({"both": {"fails": "no credential"}}, "an expectation"),
        ({"both": None, **DIFFER, "why": None}, "needs both; or"),
        ({"both": None, **DIFFER, "sdk": FAILS}, "they do not"),
        ({"both": None, **DIFFER, "why": "So. And so."}, "one sentence"),
        ({"both": None, **DIFFER, "why": ""}, "one sentence"),
        ({"instance": {"rolle": False}}, "no such switch"),
        ({"environment": {"PATH": ""}}, "not one of Alibaba Cloud's"),
        ({"permissions": {"key.pem": 0o644}}, "a file that is not there"),
        ({"about": None}, "what it is about"),
    ],
)
def test_a_spoilt_row_is_noticed(changes, objection):
    """Of each kind of mistake one."""
    row = {"name": "nothing", "about": "Nothing", "both": FAILS, **changes}
    [only] = objections({name: value for name, value in row.items() if value is not None})
    assert objection in only


def test_there_are_machines_enough_and_each_has_its_name():
    """A name is what a failure is told by."""
    assert len(MACHINES) >= 60
    assert len({machine["name"] for machine in MACHINES}) == len(MACHINES)
    assert TABLE.keys() == {"sdk_version", "keys", "machine"}


def test_the_rows_of_one_part_stand_together():
    """So does the page tell them."""
    parts = [machine["about"] for machine in MACHINES]
    assert sum(before != after for before, after in pairwise(parts)) + 1 == len(set(parts))


def test_every_place_of_the_chain_comes_before_the_next():
    """A machine for each pair of neighbours, on which both are configured."""
    first = [row["both"]["provider_name"] for row in MACHINES if row["about"] == "What comes first"]
    assert [name.split("/")[1] for name in first] == [place.name for place in CHAIN[:-1]]


def test_every_mode_and_every_type_is_on_some_machine():
    """All that aliyun-cli writes, and all that a section may say."""
    modes = {profile.get("mode") for row in MACHINES for profile in row.get("profiles", [])}
    assert modes >= {mode.name for mode in MODES}
    texts = "".join(text for row in MACHINES for text in row.get("files", {}).values())
    assert set(re.findall(r"^type = (\w+)$", texts, re.MULTILINE)) >= TYPES.keys()


def test_the_sdk_is_the_one_that_the_table_is_of():
    """What it does is a fact about a version."""
    assert version("alibabacloud_credentials") == TABLE["sdk_version"]


def test_the_page_is_what_the_table_says():
    """Whoever changes a row runs `make differences`."""
    differences = runpy.run_path(str(Path(__file__).with_name("differences.py")))
    page = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    assert page == differences["page"]()
