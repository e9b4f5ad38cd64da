"""When a credential is due, and how long to wait after a failure: pure functions."""

import random

import pytest

from alicred.refresh import Schedule, fifteen_minutes, next_delay, quarter_of_lifetime, schedule

ISSUED = 1_000_000.0


@pytest.mark.parametrize(
    ("lifetime", "due_after"),
    [(900, 675), (3600, 2700), (43200, 42300), (1001, 750.75), (120, 90), (40, 10)],
)
def test_a_session_is_due_a_quarter_of_its_lifetime_before_its_end(lifetime, due_after):
    """The window is L/4, at least 30 s and at most 15 min."""
    plan = schedule(ISSUED, ISSUED + lifetime, quarter_of_lifetime)
    assert plan.refresh_at - ISSUED == due_after


@pytest.mark.parametrize(("lifetime", "due_after"), [(21600, 20700), (3600, 2700), (1800, 900)])
def test_an_instance_credential_is_due_fifteen_minutes_before_its_end(lifetime, due_after):
    """The documented fifteen minutes hold whatever the lifetime."""
    plan = schedule(ISSUED, ISSUED + lifetime, fifteen_minutes)
    assert plan.refresh_at - ISSUED == due_after


@pytest.mark.parametrize(("left", "due_after"), [(900, 450), (600, 300), (3, 1.5), (1.5, 1), (0.5, 0.5)])
def test_a_credential_inside_its_window_is_due_after_half_of_what_is_left(left, due_after):
    """It is never due at once, at least 1 s later, and never after its end."""
    plan = schedule(ISSUED, ISSUED + left, fifteen_minutes)
    assert plan.refresh_at - ISSUED == due_after


def test_a_credential_without_an_end_is_never_due():
    """A static key needs no refresh, and is served from the moment when it was asked for."""
    assert schedule(ISSUED, None, fifteen_minutes) == Schedule(ISSUED, float("inf"), float("inf"))


def test_a_credential_is_due_when_its_provider_wants_to_be_asked_again():
    """Whether it has an end or not, and never later than without that."""
    assert schedule(ISSUED, None, fifteen_minutes, 60).refresh_at == ISSUED + 60
    assert schedule(ISSUED, None, fifteen_minutes, 60).expires_at == float("inf")
    assert schedule(ISSUED, ISSUED + 21600, fifteen_minutes, 60).refresh_at == ISSUED + 60
    assert schedule(ISSUED, ISSUED + 21600, fifteen_minutes, 10**6).refresh_at == ISSUED + 20700


def test_delays_grow_and_stay_between_one_second_and_a_minute():
    """Ten thousand failures in a row neither overflow nor go beyond 60 s."""
    generator = random.Random(7)
    delay = 0.0
    delays = [delay := next_delay(delay, generator.uniform) for _ in range(10_000)]
    assert min(delays) >= 1
    assert max(delays) == 60
    assert delays[0] <= 3


@pytest.mark.parametrize(
    ("previous", "least", "most"), [(0, 1, 3), (0.5, 1, 3), (1, 1, 3), (7, 1, 21), (19, 1, 57), (21, 1, 60)]
)
def test_a_delay_is_up_to_three_times_the_one_before(previous, least, most):
    """One second at least, a minute at most, and anything between as chance will have it."""
    assert next_delay(previous, lambda low, _high: low) == least
    assert next_delay(previous, lambda _low, high: high) == most


def test_delays_are_spread():
    """Clients that failed together do not come back together."""
    generator = random.Random(7)
    assert len({next_delay(20, generator.uniform) for _ in range(100)}) > 50
