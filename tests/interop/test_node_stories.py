"""Alibaba's SDK for Node.js, unmodified, as a subject of the lifecycle stories, on their clock."""

import shlex
import shutil
from pathlib import Path

import pytest

from alicred_emulator import child_clock
from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios import catalogue, run
from alicred_emulator.subjects.command import CommandSubject

pytestmark = pytest.mark.interop

FOLDER = Path(__file__).parent / "node"
STORIES = {story.name: story for story in catalogue()}

LIVES_THROUGH = (
    "access_key_never_ends",
    "bearer_token_is_handed_back",
    "oidc_first_fetch",
    "oidc_refresh_point",
    "oidc_token_file_is_renewed",
    "role_first_fetch",
    "role_outage_while_due/every_connection_is_reset",
    "role_refresh_point",
    "uri_first_fetch",
    "uri_refresh_point",
)


@pytest.fixture(scope="module")
def subject():
    """A program of a few lines around the SDK."""
    program = shutil.which("node")
    if program is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("the SDK for Node.js is not installed: make test does it where npm is there")
    if child_clock.find_library() is None:
        pytest.skip(child_clock.HINT)
    return CommandSubject(shlex.join([program, str(FOLDER / "client.js")]))


@pytest.fixture(scope="module")
def emulator():
    """One emulator for all stories."""
    with Emulator() as emulator:
        yield emulator


@pytest.mark.parametrize("name", LIVES_THROUGH)
def test_it_lives_through(subject, emulator, name):
    """Hours pass for it in a moment, and it renews when it should, over TLS that it trusts."""
    outcome = run(STORIES[name], subject, emulator)
    assert outcome.verdict == "passed", outcome.told()


def test_it_hands_out_a_session_that_has_ended(subject, emulator):
    """What the stories are for: in an outage it serves the session of before without limit."""
    outcome = run(STORIES["role_expiry"], subject, emulator)
    assert outcome.reason.endswith(": expired credential")


def test_its_metadata_address_cannot_be_moved(subject, emulator):
    """The program says so, and the story is left out."""
    outcome = run(STORIES["instance_role_first_fetch"], subject, emulator)
    assert (outcome.verdict, outcome.reason) == (
        "skipped",
        "the SDK for Node.js asks the real metadata address alone",
    )
