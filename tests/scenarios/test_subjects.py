"""What the subjects in this process have in common, and alicred as one of them."""

import asyncio
import os
import threading

import pytest

from alicred_emulator.scenarios.subject import BUG, HUNG, Seen, Setting
from alicred_emulator.subjects.alicred import AlicredSubject
from alicred_emulator.subjects.crowds import tasks_at_once, threads_at_once
from alicred_emulator.subjects.forked import in_a_child

BOTH = pytest.mark.parametrize("asynchronous", [False, True])


def test_threads_are_all_under_way_before_one_reads():
    """Nobody reads before everybody could."""
    ready = []
    seen = []

    def read():
        seen.append(len({thread for thread in threading.enumerate() if thread.name == "reader"}))
        return Seen()

    assert threads_at_once(read, 8, lambda: ready.append(1), 10) == [Seen()] * 8
    assert (seen[0], len(ready)) == (8, 8)


def test_a_thread_that_hangs_is_told_and_left_behind():
    """The others are told as they were."""
    end = threading.Event()
    turns = iter([end.wait, bool, bool])

    def read():
        next(turns)()
        return Seen()

    seen = threads_at_once(read, 3, lambda: None, 0.05)
    assert [one.failure and one.failure.kind for one in seen] == [None, None, HUNG]
    end.set()
    for thread in threading.enumerate():
        if thread.name == "reader":
            thread.join(10)


def test_where_no_thread_is_left_nobody_waits_for_one(monkeypatch):
    """Those that have started end at once, and the failure is the machine's."""
    start, started = threading.Thread.start, []

    def refuse(thread):
        if thread.name == "reader" and len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError):
        threads_at_once(Seen, 3, lambda: None, 10)
    for thread in started:
        thread.join(10)
        assert not thread.is_alive()


def test_a_task_that_hangs_is_told_and_cancelled():
    """The same for tasks."""
    turns = iter([True, False, False])
    answered = []

    async def read():
        if next(turns):
            await asyncio.Event().wait()
        return Seen()

    seen = asyncio.run(tasks_at_once(read, 3, lambda: answered.append(1), 0.05))
    assert [one.failure and one.failure.kind for one in seen] == [HUNG, None, None]
    assert len(answered) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_child_tells_what_it_saw():
    """All parts come back, and so does a failure."""
    told = Seen(access_key_id="id", access_key_secret="s", security_token="t", waited_seconds=0.5)
    assert in_a_child(lambda: told, 10) == told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.parametrize("end", [lambda: os._exit(1), lambda: os.kill(os.getpid(), 9)])
def test_a_child_that_dies_is_told(end):
    """Whatever ends it, the parent goes on."""
    assert in_a_child(end, 10).failure.kind == BUG


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_child_that_hangs_is_told_and_ended():
    """It did not crash, and nobody waits for it beyond the bound, be that less than a second."""
    assert in_a_child(threading.Event().wait, 0.05).failure.kind == HUNG


@BOTH
def test_a_source_may_have_a_source(running_emulator, asynchronous):
    """Roles are assumed by roles, as far as a story says."""
    running_emulator.reset()
    role = {"type": "ram_role_arn", "role_arn": running_emulator.role.arn}
    client = {**role, "source": {**role, "source": {"type": "ecs_ram_role"}}}
    endpoint = {"sts_endpoint": running_emulator.sts.url}
    client = {**client, **endpoint, "source": {**client["source"], **endpoint}}
    setting = Setting(emulator=running_emulator, client=client)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running_emulator.env().items():
            patch.setenv(name, value)
        with AlicredSubject(asynchronous=asynchronous).open(setting) as opened:
            seen = opened.read()
    assert seen.failure is None
    assert running_emulator.sts.journal.count("AssumeRole") == 2


@BOTH
def test_a_client_that_cannot_be_built_fails_at_each_read(running_emulator, asynchronous):
    """A configuration that is refused is a failure of the readers, and says what to do."""
    subject = AlicredSubject(asynchronous=asynchronous)
    with subject.open(Setting(emulator=running_emulator, client={"type": "access_key"})) as client:
        for seen in [client.read(), *client.read_at_once(2, lambda: None)]:
            assert seen.failure.kind == "configuration"
            assert seen.failure.text
            assert seen.failure.remedy


@BOTH
def test_an_exception_of_no_kind_is_a_crash(running_emulator, asynchronous, monkeypatch):
    """It is told by its type alone: what it says could be anything."""
    from alicred import Client

    def crash(_self):
        raise KeyError("a secret")

    monkeypatch.setattr(Client, "get_credential", crash)
    monkeypatch.setattr(Client, "get_credential_async", crash)
    subject = AlicredSubject(asynchronous=asynchronous)
    setting = Setting(emulator=running_emulator, client={"type": "bearer", "bearer_token": "x"})
    with subject.open(setting) as client:
        failure = client.read().failure
    assert (failure.kind, failure.text) == (BUG, "KeyError")


def test_a_thread_cannot_be_cancelled(running_emulator):
    """Stories that ask for it are skipped; who asks all the same is told."""
    subject = AlicredSubject()
    setting = Setting(emulator=running_emulator, client={"type": "ecs_ram_role"})
    with subject.open(setting) as client, pytest.raises(NotImplementedError, match="cannot be cancelled"):
        client.cancel_read(lambda _call: None)


def test_the_clock_of_whoever_surrounds_it_is_put_back(running_emulator):
    """A story in a test that has a clock of its own leaves that clock."""
    from alicred import clock, testing

    testing.use_clock(surrounding := lambda: 5.0)
    try:
        setting = Setting(emulator=running_emulator, client={"type": "ecs_ram_role"})
        with AlicredSubject().open(setting):
            assert clock.time == running_emulator.clock.client_time
        assert clock.time is surrounding
    finally:
        testing.reset()
