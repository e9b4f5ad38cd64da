"""`background_refresh=True`: due refreshes leave the callers alone, in one thread for all clients."""

import asyncio
import gc
import itertools
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref

import pytest

from alicred import background
from alicred.exceptions import ConfigurationError, ServiceUnreachableError
from alicred.session import Session

REFRESH_POINT = 3600 - 900
NAME = "alicred-background"


def workers():
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def join(threads):
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Each test begins without the thread, and closes its clients."""
    assert workers() == []
    yield
    # The fixtures that closed the clients have been torn down before this one.
    join(workers())


@pytest.fixture
def happened():
    """The events of a client as a queue, so that a test waits for them and not for a time."""
    return queue.SimpleQueue()


@pytest.fixture
def background_client(client_of, happened):
    """Build a client with a background refresh."""
    return lambda provider: client_of(provider, background_refresh=True, on_event=happened.put)


@pytest.fixture
def client(background_client, stand_in, time, happened):
    """A client whose credential has just become due."""
    client = background_client(stand_in)
    client.get_credential()
    assert happened.get(timeout=10).name == "refreshed"
    time.shift(REFRESH_POINT)
    return client


@pytest.fixture(params=["sync", "async"])
def read(request, client):
    """A read of the credential, from a thread or from a task."""
    if request.param == "sync":
        return client.get_credential
    return lambda: asyncio.run(client.get_credential_async())


# The callers


def test_nobody_waits_for_a_due_refresh(read, client, stand_in, happened):
    """All get the credential that is still good while the next one is fetched, and then that."""
    stand_in.hold_up()
    served = [read() for _ in range(5)]
    assert stand_in.entered.wait(10)
    served += [read() for _ in range(5)]
    assert {credential.access_key_id[-4:] for credential in served} == {"0001"}
    stand_in.gate.set()
    assert happened.get(timeout=10).name == "refreshed"
    assert read().access_key_id.endswith("0002")
    assert stand_in.fetches == 2
    assert stand_in.threads[1].name == NAME


def test_the_first_credential_is_fetched_by_whoever_asks(background_client, stand_in, time):
    """There is nothing to serve meanwhile, and no thread is needed."""
    background_client(stand_in).get_credential()
    assert stand_in.threads == [threading.current_thread()]
    assert workers() == []


def test_an_expired_credential_is_fetched_by_whoever_asks(read, stand_in, time):
    """All wait for the one flight, as ever."""
    time.shift(900)
    assert read().access_key_id.endswith("0002")
    assert NAME not in {thread.name for thread in stand_in.threads}


def test_a_failure_in_the_background_is_survived_and_backed_off(client, stand_in, time, happened):
    """The credential that is held is served, and the next attempt waits, in the background too."""
    stand_in.failure = ServiceUnreachableError("it is down.")
    first = client.get_credential()
    assert [happened.get(timeout=10).name for _ in range(2)] == ["refresh_failed", "serving_cached"]
    for _ in range(20):
        assert client.get_credential() is first
    assert stand_in.fetches == 2
    stand_in.failure = None
    time.shift(61)
    assert client.get_credential() is first
    assert happened.get(timeout=10).name == "refreshed"
    assert client.get_credential() is not first


def test_a_defect_in_the_background_does_not_end_it(client, stand_in, time, happened):
    """One client's programming error takes no refresh from the others, nor from itself."""
    stand_in.failure = ZeroDivisionError("a defect")
    client.get_credential()
    assert happened.get(timeout=10).name == "refresh_failed"
    assert happened.get(timeout=10).name == "serving_cached"
    [thread] = workers()
    stand_in.failure = None
    time.shift(61)
    client.get_credential()
    assert happened.get(timeout=10).name == "refreshed"
    assert workers() == [thread]


def test_many_readers_ask_for_one_refresh(client, stand_in, happened):
    """However many find the credential due, one fetch comes of it."""
    stand_in.hold_up()
    together = threading.Barrier(32)

    def read():
        together.wait(20)
        for _ in range(20):
            client.get_credential()

    threads = [threading.Thread(target=read) for _ in range(32)]
    for thread in threads:
        thread.start()
    join(threads)
    stand_in.gate.set()
    assert happened.get(timeout=10).name == "refreshed"
    assert stand_in.fetches == 2
    assert len(workers()) == 1


# One slow client among others


def test_a_job_that_waits_keeps_no_caller_from_refreshing_what_has_expired(
    background_client, stand_in, time, happened
):
    """A slow client holds up the thread, and nobody who needs a credential now."""
    quick_provider = type(stand_in)()
    slow, quick = background_client(stand_in), background_client(quick_provider)
    slow.get_credential()
    quick.get_credential()
    time.shift(REFRESH_POINT)
    stand_in.hold_up()
    slow.get_credential()
    assert stand_in.entered.wait(10)
    assert quick.get_credential().access_key_id.endswith("0001")
    time.shift(900)
    assert quick.get_credential().access_key_id.endswith("0002")
    assert quick_provider.threads[1] is threading.current_thread()
    stand_in.gate.set()
    assert [happened.get(timeout=10).name for _ in range(4)] == ["refreshed"] * 4
    slow.close()
    quick.close()
    join(workers())
    assert (stand_in.fetches, quick_provider.fetches) == (2, 2)


def test_all_clients_share_one_thread(background_client, stand_in, time, happened):
    """A hundred clients, one daemon."""
    providers = [type(stand_in)() for _ in range(100)]
    clients = [background_client(provider) for provider in providers]
    for client in clients:
        client.get_credential()
    time.shift(REFRESH_POINT)
    for client in clients:
        client.get_credential()
    for _ in range(200):
        assert happened.get(timeout=10).name == "refreshed"
    [thread] = workers()
    assert thread.daemon
    assert {provider.threads[1] for provider in providers} == {thread}


# The thread


def test_no_thread_is_started_before_a_refresh_is_due(background_client, stand_in, time):
    """A thousand clients that are fresh, or were never asked, need none."""
    clients = [background_client(stand_in) for _ in range(1000)]
    clients[0].get_credential()
    time.shift(REFRESH_POINT - 1)
    clients[0].get_credential()
    assert workers() == []


def test_the_thread_stays_for_the_next_refresh(client, time, happened):
    """A client that is read every minute starts no thread every hour."""
    seen = set()
    for _ in range(3):
        client.get_credential()
        assert happened.get(timeout=10).name == "refreshed"
        seen.update(workers())
        time.shift(REFRESH_POINT)
    assert len(seen) == 1


def test_the_thread_is_gone_with_the_last_client_that_is_closed(background_client, stand_in, time, happened):
    """And not with one before it."""
    first, last = background_client(stand_in), background_client(type(stand_in)())

    def refresh(*clients):
        time.shift(REFRESH_POINT)
        for client in clients:
            client.get_credential()
            assert happened.get(timeout=10).name == "refreshed"

    refresh(first, last)
    refresh(first, last)
    threads = workers()
    first.close()
    refresh(last)
    assert workers() == threads
    last.close()
    join(threads)


def test_the_thread_is_gone_with_the_last_client_that_is_collected(monkeypatch, stand_in, time, happened):
    """Nobody has to close a client: it is let go like any other object."""
    from alicred import Client, Config
    from alicred.providers import registry

    monkeypatch.setattr(registry, "build", lambda *_: stand_in)
    client = Client(Config(type="ecs_ram_role"), background_refresh=True, on_event=happened.put)
    client.get_access_key_id()
    time.shift(REFRESH_POINT)
    client.get_access_key_id()
    for _ in range(2):
        assert happened.get(timeout=10).name == "refreshed"
    [thread] = workers()
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None
    join([thread])


class Job:
    """Somebody who can be refreshed."""

    is_closed = False

    def __init__(self, work):
        self.refresh = work


@pytest.fixture
def busy(stand_in):
    """Somebody whose refresh holds up the thread until the gate is opened."""
    stand_in.hold_up()
    busy = Job(lambda: stand_in.fetch(0.0))
    assert background.see_to(busy)
    assert stand_in.entered.wait(10)
    yield busy
    stand_in.gate.set()
    background.leave(busy)
    join(workers())


@pytest.fixture
def finish(busy, stand_in):
    """Open the gate, and return when all that was queued by now is done."""

    def finish():
        all_done = threading.Event()
        last = Job(all_done.set)
        assert background.see_to(last)
        stand_in.gate.set()
        assert all_done.wait(10)
        background.leave(last)

    return finish


def test_a_job_waits_once_however_often_it_is_asked_for(finish):
    """Each read of a due credential asks for it, and the queue does not grow."""
    done = []
    job = Job(lambda: done.append(1))
    for _ in range(5):
        assert background.see_to(job)
    finish()
    background.leave(job)
    assert done == [1]


def test_nothing_is_done_for_whoever_has_left_while_waiting(finish):
    """A closed client asks its source for nothing."""
    done = []
    job = Job(lambda: done.append(1))
    assert background.see_to(job)
    background.leave(job)
    finish()
    assert done == []


def test_nothing_is_done_for_whoever_was_collected_while_waiting(finish):
    """What is queued is a favour to somebody, and nobody is left to do it for."""
    done = []
    job = Job(lambda: done.append(1))
    assert background.see_to(job)
    del job
    gc.collect()
    finish()
    assert done == []


def test_after_the_last_client_the_next_one_has_a_thread_again(
    client, background_client, stand_in, time, happened
):
    """The end of one is not the end of all."""
    client.get_credential()
    assert happened.get(timeout=10).name == "refreshed"
    client.close()
    join(workers())
    successor = background_client(stand_in)
    successor.get_credential()
    time.shift(REFRESH_POINT)
    successor.get_credential()
    for _ in range(2):
        assert happened.get(timeout=10).name == "refreshed"
    assert len(workers()) == 1


def test_closing_ends_what_waits(client, stand_in, time):
    """A client that was closed with its job in the queue is not refreshed, and asked for nothing."""
    stand_in.hold_up()
    client.get_credential()
    assert stand_in.entered.wait(10)
    client.close()
    stand_in.gate.set()
    join(workers())
    with pytest.raises(ConfigurationError, match="closed"):
        client.get_credential()
    assert stand_in.fetches == 2


def test_a_job_that_is_asked_for_while_its_client_is_closed_keeps_no_thread(client, stand_in):
    """A reader has found the credential due, another thread closes the client, and then the reader asks."""
    client.close()
    assert background.see_to(client._session)
    join(workers())
    assert stand_in.fetches == 1


def test_where_no_thread_is_to_be_had_the_caller_refreshes(client, stand_in, monkeypatch):
    """As it would without the option: one waits, and nobody gets an error."""

    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert client.get_credential().access_key_id.endswith("0002")
    assert stand_in.threads[1] is threading.current_thread()
    assert background._workers == {}


def test_of_two_that_would_start_the_thread_one_does(finish, monkeypatch):
    """Whoever comes second gives their job to the one that there is by then."""
    done = []
    job = Job(lambda: done.append(threading.current_thread().name))

    class SeenTooLate(dict):
        def get(self, key):
            monkeypatch.setattr(background, "_workers", workers_by_name)

    workers_by_name = background._workers
    monkeypatch.setattr(background, "_workers", SeenTooLate(workers_by_name))
    assert background.see_to(job)
    assert len(workers()) == 1
    finish()
    background.leave(job)
    assert done == [NAME]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_is_killed_is_replaced(client, stand_in, happened):
    """A listener that raises SystemExit ends the thread it runs in, and no refresh after it."""
    fetch = stand_in.fetch

    def leave(now, *, holding=False):
        raise SystemExit

    stand_in.fetch = leave
    client.get_credential()
    join(workers())
    stand_in.fetch = fetch
    client.get_credential()
    assert happened.get(timeout=10).name == "refreshed"


@pytest.mark.skipif(sys.gettrace() is not None, reason="somebody traces already, and would be told nothing")
def test_an_interrupt_at_any_line_leaves_the_background_usable(stand_in, time, interrupted_at):
    """Ctrl-C may strike anywhere while a job is handed over: a later one is done all the same."""
    for line in itertools.count(1):
        done = threading.Event()

        class Job:
            is_closed = False

            def refresh(self, done=done):
                done.set()

        job = Job()
        try:
            interrupted_at(line, lambda job=job: background.see_to(job), background)
        except KeyboardInterrupt:
            done.clear()
            while not done.wait(0.01):
                background.see_to(job)
        else:
            assert done.wait(10)
            break
        finally:
            background.leave(job)
            join(workers())
    background.leave(job)
    assert line > 10


# The process


def test_a_refresh_that_hangs_does_not_delay_the_end_of_the_interpreter():
    """The thread is a daemon: a program that has done its work is over."""
    program = """
import threading
from alicred import Client, Config, Credential, testing
from alicred.providers import registry
from alicred.providers.base import Issued
from alicred.refresh import fifteen_minutes

entered = threading.Event()

class Hanging:
    name = "hanging"
    def fetch(self, now, *, holding=False):
        if holding:
            entered.set()
            threading.Event().wait()
        return Issued(Credential(type="sts", provider_name="x", expires_at=now + 3600), fifteen_minutes)

registry.build = lambda *_: Hanging()
now = 1_800_000_000.0
testing.use_clock(lambda: now)
client = Client(Config(type="ecs_ram_role"), background_refresh=True)
client.get_credential()
now += 2700
client.get_credential()
entered.wait()
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_a_thread_of_its_own(client, stand_in, time, happened):
    """The parent's thread is in the middle of a refresh; the child's refreshes for the child."""
    stand_in.hold_up()
    client.get_credential()
    assert stand_in.entered.wait(10)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child():
        signal.alarm(20)
        stand_in.gate = threading.Event()
        stand_in.gate.set()
        answers.put(client.get_credential().access_key_id[-4:])
        answers.put((happened.get(timeout=10).name, stand_in.threads[-1].name))
        answers.put(client.get_credential().access_key_id[-4:])

    process = context.Process(target=child)
    process.start()
    process.join(20)
    stand_in.gate.set()
    assert process.exitcode == 0
    assert [answers.get() for _ in range(3)] == ["0001", ("refreshed", NAME), "0003"]
    assert happened.get(timeout=10).name == "refreshed"


def test_a_session_knows_nothing_of_threads(stand_in, time):
    """Whoever sees to it is a function; one that refuses leaves the work to the caller."""
    asked = []
    session = Session(stand_in, time_of(time), see_to=lambda one: asked.append(one) or len(asked) == 1)
    first = session.renew()
    assert session.renew() is first
    assert asked == []
    time.shift(REFRESH_POINT)
    assert session.renew() is first
    assert session.renew() is not first
    assert asked == [session, session]


def time_of(time):
    """Return a clock that shows a movable time."""
    return type("Clock", (), {"time": staticmethod(time), "monotonic": staticmethod(time)})()
