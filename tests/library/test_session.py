"""One cache, one flight: who fetches, who waits, who is served what is there.

The provider here is a stand-in whose answers and whose slowness a test decides; nothing waits for real time.
"""

import asyncio
import itertools
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from alicred import flight, jitter, session, testing
from alicred.exceptions import (
    ConfigurationError,
    CredentialException,
    CredentialRefusedError,
    ServiceUnreachableError,
)
from alicred.flight import Airspace, Flight, in_a_thread
from alicred.models import Credential
from alicred.providers.base import Issued
from alicred.refresh import fifteen_minutes
from alicred.session import Session

# The modules; the fixture `session` is one of its own.
INTERRUPTED = (session, flight)
HOUR = 3600.0
LIFETIME = 6 * HOUR
REFRESH_POINT = LIFETIME - 900
ASKED_WHILE_FETCHING = (
    "alicred: the credential was asked for while this thread is fetching it. "
    "Do not use this client in a log handler or a signal handler."
)


class ManualClock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def time(self):
        return self.now

    def monotonic(self):
        return self.now


class ScriptedProvider:
    """Hands out numbered credentials, or fails as told; can be held up in the middle of a fetch."""

    name = "scripted"

    def __init__(self, clock):
        self.clock = clock
        self.fetches = 0
        self.failure = None
        self.lifetime = LIFETIME
        self.same_again = False
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.threads = []
        self.holding = []

    def fetch(self, now, *, holding=False):
        self.fetches += 1
        self.holding.append(holding)
        self.threads.append(threading.current_thread())
        self.entered.set()
        assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        number = 1 if self.same_again else self.fetches
        expires_at = now + self.lifetime
        credential = Credential(
            type="scripted",
            provider_name=self.name,
            access_key_id=f"key-{number}",
            access_key_secret="secret",
            expiration=datetime.fromtimestamp(expires_at, timezone.utc),
            expires_at=expires_at,
        )
        return Issued(credential, fifteen_minutes)


def unreachable():
    return ServiceUnreachableError("it is down.", remedy="Wait.", provider="scripted")


def refused():
    return CredentialRefusedError("it said no.", remedy="Ask.", provider="scripted")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def provider(clock):
    return ScriptedProvider(clock)


@pytest.fixture
def session(provider, clock):
    return Session(provider, clock)


@pytest.fixture(autouse=True)
def seeded():
    testing.seed(1)
    yield
    testing.reset()


@pytest.fixture(params=["sync", "async"])
def read(request, session):
    """A read of the credential, from a thread or from a task: every rule holds for both."""
    if request.param == "sync":
        return session.renew
    return lambda: asyncio.run(session.renew_async())


# Fresh, due, expired


def test_a_fresh_credential_is_served_without_a_fetch(read, provider, clock):
    """Until the refresh point nobody asks the provider."""
    first = read()
    clock.now += REFRESH_POINT - 1
    assert read() is first
    assert provider.fetches == 1


def test_the_first_read_at_the_refresh_point_refreshes(read, provider, clock):
    """At exactly fifteen minutes before the end a new credential is fetched."""
    first = read()
    clock.now += REFRESH_POINT
    assert read() != first
    assert provider.fetches == 2


def test_a_failed_refresh_serves_what_is_held(read, provider, clock):
    """While the credential is valid nobody gets an error."""
    first = read()
    provider.failure = unreachable()
    clock.now += LIFETIME - 1
    assert read() is first
    assert provider.fetches == 2


def test_an_expired_credential_is_never_served(read, provider, clock):
    """From the second of its end on there is an error or a new one."""
    read()
    provider.failure = unreachable()
    clock.now += LIFETIME
    with pytest.raises(ServiceUnreachableError, match="it is down"):
        read()


def test_a_failed_refresh_is_not_repeated_by_every_reader(read, provider, clock):
    """After a failure the next attempt waits, however many read meanwhile."""
    read()
    provider.failure = unreachable()
    clock.now += REFRESH_POINT
    for _ in range(100):
        read()
    assert provider.fetches == 2


def test_sixty_one_seconds_always_suffice_for_the_next_attempt(read, provider, clock):
    """The longest back-off is a minute, after the tenth failure as well."""
    provider.lifetime = 100 * HOUR
    read()
    provider.failure = unreachable()
    clock.now += 100 * HOUR - 900
    for attempt in range(10):
        read()
        assert provider.fetches == 2 + attempt
        clock.now += 61


def test_the_first_read_after_expiry_tries_whatever_failed_before(read, provider, clock):
    """A back-off from the time when the credential was due does not hold up an expired one."""
    read()
    provider.failure = unreachable()
    clock.now += LIFETIME - 0.5
    read()
    provider.failure = None
    clock.now += 0.5
    assert read().access_key_id == "key-3"


def test_the_verdict_on_an_unreachable_service_is_shared(read, provider, clock):
    """Callers of a client without a credential cost one request until the back-off is over."""
    provider.failure = unreachable()
    for _ in range(20):
        with pytest.raises(ServiceUnreachableError, match="it is down"):
            read()
    assert provider.fetches == 1
    clock.now += 61
    with pytest.raises(ServiceUnreachableError):
        read()
    assert provider.fetches == 2


def test_a_refusal_is_asked_again_by_every_caller(read, provider):
    """A refusal is no outage: whoever mends the role gets a credential at the next call."""
    provider.failure = refused()
    for _ in range(3):
        with pytest.raises(CredentialRefusedError):
            read()
    provider.failure = None
    assert read().access_key_id == "key-4"


def test_a_long_outage_is_asked_about_less_and_less_often(read, provider, clock):
    """The delays grow while there is no credential too: ten minutes cost a few dozen requests at most."""
    provider.failure = unreachable()
    for _ in range(600):
        with pytest.raises(ServiceUnreachableError):
            read()
        clock.now += 1
    assert 10 <= provider.fetches <= 60


def test_recovery_ends_the_verdict(read, provider, clock):
    """Once the service is back the credential is served, and the next failure begins a new outage."""
    provider.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        read()
    provider.failure = None
    clock.now += 61
    assert read().access_key_id == "key-2"
    assert read().access_key_id == "key-2"


def test_every_caller_gets_an_error_of_its_own(read, provider):
    """An exception instance that several callers raise would grow everybody's traceback."""
    provider.failure = unreachable()
    caught = []
    for _ in range(3):
        with pytest.raises(ServiceUnreachableError) as info:
            read()
        caught.append(info.value)
    assert len({id(error) for error in caught}) == 3
    assert {str(error) for error in caught} == {"scripted: it is down. Wait."}


def test_a_credential_that_the_service_has_not_rotated_is_not_asked_for_at_every_read(read, provider, clock):
    """The same credential again, inside its window, is next due after half of what is left."""
    provider.same_again = True
    provider.lifetime = 600
    read()
    for _ in range(50):
        clock.now += 1
        read()
    assert provider.fetches == 1
    clock.now += 250
    read()
    assert provider.fetches == 2


def test_a_defect_is_not_hidden_as_a_failure_to_obtain_a_credential(read, provider):
    """A programming error in a provider reaches the caller as what it is."""
    provider.failure = ZeroDivisionError("a defect")
    with pytest.raises(ZeroDivisionError, match="a defect"):
        read()
    provider.failure = None
    assert read().access_key_id == "key-2"


def test_a_defect_takes_no_valid_credential_from_anybody(read, provider, session, clock):
    """Never an error while a valid credential is at hand; a defect is noted by its type alone."""
    first = read()
    provider.failure = ZeroDivisionError("a defect")
    clock.now += REFRESH_POINT
    assert read() is first
    assert session.outage.error.problem == "internal error (ZeroDivisionError)."


def test_a_provider_is_told_whether_there_is_something_to_serve(read, provider, clock):
    """While a valid credential is held it may give up early, and so it does at no other time."""
    read()
    clock.now += REFRESH_POINT
    read()
    clock.now += LIFETIME
    read()
    assert provider.holding == [False, True, False]


# Clocks that jump


def test_a_machine_that_slept_gets_a_new_credential(read, provider, clock):
    """After a jump of eight hours the old credential is dead and the next read fetches."""
    read()
    clock.now += 8 * HOUR
    assert read().access_key_id == "key-2"


def test_a_clock_that_jumps_back_makes_the_credential_due(read, provider, clock):
    """What was computed by a clock that was wrong is computed anew."""
    read()
    clock.now -= HOUR
    assert read().access_key_id == "key-2"


def test_a_clock_that_jumps_back_clears_the_back_off(read, provider, clock):
    """A back-off must not last until the clock is again where it was."""
    provider.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        read()
    provider.failure = None
    clock.now -= HOUR
    assert read().access_key_id == "key-2"


def test_after_a_backward_jump_a_failure_is_backed_off_like_any_other(read, provider, clock):
    """The jump makes the credential due once, not at every read of the outage that follows."""
    first = read()
    provider.failure = unreachable()
    clock.now -= HOUR
    for _ in range(50):
        assert read() is first
    assert provider.fetches == 2


# Many at once


def in_threads(count, call):
    with ThreadPoolExecutor(count) as pool:
        return [future.result(20) for future in [pool.submit(call) for _ in range(count)]]


def outcome_of(call):
    try:
        return call()
    except CredentialException as error:
        return error


def hold_up(provider):
    provider.entered.clear()
    provider.gate.clear()


def test_sixty_four_threads_on_a_cold_client_share_one_fetch(provider, session):
    """Everybody waits for the one flight and gets what it brings."""
    hold_up(provider)
    arrived = threading.Semaphore(0)

    def call():
        arrived.release()
        return session.renew()

    def release():
        for _ in range(64):
            arrived.acquire()
        provider.gate.set()

    releaser = threading.Thread(target=release)
    releaser.start()
    results = in_threads(64, call)
    releaser.join()
    assert {id(credential) for credential in results} == {id(results[0])}
    assert provider.fetches == 1


def test_sixty_four_tasks_on_a_cold_client_share_one_fetch(provider, session):
    """Tasks await the same flight, and the event loop goes on meanwhile."""
    hold_up(provider)

    async def run():
        tasks = [asyncio.create_task(session.renew_async()) for _ in range(64)]
        while not provider.entered.is_set():
            await asyncio.sleep(0)
        provider.gate.set()
        return await asyncio.gather(*tasks)

    results = asyncio.run(run())
    assert {id(credential) for credential in results} == {id(results[0])}
    assert provider.fetches == 1


def test_threads_and_tasks_of_several_loops_share_one_flight(provider, session):
    """A synchronous leader, other threads and three event loops: one fetch."""
    hold_up(provider)
    arrived = threading.Semaphore(0)

    def sync_call():
        arrived.release()
        return session.renew()

    def loop_call():
        async def run():
            arrived.release()
            return await session.renew_async()

        return asyncio.run(run())

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(call) for call in (sync_call, loop_call) * 3]
        for _ in range(6):
            assert arrived.acquire(timeout=10)
        provider.gate.set()
        results = {id(future.result(10)) for future in futures}
    assert len(results) == 1
    assert provider.fetches == 1


def test_while_one_refreshes_the_others_are_served_at_once(provider, session, clock):
    """A due credential is still good: only the first caller waits for the new one."""
    first = session.renew()
    hold_up(provider)
    clock.now += REFRESH_POINT
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(session.renew)
        assert provider.entered.wait(10)
        assert session.renew() is first
        assert asyncio.run(session.renew_async()) is first
        provider.gate.set()
        assert leader.result(10) != first
    assert provider.fetches == 2


def test_a_failure_reaches_all_that_wait_as_errors_of_their_own(provider, session):
    """One flight fails, and each of its passengers raises its own copy."""
    hold_up(provider)
    provider.failure = unreachable()
    arrived = threading.Semaphore(0)

    def call():
        arrived.release()
        return outcome_of(session.renew)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(call) for _ in range(8)]
        for _ in range(8):
            assert arrived.acquire(timeout=10)
        provider.gate.set()
        errors = [future.result(10) for future in futures]
    assert {type(error) for error in errors} == {ServiceUnreachableError}
    assert len({id(error) for error in errors}) == 8
    assert provider.fetches == 1


def test_a_refresh_that_landed_a_moment_ago_is_not_repeated(read, provider, session, monkeypatch):
    """Between finding the credential due and claiming the refresh another thread may have finished it."""
    original = Airspace.claim

    def claim_late(self, flight):
        monkeypatch.undo()
        session.renew()
        return original(self, flight)

    monkeypatch.setattr(Airspace, "claim", claim_late)
    assert read().access_key_id == "key-1"
    assert provider.fetches == 1


def test_an_attempt_that_failed_a_moment_ago_is_not_repeated(read, provider, session, monkeypatch):
    """Its verdict is for those as well who found no credential before it and come to ask after it."""
    original = Airspace.claim
    provider.failure = unreachable()

    def claim_late(self, flight):
        monkeypatch.undo()
        with pytest.raises(ServiceUnreachableError):
            session.renew()
        return original(self, flight)

    monkeypatch.setattr(Airspace, "claim", claim_late)
    with pytest.raises(ServiceUnreachableError):
        read()
    assert provider.fetches == 1


# Those who give up


@pytest.mark.asyncio
async def test_a_cancelled_task_leaves_the_flight_to_the_others(provider, session):
    """The task that began it gives up; its flight lands all the same, for those who wait."""
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    hold_up(provider)
    leader = asyncio.create_task(session.renew_async())
    await asyncio.to_thread(provider.entered.wait, 10)
    follower = asyncio.create_task(session.renew_async())
    await asyncio.sleep(0)
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    provider.gate.set()
    assert (await follower).access_key_id == "key-1"
    assert provider.fetches == 1
    assert complaints == []


@pytest.mark.asyncio
async def test_a_time_out_on_a_wait_is_the_callers_own(provider, session):
    """`asyncio.wait_for` gives up after its time, and the next read has what the flight brought."""
    hold_up(provider)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(session.renew_async(), 0.01)
    provider.gate.set()
    assert (await session.renew_async()).access_key_id == "key-1"
    assert provider.fetches == 1


def test_a_loop_that_is_gone_harms_nobody(provider, session):
    """A loop closed while its task waited is passed over when the flight lands."""
    hold_up(provider)
    loop = asyncio.new_event_loop()
    task = loop.create_task(session.renew_async())
    while not provider.entered.is_set():
        loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    provider.gate.set()
    assert session.renew().access_key_id == "key-1"
    assert provider.fetches == 1


def test_a_loop_that_is_gone_keeps_nobody_else_waiting():
    """Those of other loops are woken all the same."""
    flight = Flight(0.0)
    gone = asyncio.new_event_loop()
    waiting = gone.create_task(flight.wait_async())
    gone.run_until_complete(asyncio.sleep(0))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        gone.run_until_complete(waiting)
    gone.close()

    async def run():
        task = asyncio.create_task(flight.wait_async())
        await asyncio.sleep(0)
        flight.land()
        await asyncio.wait_for(task, 10)

    asyncio.run(run())


def test_of_two_that_wake_the_last_task_one_does():
    """A flight that lands, and a task that finds it landed, look at the same list."""
    flight = Flight(0.0)

    class TakenMeanwhile(deque):
        def __bool__(self):
            self.clear()
            return True

    async def run():
        task = asyncio.create_task(flight.wait_async())
        await asyncio.sleep(0)
        ((_, woken),) = flight._tasks
        flight._tasks = TakenMeanwhile(flight._tasks)
        flight.land()
        assert not woken.done()
        woken.set_result(None)
        await task

    asyncio.run(run())


def test_a_flight_that_lands_while_somebody_joins_it_is_not_put_back():
    """Whoever finds it beside those of ancestors takes it as it is, and the next one begins another."""
    airspace, first = Airspace(), Flight(0.0)

    class LandsMeanwhile(dict):
        def setdefault(self, process, offered):
            flight = super().setdefault(process, offered)
            airspace._flights = dict(self)
            airspace.give_back(first)
            return flight

    ancestors = {-number: Flight(0.0) for number in (1, 2)}
    airspace._flights = LandsMeanwhile({os.getpid(): first, **ancestors})
    assert airspace.claim(Flight(0.0)) is first
    third = Flight(0.0)
    assert airspace.claim(third) is third


def test_an_interrupted_leader_hands_over_to_those_who_wait(provider, session):
    """Ctrl-C in the thread that fetches is its own affair: another caller goes on."""
    interrupted = threading.Event()
    original = provider.fetch

    def fetch(now, *, holding=False):
        provider.fetch = original
        provider.entered.set()
        assert interrupted.wait(10)
        raise KeyboardInterrupt

    provider.fetch = fetch
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(session.renew)
        assert provider.entered.wait(10)
        follower = pool.submit(session.renew)
        interrupted.set()
        with pytest.raises(KeyboardInterrupt):
            leader.result(10)
        assert follower.result(10).access_key_id == "key-1"


def test_a_synchronous_read_on_the_loops_own_thread_does_not_deadlock(provider, session):
    """A task leads; a plain function called in the same loop waits for it, and both end."""

    async def run():
        hold_up(provider)
        leader = asyncio.create_task(session.renew_async())
        while not provider.entered.is_set():
            await asyncio.sleep(0)
        threading.Timer(0.01, provider.gate.set).start()
        mine = session.renew()
        return mine, await leader

    mine, theirs = asyncio.run(run())
    assert mine is theirs
    assert provider.fetches == 1


def test_asking_for_the_credential_while_fetching_it_is_an_error_and_no_deadlock(session, provider):
    """A log handler that signs its own shipping with this very client learns it."""
    original = provider.fetch

    def fetch(now, *, holding=False):
        session.renew()
        return original(now)

    provider.fetch = fetch
    with pytest.raises(CredentialException) as caught:
        session.renew()
    assert str(caught.value) == ASKED_WHILE_FETCHING


def test_asking_for_the_credential_while_beginning_to_fetch_it_is_no_deadlock_either(session, monkeypatch):
    """A signal handler may come before the fetch: the flight is this thread's own from its start on."""
    take_off = Flight.take_off

    def interrupted(flight):
        monkeypatch.setattr(Flight, "take_off", take_off)
        with pytest.raises(CredentialException) as caught:
            session.renew()
        assert str(caught.value) == ASKED_WHILE_FETCHING
        return take_off(flight)

    monkeypatch.setattr(Flight, "take_off", interrupted)
    assert session.renew().access_key_id == "key-1"


def test_a_loop_goes_on_where_no_thread_is_to_be_had(provider, session, monkeypatch):
    """At the limit of threads the flight is flown in the loop's own thread."""

    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert asyncio.run(session.renew_async()).access_key_id == "key-1"


def test_who_comes_before_the_pilot_waits_like_everybody(provider, session, monkeypatch):
    """A task finds a flight whose thread has not begun to work: it is not its own that it would wait for."""
    start, boarding = threading.Thread.start, threading.Event()

    def start_late(thread):
        work = thread.run
        thread.run = lambda: boarding.wait(10) and work()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_late)

    async def run():
        tasks = [asyncio.create_task(session.renew_async()) for _ in range(2)]
        await asyncio.sleep(0)
        boarding.set()
        return await asyncio.gather(*tasks)

    first, second = asyncio.run(run())
    assert first is second
    assert provider.fetches == 1


def test_no_thread_outlives_a_flight(provider, session):
    """The thread that flew for a task is gone when it has landed."""
    asyncio.run(session.renew_async())
    [pilot] = provider.threads
    pilot.join(10)
    assert not pilot.is_alive()
    assert (pilot.name, pilot.daemon) == ("alicred-refresh", True)


# A clock that moves while a flight is in the air


def test_what_expired_during_the_flight_is_not_handed_out(provider, session, clock):
    """A refresh that fails after the old credential's end leaves nothing to serve."""
    session.renew()
    hold_up(provider)
    provider.failure = unreachable()
    clock.now += REFRESH_POINT
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(session.renew)
        assert provider.entered.wait(10)
        clock.now += HOUR
        provider.gate.set()
        with pytest.raises(ServiceUnreachableError):
            leader.result(10)


def test_a_credential_that_is_dead_on_arrival_is_fetched_again(provider, session, clock):
    """The clock jumped past the end of what the flight brings: the caller gets a newer one."""
    hold_up(provider)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(session.renew)
        assert provider.entered.wait(10)
        clock.now += LIFETIME
        provider.gate.set()
        assert leader.result(10).access_key_id == "key-2"


# Invalidation and closing


def test_the_current_credential_can_be_declared_dead(read, provider, session):
    """After `invalidate` the next read fetches."""
    session.invalidate(read())
    assert read().access_key_id == "key-2"


def test_declaring_an_old_credential_dead_changes_nothing(read, provider, session):
    """Somebody else has refreshed meanwhile: the new credential stays."""
    first = read()
    session.invalidate(first)
    second = read()
    session.invalidate(first)
    assert read() is second
    assert provider.fetches == 2


def test_an_invalidated_credential_is_not_served_when_the_refresh_fails(read, provider, session):
    """It counts as expired, so it is no credential at hand."""
    session.invalidate(read())
    provider.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        read()


def test_a_closed_session_serves_nothing(read, provider, session):
    """After `close` every read says that the client is closed, and what to do."""
    read()
    session.close()
    with pytest.raises(ConfigurationError) as caught:
        read()
    assert str(caught.value) == "alicred: this client has been closed. Build another one."


def test_closing_during_a_flight_keeps_it_closed(provider, session):
    """What lands after `close` is not kept, and those who waited learn that it is closed."""
    hold_up(provider)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(session.renew)
        assert provider.entered.wait(10)
        session.close()
        provider.gate.set()
        with pytest.raises(ConfigurationError, match="closed"):
            leader.result(10)


# Interrupts


@pytest.mark.skipif(sys.gettrace() is not None, reason="somebody traces already, and would be told nothing")
@pytest.mark.parametrize("how", ["sync", "async"])
def test_an_interrupt_at_any_line_leaves_the_session_usable(clock, how, interrupted_at):
    """Ctrl-C or a time-out by signal may strike anywhere: the claim is given back to the next caller."""
    for line in itertools.count(1):
        session = Session(ScriptedProvider(clock), clock)
        renew = session.renew if how == "sync" else lambda of=session: asyncio.run(of.renew_async())
        try:
            interrupted_at(line, renew, *INTERRUPTED)
        except KeyboardInterrupt:
            next_caller = threading.Thread(target=session.renew, daemon=True)
            next_caller.start()
            next_caller.join(10)
            assert not next_caller.is_alive(), line
        else:
            break
    assert line > 30


def test_a_flight_whose_thread_comes_too_late_asks_nobody(provider, session, monkeypatch):
    """An interrupt while its thread starts ends it: whoever comes next fetches, and nobody else besides."""
    late = []

    def interrupted(work):
        late.append(work)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("alicred.session.in_a_thread", interrupted)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(session.renew_async())
    assert session.renew().access_key_id == "key-1"
    for work in late:
        work()
    assert provider.fetches == 1


def test_a_flight_whose_thread_has_come_goes_on(provider, session, monkeypatch):
    """An interrupt that comes after it has taken off is the business of the one task alone."""
    hold_up(provider)

    def interrupted(work):
        in_a_thread(work)
        assert provider.entered.wait(10)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("alicred.session.in_a_thread", interrupted)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(session.renew_async())
    provider.gate.set()
    assert session.renew().access_key_id == "key-1"
    assert provider.fetches == 1


# What others do meanwhile


@pytest.mark.parametrize("how", ["invalidate", "close"])
def test_a_credential_that_is_ended_while_its_refresh_fails_is_not_served(
    provider, session, clock, monkeypatch, how
):
    """Whoever invalidates or closes at that very moment has the last word."""
    first = session.renew()

    def end_and_wait(low, _high):
        session.invalidate(first) if how == "invalidate" else session.close()
        return low

    monkeypatch.setattr(jitter, "uniform", end_and_wait)
    provider.failure = unreachable()
    clock.now += REFRESH_POINT
    with pytest.raises(CredentialException):
        session.renew()
    assert not session.held.is_valid(clock.now)


def test_a_handler_that_raises_takes_no_credential_from_anybody(read, provider, clock, caplog):
    """What an application's logging does is nothing to whoever waits for a credential."""

    class Raising(logging.Handler):
        def emit(self, record):
            raise RuntimeError(record)

    handler = Raising()
    logging.getLogger("alicred").addHandler(handler)
    try:
        first = read()
        provider.failure = unreachable()
        clock.now += REFRESH_POINT
        assert read() is first
        provider.failure = None
        clock.now += 61
        assert read().access_key_id == "key-3"
    finally:
        logging.getLogger("alicred").removeHandler(handler)


def test_after_a_backward_jump_nothing_is_served_longer_than_it_lives(read, provider, clock):
    """Fetched by a clock ten hours ahead, it is dead six hours after the clock was set right."""
    read()
    provider.failure = unreachable()
    clock.now -= 10 * HOUR
    read()
    clock.now += LIFETIME - 1
    read()
    clock.now += 1
    with pytest.raises(ServiceUnreachableError):
        read()


def test_a_source_that_hands_out_the_dead_is_not_asked_for_ever(read, provider, clock):
    """Whatever arrives expired is an error after a third try; what was held is of no use by then."""
    original = provider.fetch

    def slow(now, *, holding=False):
        issued = original(now, holding=holding)
        clock.now += LIFETIME
        return issued

    read()
    provider.fetch = slow
    clock.now += REFRESH_POINT
    with pytest.raises(ServiceUnreachableError) as caught:
        read()
    assert str(caught.value) == (
        "scripted: the credential had expired when it arrived. "
        "Whoever hands it out is too slow, or hands out its last seconds."
    )
    assert provider.holding == [False, True, False, False]


def test_what_a_failed_fetch_had_in_its_hands_is_let_go(session, provider):
    """No traceback that is kept holds on to tokens and answers."""
    provider.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        session.renew()
    assert session.outage.error is not provider.failure
    assert session.outage.error.__traceback__ is None


# Fork


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_forked_during_a_flight_flies_its_own(provider, session):
    """The parent's flight never lands in the child; the child fetches for itself and is not stuck."""
    hold_up(provider)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child():
        signal.alarm(20)
        provider.gate = threading.Event()
        provider.gate.set()
        answers.put(session.renew().access_key_id)

    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(session.renew)
        assert provider.entered.wait(10)
        process = context.Process(target=child)
        process.start()
        process.join(20)
        provider.gate.set()
        assert leader.result(10).access_key_id == "key-1"
    assert process.exitcode == 0
    assert answers.get() == "key-2"


def test_a_process_that_gets_the_id_of_its_ancestor_is_not_stuck(provider, session, clock, monkeypatch):
    """A flight that was in the air at a fork is dropped by the child, for its own children's sake."""
    session._airspace.claim(clock.now)
    ancestor = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: ancestor + 1)
    session.renew()
    monkeypatch.setattr(os, "getpid", lambda: ancestor)
    clock.now += LIFETIME
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(session.renew).result(10).access_key_id == "key-2"


# What is said


def test_an_outage_is_told_once_and_so_is_its_end(read, provider, clock, caplog):
    """One line when a cached credential begins to be served, one when refreshing works again."""
    caplog.set_level("DEBUG", "alicred")
    provider.lifetime = 100 * HOUR
    read()
    provider.failure = unreachable()
    clock.now += 100 * HOUR - 900
    for _ in range(5):
        read()
        clock.now += 61
    provider.failure = None
    read()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    served_until = "The credential that is held is served, until 2027-01-19 12:00:00+00:00."
    assert caplog.messages == [
        f"scripted: it is down. Wait. {served_until}",
        "scripted: refreshing works again",
    ]


def test_an_outage_that_a_key_without_an_end_survives_is_told_as_such(read, provider, clock, caplog):
    """A provider may want to be asked again for what does not end."""
    original = provider.fetch

    def fetch(now, *, holding=False):
        issued = original(now, holding=holding)
        endless = Credential(
            type="scripted", provider_name="scripted", access_key_id=issued.credential.access_key_id
        )
        return Issued(endless, fifteen_minutes, good_for_seconds=60)

    provider.fetch = fetch
    read()
    provider.failure = unreachable()
    clock.now += 59
    read()
    assert caplog.messages == []
    clock.now += 1
    read()
    assert caplog.messages == [
        "scripted: it is down. Wait. The credential that is held is served, until that works again."
    ]


def test_reset_forgets_verdicts(read, provider):
    """What one test learned of an outage does not hold up the next."""
    provider.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        read()
    provider.failure = None
    testing.reset()
    assert read().access_key_id == "key-2"


def test_a_seed_repeats_the_back_off():
    """With a seed two runs wait for the same times."""
    testing.seed(5)
    first = [jitter.uniform(1, 3) for _ in range(5)]
    testing.seed(5)
    assert [jitter.uniform(1, 3) for _ in range(5)] == first
