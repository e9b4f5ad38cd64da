"""When to refresh: pure functions of the time, the expiry and what failed before.

Rule of this module: time and randomness are arguments. The numbers are those of the documentation
(fifteen minutes for an instance's credential) or ours, and each stands here once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = [
    "FOREVER",
    "Schedule",
    "Window",
    "fifteen_minutes",
    "next_delay",
    "quarter_of_lifetime",
    "schedule",
]

Window = Callable[[float], float]
"""From a credential's lifetime to how long before its end it is refreshed, both in seconds."""

FOREVER = float("inf")

_LONGEST_WINDOW_SECONDS = 15 * 60.0
_SHORTEST_WINDOW_SECONDS = 30.0
_SHORTEST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 60.0


def fifteen_minutes(_lifetime: float) -> float:
    """Return the window of an ECS instance's credential, which is documented, whatever its lifetime."""
    return _LONGEST_WINDOW_SECONDS


def quarter_of_lifetime(lifetime: float) -> float:
    """Return the window of every other session: a quarter of its lifetime, 30 s at least, 15 min at most.

    A fixed window of 15 minutes would make a session of 900 s, the shortest that STS grants, due when it
    is issued.
    """
    return min(max(lifetime / 4, _SHORTEST_WINDOW_SECONDS), _LONGEST_WINDOW_SECONDS)


class Schedule(NamedTuple):
    """When a credential is served without a question, in seconds since 1970-01-01 UTC by the local clock.

    Attributes:
        fetched_at: When it was asked for; a clock that shows less has jumped back.
        refresh_at: From here on it is due.
        expires_at: From here on it is dead.
    """

    fetched_at: float
    refresh_at: float
    expires_at: float


def schedule(
    fetched_at: float, expires_at: float | None, window: Window, good_for_seconds: float = FOREVER
) -> Schedule:
    """Place a credential's refresh point.

    A credential that is inside its window already when it is fetched (an instance that has not rotated
    yet) is next due after half of what it has left, so that it is not asked for at every read.

    Args:
        fetched_at: When it was asked for, by the local clock.
        expires_at: When it ends, by the local clock; None for one that does not end.
        window: How long before the end to refresh.
        good_for_seconds: How long it need not be asked for again in any case.
    """
    latest = fetched_at + good_for_seconds
    if expires_at is None:
        return Schedule(fetched_at, latest, FOREVER)
    left = expires_at - fetched_at
    refresh_at = expires_at - window(left)
    if refresh_at <= fetched_at:
        refresh_at = fetched_at + max(left / 2, _SHORTEST_DELAY_SECONDS)
    return Schedule(fetched_at, min(refresh_at, expires_at, latest), expires_at)


def next_delay(previous: float, uniform: Callable[[float, float], float]) -> float:
    """Return how long to wait after another failure, in seconds: decorrelated jitter, 1 s to 60 s.

    Args:
        previous: The delay after the failure before this one; 0 after the first.
        uniform: A source of randomness, as `random.uniform`.
    """
    ceiling = max(previous, _SHORTEST_DELAY_SECONDS) * 3
    return min(uniform(_SHORTEST_DELAY_SECONDS, ceiling), _LONGEST_DELAY_SECONDS)
