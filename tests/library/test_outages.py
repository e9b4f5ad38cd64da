"""What failures do to what is held, and until when their verdict stands: values, without a session."""

import pytest

from alicred import testing
from alicred.exceptions import CredentialRefusedError, ServiceUnreachableError
from alicred.held import Held
from alicred.models import Credential
from alicred.outage import forget_verdicts, prolonged
from alicred.refresh import Schedule

NOW = 1_800_000_000.0
NEVER = float("-inf")
HOUR = 3600.0
LONG_AGO, IN_AN_HOUR = NOW - 5 * HOUR, NOW + HOUR
DELAYS = {1: 3.0, 2: 9.0, 3: 27.0, 4: 60.0, 5: 60.0}


class StoppedClock:
    def __init__(self, now=NOW):
        self.now = now

    def time(self):
        return self.now

    def monotonic(self):
        return self.now


class EndedMeanwhile(Held):
    """Somebody else ends it while its end is looked up to serve it on."""

    __slots__ = ("is_watched",)

    @property
    def expires_at(self):
        expires_at = Held.expires_at.__get__(self)
        if self.is_watched:
            self.is_watched = False
            self.end()
        return expires_at

    @expires_at.setter
    def expires_at(self, moment):
        Held.expires_at.__set__(self, moment)


@pytest.fixture(autouse=True)
def longest_delays(monkeypatch):
    """Have chance choose the longest delay that there may be."""
    monkeypatch.setattr("alicred.jitter.uniform", lambda _low, high: high)
    yield
    testing.reset()


def credential():
    return Credential(type="sts", provider_name="scripted", access_key_id="key")


def held(fetched_at=LONG_AGO, expires_at=IN_AN_HOUR, kind=Held):
    """Return a credential that has been due for a minute."""
    return kind(credential(), Schedule(fetched_at, NOW - 60, expires_at))


def down():
    return ServiceUnreachableError("it is down.", remedy="Wait.", provider="scripted")


def outage(holding=None, failure=None, before=None, now=NOW):
    return prolonged(before, failure or down(), holding or Held(), StoppedClock(now), "scripted")


# What is held


def test_nothing_is_fresh_or_valid_where_nothing_is_held():
    """At no time, and it was due before any."""
    nothing = Held()
    for now in (NEVER, 0.0, NOW, float("inf")):
        assert not nothing.is_fresh(now)
        assert not nothing.is_valid(now)
    assert nothing.refresh_at == NEVER
    assert nothing.credential == Credential(type="", provider_name="")


def test_what_is_held_is_fresh_from_its_fetch_until_it_is_due_and_valid_until_its_end():
    """Each moment belongs to what begins there."""
    one = Held(credential(), Schedule(NOW, NOW + 10, NOW + 20))
    assert [one.is_fresh(NOW + second) for second in (-0.25, 0, 9.75, 10)] == [False, True, True, False]
    assert [one.is_valid(NOW + second) for second in (-0.25, 19.75, 20)] == [True, True, False]


def test_after_a_failure_it_is_served_until_the_next_attempt():
    """When it was first due is still to be told."""
    one = held()
    one.serve_on(NOW, 30)
    assert (one.serve_from, one.serve_until, one.expires_at) == (NOW, NOW + 30, IN_AN_HOUR)
    assert one.refresh_at == NOW - 60


def test_no_delay_serves_it_beyond_its_end():
    """However long it was to be."""
    one = held(expires_at=NOW + 10)
    one.serve_on(NOW, 30)
    assert (one.serve_until, one.expires_at) == (NOW + 10, NOW + 10)


def test_after_a_backward_jump_it_ends_its_lifetime_later_at_most():
    """What it had left by the clock that was wrong is not added to that."""
    one = held(fetched_at=NOW, expires_at=NOW + HOUR)
    one.serve_on(NOW - 10 * HOUR, 30)
    assert one.expires_at == NOW - 9 * HOUR
    one.serve_on(NOW - 9.5 * HOUR, 30)
    assert one.expires_at == NOW - 9 * HOUR


@pytest.mark.parametrize("now", [NOW, LONG_AGO - HOUR], ids=["in order", "after a backward jump"])
def test_whoever_ends_it_while_it_is_served_on_has_the_last_word(now):
    """Between two steps of another thread, too."""
    one = EndedMeanwhile.__new__(EndedMeanwhile)
    one.is_watched = False
    one.__init__(credential(), Schedule(LONG_AGO, NOW - 60, IN_AN_HOUR))
    one.is_watched = True
    one.serve_on(now, 30)
    assert (one.serve_until, one.expires_at) == (NEVER, NEVER)


# What has failed


def test_failures_in_a_row_are_counted_and_spaced():
    """The delays grow threefold by chance at most, up to a minute."""
    row = [outage()]
    for _ in range(4):
        row.append(outage(before=row[-1]))
    assert {one.failures: one.delay for one in row} == DELAYS


def test_a_failure_while_something_is_served_delays_the_next_attempt_and_no_more():
    """It is no verdict, since nobody has to hear of it."""
    one = held()
    happened = outage(one)
    assert (one.serve_from, one.serve_until) == (NOW, NOW + DELAYS[1])
    assert (happened.since, happened.delay, happened.is_verdict) == (NOW, DELAYS[1], False)
    assert not happened.forbids(NOW)


def test_a_verdict_stands_from_the_failure_until_the_delay_is_over():
    """Not before, which is after a backward jump, and not in its last moment."""
    happened = outage()
    after = (-0.25, 0, DELAYS[1] - 0.25, DELAYS[1])
    assert [happened.forbids(NOW + seconds) for seconds in after] == [False, True, True, False]


def test_a_refusal_is_no_verdict():
    """Whoever mends the role gets a credential at the next call."""
    assert not outage(failure=CredentialRefusedError("it said no.")).forbids(NOW)


def test_all_verdicts_can_be_forgotten_and_later_ones_stand():
    """Those of before are none any more, however often that is done; what fails from then on is one."""
    before = outage()
    forget_verdicts()
    assert not before.forbids(NOW)
    between = outage()
    assert between.forbids(NOW)
    forget_verdicts()
    assert not before.forbids(NOW)
    assert not between.forbids(NOW)
    assert outage().forbids(NOW)


def test_an_error_of_ours_is_told_as_it_is_and_a_defect_by_its_type():
    """What a defect says is not known to be no secret; it is nothing that waiting would mend."""
    failure = down()
    assert outage(failure=failure).error is failure
    happened = outage(failure=ZeroDivisionError("cAnArY"))
    told = "scripted: internal error (ZeroDivisionError). Report it: it is alicred's own."
    assert str(happened.error) == told
    assert not happened.is_verdict
