"""Any order of events, beside a model of a few lines: the cache keeps the five promises of its module.

The model is the specification: which credential is held, until when nobody asks for another, and what a
failure changes. The machine lets threads and tasks of two event loops read through a real `Client`, holds
refreshes up in the air, moves the clock, cancels, invalidates and closes, and compares what everybody gets.
Nothing waits for real time: a caller is started, and tells when it is done, waits, or fetches.
"""

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from queue import SimpleQueue
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alicred import Client, Config, Credential, testing
from alicred.exceptions import CredentialRefusedError, ServiceUnreachableError
from alicred.flight import Flight
from alicred.providers import registry
from alicred.providers.base import Issued
from alicred.refresh import fifteen_minutes

EXAMPLES, STEPS = 100, 40
PATIENCE = 10  # seconds, after which something hangs
NEVER = float("-inf")
HOUR = 3600.0
UNREACHABLE, THROTTLED, REFUSED, BUG = "it is down.", "it says: too often.", "it says no.", "a defect."
DEAD, CLOSED = "the credential had expired when it arrived.", "this client has been closed."
FAILURES = {
    UNREACHABLE: partial(ServiceUnreachableError, UNREACHABLE),
    THROTTLED: partial(ServiceUnreachableError, THROTTLED, code="Throttling"),
    REFUSED: partial(CredentialRefusedError, REFUSED),
    BUG: partial(ZeroDivisionError, BUG),
}
TEMPORARY = {UNREACHABLE, THROTTLED, DEAD}
SAME = "the same again"
LIFETIMES = (1.0, 2.0, 45.0, 899.0, 900.0, 901.0, HOUR, 6 * HOUR, 400 * HOUR)
READERS = st.sampled_from(["thread", "first loop", "second loop"])
ANSWERS = st.sampled_from([HOUR, UNREACHABLE, *LIFETIMES, SAME, THROTTLED, REFUSED, BUG, 0.0, -1.0])
EDGES = [(edge, off) for edge in ("due", "end", "since") for off in (0, -0.25, 0.25)]
JUMPS = [0.25, 1, 61, 450, HOUR, 800 * HOUR]
MOVES = [*EDGES, *(("now", jump) for jump in JUMPS), *(("now", -jump) for jump in JUMPS)]


class Quiet(NamedTuple):
    """When nobody asks the provider: surely from `since` to `earliest`, surely no more from `latest` on."""

    since: float = NEVER
    earliest: float = NEVER
    latest: float = NEVER

    def asks(self, now):
        """Return whether a read asks the provider; None if it may do either."""
        if self.since <= now < self.earliest:
            return False
        return None if self.since <= now < self.latest else True


class Model:
    """What the cache must do."""

    def __init__(self):
        self.closed = False
        self.held = None
        self.end, self.lifetime = NEVER, 0.0
        self.fresh = self.verdict = Quiet()
        self.reason = None

    def is_valid(self, now):
        """Return whether there is a credential that may be handed out."""
        return now < self.end and not self.closed

    def asks(self, now):
        """Return whether a read now asks the provider; None if it may do either."""
        if self.closed:
            return False
        return min(self.fresh.asks(now), self.verdict.asks(now), key=[False, None, True].index)

    def landed(self, now, asked_at, brought):
        """A refresh has come to its end, with a credential or a problem."""
        self.verdict = Quiet()
        if isinstance(brought, Credential):
            self._keep(asked_at, brought)
        elif self.is_valid(now):
            self._go_on(now)
        elif brought in TEMPORARY:
            self.verdict, self.reason = Quiet(now, now + 1, now + 60), brought

    def _keep(self, asked_at, credential):
        left = credential.expires_at - asked_at
        due = min(asked_at + (left - 900 if left > 900 else max(left / 2, 1)), credential.expires_at)
        self.held, self.end, self.lifetime = credential, credential.expires_at, left
        self.fresh = Quiet(asked_at, due, due)

    def _go_on(self, now):
        if now < self.fresh.since:
            # The clock was wrong when the end was reckoned.
            self.end = min(self.end, now + self.lifetime)
        self.fresh = Quiet(now, min(now + 1, self.end), min(now + 60, self.end))

    def ended(self, credential):
        """Somebody says that a credential is dead."""
        if credential == self.held:
            self.end, self.fresh = NEVER, Quiet()


class ManualClock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now


class ScriptedProvider:
    """Answers as told, can be held up, and notes who asks and how many at once."""

    name = "scripted"

    def __init__(self, clock, events):
        self.clock = clock
        self.events = events
        self.answer = HOUR
        self.gate = threading.Event()
        self.gate.set()
        self.fetches = self.in_the_air = self.most_at_once = 0
        self.asked_at, self.brought = NEVER, None
        self.handed_out = []
        self.pilots = []

    def fetch(self, now, *, holding=False):
        self.fetches += 1
        self.in_the_air += 1
        self.most_at_once = max(self.most_at_once, self.in_the_air)
        self.pilots.append(threading.current_thread())
        self.events.put("fetches")
        try:
            assert self.gate.wait(PATIENCE)
            self.asked_at = now
            return self._answered(now)
        finally:
            self.in_the_air -= 1

    def _answered(self, now):
        if self.answer in FAILURES:
            self.brought = self.answer
            make = FAILURES[self.answer]
            raise make()
        if self.answer != SAME or not self.handed_out:
            self._issue(now + (HOUR if self.answer == SAME else self.answer))
        credential = self.handed_out[-1]
        self.brought = credential if self.clock() < credential.expires_at else DEAD
        return Issued(credential, fifteen_minutes)

    def _issue(self, expires_at):
        number = len(self.handed_out)
        credential = Credential(
            type="scripted",
            provider_name=self.name,
            access_key_id=f"id-{number}",
            access_key_secret=f"secret-{number}",
            security_token=f"token-{number}",
            expiration=datetime.fromtimestamp(expires_at, timezone.utc),
            expires_at=expires_at,
        )
        self.handed_out.append(credential)


class Surroundings:
    """What outlives a machine: threads that read, two event loops, and who tells what a reader does."""

    def __init__(self, monkeypatch):
        self.clock = ManualClock()
        self.events = SimpleQueue()
        self.pool = ThreadPoolExecutor(8)
        self.loops = {name: asyncio.new_event_loop() for name in ("first loop", "second loop")}
        self._threads = [threading.Thread(target=loop.run_forever) for loop in self.loops.values()]
        for thread in self._threads:
            thread.start()
        wait, wait_async = Flight.wait, Flight.wait_async
        monkeypatch.setattr(Flight, "wait", lambda flight: self._waits(wait, flight))
        monkeypatch.setattr(Flight, "wait_async", lambda flight: self._waits(wait_async, flight))
        monkeypatch.setattr(registry, "build", lambda *_: self.provider)

    def _waits(self, wait, flight):
        self.events.put("waits")
        return wait(flight)

    def begin(self):
        """Return a provider and a client of a world that is as it was at first."""
        testing.reset()
        testing.seed(1)
        self.clock.now = ManualClock.now
        testing.use_clock(self.clock)
        self.provider = ScriptedProvider(self.clock, self.events)
        return self.provider

    def start(self, client, how):
        """Have somebody read, and return the future of what comes of it."""
        if how == "thread":
            future = self.pool.submit(client.get_credential)
        else:
            future = asyncio.run_coroutine_threadsafe(client.get_credential_async(), self.loops[how])
        future.add_done_callback(lambda _: self.events.put("done"))
        return future

    def next_event(self):
        """Return what one of those who were started does."""
        return self.events.get(timeout=PATIENCE)

    def settle(self):
        """Let the loops do what they have been asked to, and forget what was told."""
        for loop in self.loops.values():
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(PATIENCE)
        while not self.events.empty():
            self.events.get()

    def end(self):
        """Stop the loops and the threads."""
        for loop, thread in zip(self.loops.values(), self._threads, strict=True):
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE)
            loop.close()
        self.pool.shutdown()


class Cache(RuleBasedStateMachine):
    """The client, and the model beside it."""

    def __init__(self, surroundings):
        super().__init__()
        self.around = surroundings
        self.provider = surroundings.begin()
        self.waiting: list[tuple[str, Future]] = []
        self.flying = False
        self.build()

    @property
    def now(self):
        return self.around.clock.now

    @precondition(lambda self: self.model.closed and not self.flying)
    @rule()
    def build(self):
        """Whoever finds the client closed builds another one."""
        self.client, self.model = Client(Config(type="bearer", bearer_token="unused")), Model()

    @rule(move=st.sampled_from(MOVES))
    def clock_moves(self, move):
        """Time passes, the machine sleeps, somebody sets the clock right, or it comes to an edge."""
        where, seconds = move
        at = {
            "now": self.now,
            "due": self.model.fresh.latest,
            "end": self.model.end,
            "since": self.model.fresh.since,
        }
        if at[where] > NEVER:
            self.around.clock.now = at[where] + seconds

    @precondition(lambda self: not self.flying)
    @rule(how=READERS, answer=ANSWERS)
    def read(self, how, answer):
        """One caller reads, nobody else being about."""
        self.provider.answer = answer
        before, asks = self.provider.fetches, self.model.asks(self.now)
        future = self.around.start(self.client, how)
        future.exception(PATIENCE)
        self.around.settle()
        asked = self.provider.fetches > before
        assert asks in {None, asked}, f"asked the provider: {asked}"
        self.judge(future, landed=asked)

    @precondition(lambda self: not self.flying)
    @rule(
        how=READERS,
        moves=st.sampled_from([[("now", 61)] * 6, [("now", -12 * HOUR), ("end", -0.25), ("end", 0)]]),
    )
    def outage_lasts(self, how, moves):
        """It is met again and again, or by a clock that is set back and then comes to the edge."""
        for move in moves:
            self.clock_moves(move)
            self.read(how, UNREACHABLE)

    @precondition(lambda self: not self.flying)
    @rule(answer=ANSWERS)
    def crowd_reads(self, answer):
        """Threads and tasks of both loops read at the same moment, as the scheduler likes it."""
        self.provider.answer = answer
        before, asks = self.provider.fetches, self.model.asks(self.now)
        served_meanwhile = self.model.held if self.model.is_valid(self.now) else None
        callers = ["thread"] * 4 + ["first loop", "second loop"] * 2
        futures = [self.around.start(self.client, how) for how in callers]
        for future in futures:
            future.exception(PATIENCE)
        self.around.settle()
        asked = self.provider.fetches - before
        assert asks in {None, asked > 0}, f"asked the provider {asked} times"
        brought = self.provider.brought
        if served_meanwhile or brought not in {REFUSED, BUG}:
            # What an outage says stands for everybody; what a refusal says, for the one who asked.
            assert asked <= (3 if brought == DEAD else 1)
        for number, future in enumerate(futures):
            self.judge(future, landed=asked > 0 and number == 0, brought=asked > 0, or_else=served_meanwhile)

    @precondition(lambda self: not self.flying and self.model.is_valid(self.now))
    @rule(how=READERS, more=st.sampled_from([0, 0.25, 61]))
    def comes_due(self, how, more):
        """Time passes until the credential is due, and its refresh takes a while."""
        self.around.clock.now = min(self.model.fresh.latest + more, self.model.end - 0.125)
        if self.model.asks(self.now):
            self.takes_off(how)

    @precondition(lambda self: not self.flying and self.model.asks(self.now))
    @rule(how=READERS)
    def takes_off(self, how):
        """A caller begins a refresh, which is held up."""
        self.provider.gate.clear()
        self.waiting = [(how, self.around.start(self.client, how))]
        told = {self.around.next_event() for _ in range(1 if how == "thread" else 2)}
        assert told == {"fetches"} if how == "thread" else told == {"fetches", "waits"}
        self.flying = True

    @precondition(lambda self: self.flying and len(self.waiting) < 6)
    @rule(callers=st.lists(READERS, min_size=1, max_size=3))
    def join(self, callers):
        """Callers come while a refresh is in the air: they wait only if there is nothing to serve."""
        for how in callers:
            self.joins(how)

    def joins(self, how):
        """Have one caller come, and look whether it waits."""
        asks, valid = self.model.asks(self.now), self.model.is_valid(self.now)
        future = self.around.start(self.client, how)
        told = self.around.next_event()
        assert told in ({"done"} if valid or asks is False else {"waits"} if asks else {"waits", "done"})
        if told == "done":
            self.judge(future)
        else:
            self.waiting.append((how, future))

    @precondition(lambda self: any(how != "thread" for how, _ in self.waiting))
    @rule(data=st.data())
    def task_is_cancelled(self, data):
        """A task gives up, perhaps the one that began; the refresh is nothing to it any more."""
        one = data.draw(st.sampled_from([one for one in self.waiting if one[0] != "thread"]))
        one[1].cancel()
        self.waiting.remove(one)
        self.around.settle()

    @precondition(lambda self: self.flying)
    @rule(answer=ANSWERS)
    def lands(self, answer=HOUR):
        """The provider answers, and everybody who waited gets what it brought."""
        self.provider.answer = answer
        self.provider.gate.set()
        for pilot in self.provider.pilots[-1:]:
            if pilot.name == "alicred-refresh":
                pilot.join(PATIENCE)
        for _, future in self.waiting:
            future.exception(PATIENCE)
        self.around.settle()
        self.model.landed(self.now, self.provider.asked_at, self.provider.brought)
        for _, future in self.waiting:
            self.judge(future, brought=True)
        self.waiting, self.flying = [], False

    @precondition(lambda self: self.provider.handed_out)
    @rule(data=st.data())
    def credential_is_refused(self, data):
        """An application says that a service refused a credential, the current one or one of before."""
        credential = data.draw(st.sampled_from(self.provider.handed_out[-2:]))
        self.client.invalidate(credential)
        self.model.ended(credential)

    @rule(really=st.sampled_from([False, False, False, True]))
    def closes(self, really):
        """Now and then the client is closed, in the middle of anything."""
        if really:
            self.client.close()
            self.model.closed = True

    def judge(self, future, *, landed=False, brought=False, or_else=None):
        """Compare what a reader got with what the model says.

        Args:
            future: The reader's.
            landed: Whether a refresh has landed that the model does not know of yet.
            brought: Whether what it brought is what the reader got.
            or_else: A credential that the reader may have got as well, since it was valid until just now.
        """
        if landed:
            self.model.landed(self.now, self.provider.asked_at, self.provider.brought)
        error = future.exception(PATIENCE)
        if self.model.is_valid(self.now):
            assert error is None, f"{error!r} although a valid credential is at hand"
            self.check_served(future.result())
            assert future.result() in {self.model.held, or_else}
        else:
            assert error is not None, "a credential was served where there was none"
            assert getattr(error, "problem", str(error)) in self.possible_problems(landed or brought)

    def possible_problems(self, brought):
        """Return why a reader may have got nothing."""
        problem = self.provider.brought if brought else self.model.reason
        return {CLOSED, self.provider.brought} if self.model.closed else {problem}

    def check_served(self, credential):
        """Look at a credential itself: whole, and alive."""
        number = credential.access_key_id.removeprefix("id-")
        parts = (credential.access_key_secret, credential.security_token)
        assert parts == (f"secret-{number}", f"token-{number}"), "a torn credential"
        assert credential == self.provider.handed_out[int(number)], "half of one, and half of another"
        assert self.now < credential.expires_at, "an expired credential"

    @invariant()
    def one_refresh_at_a_time(self):
        """At most one refresh is in flight, and exactly one when the machine holds it up."""
        assert self.provider.most_at_once <= 1
        assert self.provider.in_the_air == int(self.flying)

    @invariant()
    def no_thread_outlives_its_work(self):
        """Whatever alicred started is gone once its refresh has landed."""
        if not self.flying:
            started = [pilot for pilot in self.provider.pilots if pilot.name.startswith("alicred")]
            for pilot in started:
                pilot.join(PATIENCE)
            assert not any(pilot.is_alive() for pilot in started)
            self.provider.pilots.clear()

    def teardown(self):
        if self.flying:
            self.lands()
        self.client.close()


@pytest.fixture
def surroundings(monkeypatch):
    surroundings = Surroundings(monkeypatch)
    yield surroundings
    surroundings.end()
    testing.reset()


def test_any_order_of_events_keeps_the_promises_of_the_cache(surroundings):
    """Never an expired credential, a torn one, a second refresh, a held-up reader, a needless error."""
    run_state_machine_as_test(
        lambda: Cache(surroundings),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
