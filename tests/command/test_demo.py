"""`alicred-emulator demo`: a story that is told the same way every time, and is true."""

import os
import threading

from click.testing import CliRunner

from alicred_emulator.cli import command


def told():
    result = CliRunner().invoke(command, ["demo"])
    assert result.exit_code == 0
    return result.output


def scene(story, title):
    [found] = [part for part in story.split("\n\n") if title in part]
    return found.splitlines()


def test_the_story_is_the_same_every_time():
    """Times, requests and keys are those of an emulated world, so nothing varies."""
    assert told() == told()


def test_the_credential_is_kept_until_fifteen_minutes_before_its_end():
    """One second before that point there is no request; at it there is one, and another key."""
    story = told()
    before, after = scene(story, "One second before"), scene(story, "The refresh point")
    assert before[0].startswith("13:44:59")
    assert after[0].startswith("13:45:00")
    assert before[1].strip() == "no request"
    assert len(after) == 3
    assert before[-1] != after[-1]


def test_nothing_breaks_while_the_metadata_service_is_down():
    """During the outage the key of before is served, and a thousand reads ask nobody."""
    story = told()
    down, crowd, back = scene(story, "is down."), scene(story, "nobody retries"), scene(story, "It is back")
    assert down[-1] == crowd[-1] != back[-1]
    assert crowd[1].strip() == "no request"


def test_the_fall_back_and_its_refusal_are_told():
    """Without a token normal mode is used, unless it is forbidden."""
    story = told()
    assert "✓" in scene(story, "falls back to normal mode")[-1]
    refused = scene(story, "rather have no credential")
    assert "✗" in refused[2]
    assert len([line for line in refused if "GET" in line]) == 0


def test_a_detached_role_ends_in_an_error_that_says_what_to_do():
    """The key is served to its end, and then there is none."""
    story = told()
    assert "✓" in scene(story, "Past midnight")[-1]
    assert "Attach a RAM role" in scene(story, "The key has ended")[-1]


def test_nothing_is_left_behind():
    """The environment is as it was, and there is no new thread."""
    environment, threads = dict(os.environ), set(threading.enumerate())
    told()
    assert dict(os.environ) == environment
    assert set(threading.enumerate()) <= threads
