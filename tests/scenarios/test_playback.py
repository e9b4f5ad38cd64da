"""Machine scenarios, played by the fakes' clock while a program runs."""

import queue
import socket
from datetime import timedelta

import pytest

from alicred_emulator.scenarios import read_timeline
from alicred_emulator.scenarios.playback import playing

WAIT_SECONDS = 30
OUTAGE = """\
title = "An outage of ten minutes"

[world]
role = "worker"

[[timeline]]
at = "1h"
fault = "imds_error"
called = "outage"
because = "It happens."

[[timeline]]
at = "1h10m"
mend = "outage"
"""


@pytest.fixture
def emulator(running_emulator):
    """An emulator whose clock stands still."""
    running_emulator.reset()
    running_emulator.clock.freeze()
    yield running_emulator
    running_emulator.reset()


@pytest.fixture
def said():
    """What was said, to be waited for."""
    return queue.SimpleQueue()


def names(emulator):
    """Return the names of the faults in force."""
    return [handle.name for handle in emulator.faults.in_force]


def test_events_happen_when_the_clock_is_there(write, emulator, said):
    """Each at its distance from the start, in the order of time, whoever moves the clock."""
    with playing(read_timeline(write(OUTAGE)), emulator, said.put):
        assert emulator.instance.role.name == "worker"
        emulator.clock.shift(minutes=59, seconds=59)
        assert names(emulator) == []
        emulator.clock.shift(seconds=1)
        assert said.get(timeout=WAIT_SECONDS) == "at 1h: from now on: imds_error (outage). It happens."
        assert names(emulator) == ["imds_error"]
        emulator.clock.shift(hours=-1)
        emulator.clock.shift(hours=2)
        assert said.get(timeout=WAIT_SECONDS) == "at 1h10m: outage is mended"
        assert names(emulator) == []
    assert said.empty()


def test_a_leap_past_several_events_has_them_all(write, emulator, said):
    """In their order."""
    with playing(read_timeline(write(OUTAGE)), emulator, said.put):
        emulator.clock.shift(days=1)
        assert [said.get(timeout=WAIT_SECONDS)[:8] for _ in range(2)] == ["at 1h: f", "at 1h10m"]


def test_events_that_move_the_clock_bring_the_later_ones(write, emulator, said):
    """What is after a leap of the timeline's own is counted from the start like everything."""
    text = '[[timeline]]\nat = "0s"\nadvance = "2h"\n[[timeline]]\nat = "1h"\nrotate = "instance"\n'
    before = emulator.clock.now()
    with playing(read_timeline(write(text)), emulator, said.put):
        assert said.get(timeout=WAIT_SECONDS) == "at 0s: 2h pass"
        assert said.get(timeout=WAIT_SECONDS) == "at 1h: instance: a new one ahead of time"
    assert emulator.clock.now() == before + timedelta(hours=2)


def test_what_cannot_be_any_more_is_said_and_the_rest_happens(write, emulator, said):
    """Somebody else has taken a port meanwhile: that is one line, and no end of the scenario."""
    text = '[[timeline]]\nat = "1h"\nstop = "sts"\n[[timeline]]\nat = "2h"\nstart = "sts"\n'
    text += '[[timeline]]\nat = "3h"\nrotate = "instance"\n'
    with playing(read_timeline(write(text)), emulator, said.put):
        port = emulator.sts.port
        emulator.clock.shift(hours=1)
        said.get(timeout=WAIT_SECONDS)
        with socket.create_server(("127.0.0.1", port)):
            emulator.clock.shift(hours=2)
            told = [said.get(timeout=WAIT_SECONDS) for _ in range(2)]
    assert told[0].startswith("at 2h: sts listens again, which cannot be: ")
    assert told[1] == "at 3h: instance: a new one ahead of time"


def test_what_has_not_happened_does_not_happen_afterwards(write, emulator, said):
    """With the context the scenario is over, and its thread."""
    with playing(read_timeline(write(OUTAGE)), emulator, said.put):
        pass
    emulator.clock.shift(days=1)
    assert names(emulator) == []
    assert said.empty()


def test_what_is_later_than_any_clock_goes_never_happens(write, emulator, said):
    """It is no mistake either, and keeps nothing from ending."""
    text = '[[timeline]]\nat = "3650000d"\nrotate = "instance"\n'
    with playing(read_timeline(write(text)), emulator, said.put):
        emulator.clock.shift(days=365 * 7000)
    assert said.empty()
