"""Any program as a subject: a line `get` in, a line of JSON out."""

import json
import os
import shlex
import shutil
import sys

import pytest

from alicred_emulator import faketime
from alicred_emulator.conformance.candidates import candidates
from alicred_emulator.scenarios import Unsupported, run
from alicred_emulator.subjects.command import CLIENT_VARIABLE, CommandSubject

needs_libfaketime = pytest.mark.skipif(
    faketime.find_library() is None, reason=f"libfaketime is not installed: {faketime.HINT}"
)


@pytest.fixture
def read(double, setting):
    """Read once from the double with a habit: what was seen."""

    def read(habit, timeout_seconds=30.0, **client):
        given = {"type": "credentials_uri", **client}
        with CommandSubject(double(habit)).open(setting(timeout_seconds, **given)) as opened:
            return opened.read()

    return read


@needs_libfaketime
def test_a_program_lives_through_a_story(double, stories, running):
    """Its clock is the story's, so that it renews when the story says."""
    for name in ("uri_first_fetch", "uri_refresh_point"):
        run(stories[name], CommandSubject(double("good")), running).check()


@needs_libfaketime
@pytest.mark.parametrize(
    ("habit", "problem"),
    [
        ("greedy", "one reader: A, and not a new credential"),
        ("stale", "one reader: B, and not A"),
    ],
)
def test_a_program_with_a_bad_habit_does_not(double, stories, running, habit, problem):
    """The outcome says which step went wrong, and how."""
    outcome = run(stories["uri_refresh_point"], CommandSubject(double(habit)), running)
    assert outcome.verdict == "failed"
    assert problem in outcome.reason


@pytest.mark.parametrize(
    ("platform", "line", "program"),
    [
        ("linux", "sh 'a b.js'", "sh"),
        ("win32", r'"C:\Program Files\node.exe" client.js', r"C:\Program Files\node.exe"),
    ],
)
def test_a_report_calls_a_program_as_the_command_line_does(monkeypatch, platform, line, program):
    """On every system: backslashes of a path are no signs to leave out."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(shutil, "which", lambda name: f"/found/{name}")
    [candidate] = candidates([], line)
    assert candidate.client == program


def test_what_a_program_has_not_leaves_the_story_out(double, stories, running):
    """The program's own words are the reason."""
    outcome = run(stories["access_key_never_ends"], CommandSubject(double("good")), running)
    assert (outcome.verdict, outcome.reason) == ("skipped", "it knows no access_key")


def test_many_readers_are_left_out(double, stories, running):
    """A program is asked for one credential after the other."""
    outcome = run(stories["crowd_while_cold/ten_readers"], CommandSubject(double("good")), running)
    assert (outcome.verdict, outcome.reason) == (
        "skipped",
        "a program behind a command is asked by one reader at a time",
    )


def test_without_libfaketime_stories_that_move_the_clock_are_left_out(double, stories, running, monkeypatch):
    """The reason says what to install; the other stories reach the program all the same."""
    monkeypatch.setattr(faketime, "_FOLDERS", ())
    subject = CommandSubject(double("good"))
    outcome = run(stories["uri_refresh_point"], subject, running)
    assert outcome.verdict == "skipped"
    assert "install libfaketime" in outcome.reason
    outcome = run(stories["access_key_and_a_crowd/one_reader"], subject, running)
    assert outcome.reason == "it knows no access_key"


@pytest.mark.parametrize(
    ("habit", "kind", "text"),
    [
        ("refuses", "refused", "go away"),
        ("unkind", "unsaid", "something went wrong"),
        ("ends", "crash", "the program ended with status 3"),
        ("mumbles", "crash", "the program answers 'get' with a line that is no JSON object"),
        ("unlike", "crash", "the program's error is of the kind 'odd'; known: configuration, refused, "),
        (
            "number",
            "crash",
            "the parts of the program's credential are texts; write null for what it has not",
        ),
    ],
)
def test_what_is_no_credential_is_told_as_what_it_is(read, habit, kind, text):
    """An error keeps its kind, one without a kind passes for each, and what is no answer is never right."""
    failure = read(habit).failure
    assert failure.kind == kind
    assert failure.text.startswith(text)


def test_a_program_that_does_not_answer_is_stuck(read):
    """Nobody waits for it longer than the bound."""
    seen = read("hangs", timeout_seconds=0.05)
    assert seen.failure.text == "no answer within 0.05 s"
    assert seen.waited_seconds >= 0.05


def test_its_environment_is_the_storys(read, setting, monkeypatch, tmp_path):
    """It finds the emulator, whom to trust and how to be configured, and nothing of the developer's."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "the developer's")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    wanted = setting(type="default")
    found = json.loads(read("says", type="default").access_key_id)
    assert json.loads(found[CLIENT_VARIABLE]) == {"type": "default"}
    assert {name: value for name, value in found.items() if name.startswith("ALIBABA_CLOUD_")} == dict(
        wanted.variables
    )
    assert found["HOME"] == str(tmp_path)
    assert "https_proxy" not in found
    assert found["NODE_EXTRA_CA_CERTS"] == found["SSL_CERT_FILE"] == str(wanted.emulator.ca_bundle)
    assert found["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "the command is empty; name a program"),
        ("no-such-program --fast", "there is no program 'no-such-program'; name one that is installed"),
        ("'unbalanced", "No closing quotation"),
    ],
)
def test_a_command_line_that_starts_nothing_is_refused(line, problem):
    """Before any story is told."""
    with pytest.raises(ValueError, match=problem):
        CommandSubject(line)


def test_what_there_is_no_line_for_is_refused(double, setting):
    """An engine that asked for it would be told so, and not be answered with something else."""
    with CommandSubject(double("good")).open(setting(type="credentials_uri")) as opened:
        for ask in (
            lambda: opened.read_at_once(2, lambda: None),
            opened.read_in_fork,
            lambda: opened.cancel_read(lambda call: None),
            lambda: opened.invalidate(None),
        ):
            with pytest.raises(Unsupported, match="a program behind a command"):
                ask()


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_a_shell_script_is_a_program(setting):
    """Five words of it are a client that always has the same key."""
    script = """while read line; do echo '{"access_key_id": "k", "access_key_secret": "s"}'; done"""
    subject = CommandSubject(shlex.join(["sh", "-c", script]))
    with subject.open(setting(type="access_key")) as opened:
        seen = opened.read()
    assert (seen.access_key_id, seen.access_key_secret, seen.security_token) == ("k", "s", None)
