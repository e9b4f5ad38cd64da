"""Machine scenarios: read by the same code as stories, and played on a running emulator."""

from datetime import timedelta

import pytest

from alicred_emulator.scenarios import ScenarioError, read_timeline
from alicred_emulator.scenarios.timeline import Player

TEXT = """\
title = "An outage, and a role that is detached"

[world]
credential_lifetime = "1h"
role = "worker"

[[timeline]]
at = "10s"
fault = "imds_error"
called = "outage"
because = "It happens."

[[timeline]]
at = "20s"
mend = "outage"

[[timeline]]
at = "30s"
set = { role = "none" }

[[timeline]]
at = "1m"
advance = "5h"

[[timeline]]
at = "1m"
rotate = "credentials_uri"
"""


@pytest.fixture
def emulator(running_emulator):
    """An emulator that a program could be running with."""
    running_emulator.reset()
    yield running_emulator
    running_emulator.reset()


def test_a_scenario_says_what_happens_when(write):
    """World and timeline are read; each event prints as a sentence."""
    scenario = read_timeline(write(TEXT))
    assert scenario.title == "An outage, and a role that is detached"
    assert [str(change) for change in scenario.world] == ["credential lifetime is 1h", "role is worker"]
    assert [str(event) for event in scenario.timeline] == [
        "at 10s: from now on: imds_error (outage)",
        "at 20s: outage is mended",
        "at 30s: from now on: role is none",
        "at 1m: 5h pass",
        "at 1m: credentials_uri: a new one ahead of time",
    ]
    assert scenario.timeline[0].because == "It happens."


def test_a_scenario_is_played(write, emulator):
    """The player makes the world, then each event when its caller says so."""
    scenario = read_timeline(write(TEXT))
    player = Player(scenario, emulator)
    player.begin()
    assert emulator.instance.role.name == "worker"
    assert emulator.instance.credential_lifetime == timedelta(hours=1)
    outage, mended, detached, late, rotated = scenario.timeline
    player.play(outage)
    # Adding it under its name again would not do.
    assert [handle.name for handle in player.faults_in_force()] == ["imds_error"]
    player.play(mended)
    assert player.faults_in_force() == []
    player.play(detached)
    assert emulator.instance.role is None
    before = emulator.clock.now()
    player.play(late)
    assert emulator.clock.now() - before >= timedelta(hours=5)
    player.play(rotated)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("[[timeline]]", "[[timelines]]"),
            ":7: timelines is not known; allowed: title, story, world, timeline",
        ),
        (('at = "10s"\n', ""), ":7: timeline[1] needs at"),
        (('at = "10s"', "at = 10"), ":8: timeline[1].at is a text, not 10"),
        (('at = "10s"', 'at = "-10s"'), ":8: timeline[1].at is not before the beginning"),
        (('at = "20s"', 'at = "5s"'), ":14: timeline[2].at is not before what stands above it"),
        (
            ('mend = "outage"', 'read = "A"'),
            ":15: timeline[2].read is not known; allowed: advance, fault, mend, stop, start, set, rotate, ",
        ),
        (
            ('mend = "outage"', 'mend = "all"'),
            ":15: timeline[2].mend speaks of all, which no fault is called; known: everything, outage",
        ),
        (
            ('mend = "outage"', 'fault = "imds_down"\ncalled = "outage"'),
            ":16: timeline[2].called is outage, which is taken",
        ),
        (
            ('called = "outage"', 'called = "everything"'),
            ":10: timeline[1].called is everything, which is taken",
        ),
        (
            ('"imds_error"', '{ body = "<key_pair.private_key_file>" }'),
            ":9: timeline[1].fault refers to <key_pair.private_key_file>, which is not known; ",
        ),
        (('role = "worker"', "role = 5"), ":5: world.role is a text, not 5"),
        (("imds_error", "imds_eror"), ":9: timeline[1].fault cannot be: no outage is called 'imds_eror'"),
        (
            ('advance = "5h"', 'advance = "5h"\nreaders = 2'),
            ":24: timeline[4].readers is not known; allowed: at, ",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(write, change, message):
    """File, line, key and what is allowed, as for a story."""
    with pytest.raises(ScenarioError) as refused:
        read_timeline(write(TEXT.replace(*change)))
    assert str(refused.value).startswith(f"told.toml{message}")
