"""docs/not-emulated.md is complete and true: its lists are held against the code, its figures are counted."""

import re

import pytest

from alicred_emulator.cloud_sso.service import CLOUD_SSO
from alicred_emulator.ecs_api import ECS
from alicred_emulator.emulator import Emulator
from alicred_emulator.gateway import signatures
from alicred_emulator.http_reader import LONGEST_BODY, LONGEST_HEAD
from alicred_emulator.imds_decisions import STATUS_ENDPOINT_DISABLED
from alicred_emulator.imds_tree import _DOCUMENTED
from alicred_emulator.oauth.service import OAUTH
from alicred_emulator.ram import trust
from alicred_emulator.remembered import KEPT_ENDED
from alicred_emulator.sts.service import STS
from tests.docs.blocks import ROOT, text_of

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

PAGE = text_of("docs/not-emulated.md")
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))


def names_in(text):
    """Return what stands in code letters."""
    return re.findall(r"`([\w:]+)`", text)


def test_every_service_is_there_with_all_that_it_can_be_asked():
    """In the order in which an emulator lists them or any other; an action that is new is told."""
    assert ROWS.keys() == Emulator().services.keys()
    for service, operations in {
        "sts": STS.actions,
        "ecs_api": ECS.actions,
        "cloud_sso": CLOUD_SSO.operations,
        "oauth": OAUTH.operations,
    }.items():
        assert sorted(names_in(ROWS[service])) == sorted(operations)


def test_the_conditions_are_those_that_trust_policies_know():
    """And one that they do not know is refused when it is set."""
    [row] = re.findall(r"^\| Trust policies know the conditions of (.*?), compared", PAGE, re.MULTILINE)
    assert names_in(row) == list(trust._KEYS)
    condition = {"StringEquals": {"acs:SourceIp": "192.0.2.1"}}
    with pytest.raises(ValueError, match="acs:SourceIp"):
        trust.TrustPolicy(trust.trust_policy(ram="acs:ram::1:root", conditions=condition))


def test_the_signatures_are_those_that_are_verified():
    """All that there are, and no other."""
    [row] = re.findall(r"^\| Signatures are (.*?)\. Not", PAGE, re.MULTILINE)
    named = re.findall(r"`([\w-]+)`", row)
    assert set(named) == {*signatures.V1_DIGESTS, signatures.ACS3_METHOD, signatures.RSA_METHOD}


def test_items_that_an_instance_lacks_at_first_are_named():
    """Each documented item is shown by a fresh instance, or appears by a switch, or is on the page."""
    shown = set(Emulator().instance.visible_metadata())
    by_a_switch = {"all", "instance/spot/termination-time", "ram/security-credentials", "tags/instance/*"}
    patterns = {item: re.escape(item).replace(r"\*", "[^/]+") for item in _DOCUMENTED}
    lacking = {
        item for item, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in shown)
    }
    [row] = re.findall(
        r"^\| Items that are there on some instances only: (.*?), whatever", PAGE, re.MULTILINE
    )
    named = re.findall(r"`([\w/-]+)`", row)
    left = {item for item in lacking - by_a_switch if "ipv6" not in item}
    assert {name for name in named if any(item.startswith(name) for item in left)} == set(named)
    assert all(item.startswith(tuple(named)) for item in left)


def test_limits_are_those_of_the_code():
    """Figures that stand on the page."""
    assert f"heads may have {LONGEST_HEAD // 1024} KiB, bodies {LONGEST_BODY // 1024**2} MiB" in PAGE
    assert f"remembers {KEPT_ENDED:,} credentials" in PAGE
    assert f"A disabled metadata service answers {STATUS_ENDPOINT_DISABLED}" in PAGE


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("api_refusals.toml", lambda entry: entry["confidence"].values()),
        ("sign_in_refusals.toml", lambda entry: entry["confidence"].values()),
        ("imds_answers.toml", lambda entry: [entry["source"]]),
    ],
)
def test_guesses_are_counted(file, parts):
    """So many entries of each file are inferred wholly, partly, and not at all."""
    [entries] = tomllib.loads((ROOT / "fixtures" / file).read_text(encoding="utf-8")).values()
    inferred = [{part == "inferred" for part in parts(entry)} for entry in entries]
    counts = [len(entries), *(inferred.count(kind) for kind in ({True}, {True, False}, {False}))]
    [row] = re.findall(rf"^\| \[{file}\].*? \| (.*) \|$", PAGE, re.MULTILINE)
    assert list(map(int, row.split(" | "))) == counts
