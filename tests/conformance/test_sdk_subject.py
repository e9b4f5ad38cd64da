"""Alibaba's SDK for Python as a subject: unmodified, in a process of its own, and never waited for long."""

import os
import signal
import threading
from pathlib import Path

import pytest

from alicred_emulator.faults import Fault
from alicred_emulator.scenarios import Setting, Unsupported, run
from alicred_emulator.scenarios.subject import HUNG
from alicred_emulator.subjects.program import StuckError
from alicred_emulator.subjects.sdk import SdkSubject, _Opened

pytestmark = pytest.mark.interop

KEY = {"type": "access_key", "access_key_id": "k", "access_key_secret": "s"}


@pytest.fixture(scope="module", params=[False, True], ids=["sync", "async"])
def subject(request, running):
    """The SDK, imported once for these tests, read by threads and by tasks."""
    with SdkSubject(asynchronous=request.param) as subject:
        # Now, so that no test seems to leave its process behind.
        with subject.open(Setting(emulator=running, client=KEY)):
            pass
        yield subject


def test_it_lives_through_documented_stories(subject, stories, running):
    """Its clock, its connections and whom it trusts are the story's, whatever the type."""
    # No refresh point of an instance's role: the SDK asks in the background before it, sometimes in time.
    for name in (
        "instance_role_first_fetch",
        "role_refresh_point",
        "oidc_first_fetch",
        "uri_refresh_point",
    ):
        run(stories[name], subject, running).check()


def test_an_outcome_shows_what_it_asked(subject, stories, running):
    """What it does otherwise is told with the requests of the step that failed."""
    outcome = run(stories["role_session_of_900_seconds"], subject, running)
    assert outcome.verdict == "failed"
    assert outcome.steps[-1].requests == ("sts.AssumeRole 200",)


def test_its_readers_are_at_once(subject, setting):
    """Each is told apart, and counted as it comes back."""
    answered = []
    with subject.open(setting(type="ecs_ram_role")) as opened:
        first = opened.read()
        seen = opened.read_at_once(10, lambda: answered.append(1))
    assert [one.access_key_id for one in seen] == [first.access_key_id] * len(answered)
    assert len(answered) == 10


def test_it_reads_in_a_fork(subject, setting, emulator):
    """The child has what its parent held."""
    with subject.open(setting(type="ecs_ram_role")) as opened:
        first = opened.read()
        emulator.imds.journal.clear()
        assert opened.read_in_fork().access_key_id == first.access_key_id
    assert list(emulator.imds.journal) == []


def test_a_reader_that_is_not_back_is_stuck(subject, setting, emulator):
    """The bound holds for each read, and the next story is told as if nothing had happened."""
    client = {"type": "credentials_uri", "credentials_uri": emulator.credentials_uri.url}
    with (
        emulator.faults.add(Fault.silence(), service="credentials_uri"),
        subject.open(setting(timeout_seconds=0.1, **client)) as opened,
    ):
        [seen, _] = opened.read_at_once(2, lambda: None)
        assert opened.read_in_fork().failure == seen.failure
    with subject.open(setting(**client)) as opened:
        assert opened.read().failure is None
    assert (seen.failure.kind, seen.failure.text) == ("stuck", "not back after 0.1 s")


def test_its_errors_have_no_kind_and_its_crashes_do(subject, setting, emulator):
    """A CredentialException passes for each kind; what escapes it out of a broken document is never right."""
    client = {"type": "credentials_uri", "credentials_uri": emulator.credentials_uri.url}
    with subject.open(setting(**client)) as opened:
        with emulator.faults.add(Fault.status(500)):
            raised = opened.read().failure
        with emulator.faults.add(Fault.body(b"null")):
            escaped = opened.read().failure
    assert (raised.kind, escaped.kind) == ("unsaid", "crash")
    assert raised.text.startswith("CredentialException: error refreshing credentials")
    assert escaped.text.startswith("AttributeError: ")


def test_what_it_says_holds_no_response(subject, setting, emulator):
    """It puts the whole document into its message; here the message ends before it."""
    client = {"type": "credentials_uri", "credentials_uri": emulator.credentials_uri.url}
    with emulator.faults.add(Fault.code("Failed")), subject.open(setting(**client)) as opened:
        text = opened.read().failure.text
    assert text == "CredentialException: error retrieving credentials from http://127.0.0.1:…/credentials"


def test_a_client_that_cannot_be_built_cannot_be_read(subject, setting):
    """What the SDK says of a parameter is what each reader gets."""
    with subject.open(setting(type="ram_role_arn", role_session_expiration=10)) as opened:
        assert opened.read().failure.text.startswith("ValueError: ")


def test_a_parameter_that_it_does_not_know_leaves_the_story_out(subject, setting):
    """It is alicred's alone, and the next story is told."""
    with (
        pytest.raises(Unsupported, match="the SDK's Config has no strict"),
        subject.open(setting(type="ecs_ram_role", strict=True)),
    ):
        pass
    with subject.open(setting(**KEY)) as opened:
        assert opened.read().access_key_id == "k"


@pytest.mark.parametrize("identity", ["user", "rrsa", "uri"])
def test_its_default_chain_finds_the_identity(subject, emulator, setting, identity):
    """It copied the environment when it was imported, and each story has its own all the same."""
    wanted = setting(type="default")
    with subject.open(
        type(wanted)(
            emulator=emulator, client=wanted.client, variables=emulator.env(identity), home=wanted.home
        )
    ) as opened:
        assert opened.read().failure is None
    asked = {"user": set(), "rrsa": {"sts"}, "uri": {"imds"}}
    assert {entry.service for entry in emulator.journal} - {"oidc"} == asked[identity]


def test_a_role_is_assumed_by_the_instance(subject, setting, emulator):
    """A source is what its provider of roles is given in place of a key."""
    with subject.open(
        setting(type="ram_role_arn", role_arn=emulator.role.arn, source={"type": "ecs_ram_role"})
    ) as opened:
        assert opened.read().failure is None
    assert emulator.journal.count("AssumeRole") == 1


def test_it_cannot_be_told_that_a_credential_was_refused(subject, setting):
    """Stories that say so are left out, and the reason says why."""
    assert "invalidate" not in subject.abilities
    with subject.open(setting(type="ecs_ram_role")) as opened:
        seen = opened.read()
        with pytest.raises(Unsupported, match=subject.lacks["invalidate"]):
            opened.invalidate(seen)


def test_a_task_is_cancelled_while_its_request_is_in_the_air(setting, emulator):
    """A thread cannot be, so that only tasks are asked to."""
    assert "cancel" not in SdkSubject(asynchronous=False).abilities
    arrived = threading.Event()
    with SdkSubject(asynchronous=True).open(setting(type="ecs_ram_role")) as opened:

        def on_request(call):
            emulator.faults.add(Fault.delay(0), condition=lambda request: call() or arrived.set())

        opened.cancel_read(on_request)
        assert arrived.is_set()
        assert opened.read().failure is None


def test_without_a_block_each_story_imports_it_anew(setting):
    """No process outlives a story then."""
    subject = SdkSubject(asynchronous=False)
    for _ in range(2):
        with subject.open(setting(**KEY)) as opened:
            assert opened.read().access_key_id == "k"
        assert subject._program is None


def test_a_process_that_dies_is_told_so(setting):
    """Neither a story nor the run hangs on it."""
    with SdkSubject(asynchronous=False) as subject:
        with subject.open(setting(type="ecs_ram_role")) as opened:
            opened._program._kill()
            assert opened.read().failure.text == "the program ended with status -9"
        with subject.open(setting(type="ecs_ram_role")) as opened:
            assert opened.read().failure is None


def test_a_process_that_says_nothing_at_all_has_hung(setting):
    """Its readers are bounded in it; this is the bound for the process itself."""

    class Silent:
        def tell(self, line):
            pass

        def hear(self, within_seconds):
            raise StuckError(f"no answer within {within_seconds:g} s")

    [seen] = _Opened(Silent(), setting(type="ecs_ram_role")).read_at_once(1, lambda: None)
    assert (seen.failure.kind, seen.failure.text[:10]) == (HUNG, "no answer ")


def test_a_subject_that_nobody_was_told_of_starts_no_process():
    """A run without a story is over at once."""
    with SdkSubject(asynchronous=False) as subject:
        pass
    assert subject._program is None


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the child is found in /proc")
def test_a_story_whose_process_dies_is_told_so(setting):
    """The next story has another; the one that waits for stories goes on."""
    with SdkSubject(asynchronous=False) as subject:
        with subject.open(setting(**KEY)) as opened:
            program = opened._program
            [child] = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
            os.kill(int(child), signal.SIGKILL)
            assert opened.read().failure.text == "its process died with status 9"
        with subject.open(setting(**KEY)) as opened:
            assert opened.read().access_key_id == "k"
