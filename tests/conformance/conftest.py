"""What the tests of the stories' subjects share."""

import shlex
import sys
from pathlib import Path

import pytest

from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios import Setting, catalogue

DOUBLE = Path(__file__).with_name("double.py")


@pytest.fixture(scope="session")
def stories():
    """The catalogue, by name."""
    return {story.name: story for story in catalogue()}


@pytest.fixture
def double():
    """The command line of the double with a habit."""
    return lambda habit: shlex.join([sys.executable, str(DOUBLE), habit])


@pytest.fixture(scope="module")
def running():
    """One emulator for the tests of a file."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    """An emulator whose clock stands still on a date of its own, and is put right afterwards."""
    running.clock.freeze()
    running.clock.move_to("2026-01-01T08:00:00Z")
    running.reanchor_if_unshown()
    yield running
    running.reset()


@pytest.fixture
def setting(emulator, tmp_path):
    """What a subject is opened with, for a client that is configured so."""

    def setting(timeout_seconds=30.0, **client):
        return Setting(
            emulator=emulator,
            client=client,
            variables=emulator.env(),
            home=str(tmp_path),
            timeout_seconds=timeout_seconds,
        )

    return setting
