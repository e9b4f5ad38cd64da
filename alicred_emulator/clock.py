"""The fakes' time, and the only place in this package that reads the machine's.

The rule kept here: every date in an answer, every expiry and every journal entry comes from one
`EmulatorClock`, so that a test which moves it moves everything. Time is held as whole microseconds,
because sums of floating point seconds drift apart after a few shifts.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final

from alicred_emulator.durations import length_of
from alicred_emulator.watchers import Watchers

_MICROSECOND: Final = timedelta(microseconds=1)
_MICROSECONDS_PER_SECOND: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_YEAR: Final = 9998
_END: Final = (datetime(_LAST_YEAR + 1, 1, 1, tzinfo=timezone.utc) - EPOCH) // _MICROSECOND
"""Before it, the end of a credential, a year away at most, is still a date."""


class _RealTime:
    # freezegun swaps module attributes that are time.time_ns; an attribute of a class escapes it,
    # and must, since the frozen process takes its time from this clock.
    read_nanoseconds = staticmethod(time.time_ns)
    read_monotonic = staticmethod(time.monotonic)


def machine_microseconds() -> int:
    """Return the machine's wall time, in microseconds since 1970."""
    return _RealTime.read_nanoseconds() // 1000


def monotonic_seconds() -> float:
    """Return the machine's monotonic time, which nothing moves: for how long somebody really waited."""
    return _RealTime.read_monotonic()


def as_utc(when: datetime | str) -> datetime:
    """Turn a moment as a person writes it into an aware datetime in UTC.

    Args:
        when: A datetime (naive means UTC), or ISO 8601 text such as ``2026-01-02T03:04:05Z``.

    Returns:
        The same moment, aware, in UTC.

    Raises:
        ValueError: If the text is no ISO 8601 date, or UTC has no such moment.
    """
    if isinstance(when, str):
        # Python 3.10's fromisoformat does not know the Z.
        text = when[:-1] + "+00:00" if when.endswith(("Z", "z")) else when
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{when!r} is no date; write it like 2026-01-02T03:04:05Z") from None
    if when.tzinfo is None:
        return when.replace(tzinfo=timezone.utc)
    try:
        return when.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"{when} is no date in UTC") from None


def wire_time(moment: datetime) -> str:
    """Write a moment as every service of Alibaba Cloud does: UTC, whole seconds, ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class EmulatorClock:
    """The clock of one emulated world: real time until it is told otherwise.

    It can stand still, be moved in either direction, and tell clients another time than the fakes
    have. All methods may be called from any thread.

    Args:
        rate: How many times as fast as real time it runs, which its attribute says, too.

    Raises:
        ValueError: If the rate is below 1.
    """

    def __init__(self, rate: int = 1) -> None:
        if rate < 1:
            raise ValueError(f"a clock's rate is 1 or more, not {rate}")
        self.rate: Final = rate
        self._lock = threading.Lock()
        # (base, real time at which base was true, or None while standing), in microseconds: one
        # tuple, so that a reader without the lock never sees half a change.
        self._state: tuple[int, int | None] = (real := machine_microseconds(), real)
        self._skew = 0
        self._watchers = Watchers()

    def __repr__(self) -> str:
        return f"<EmulatorClock {self.now().isoformat()}{' standing' if self.standing else ''}>"

    @property
    def standing(self) -> bool:
        """Whether the clock stands still until it is moved or resumed."""
        return self._state[1] is None

    @property
    def skewed_by(self) -> timedelta:
        """How far the clients' clocks run ahead of the fakes', as a timedelta; negative means behind."""
        return self._skew * _MICROSECOND

    @property
    def ahead_of_the_machine(self) -> timedelta | None:
        """By which timedelta the clients' clocks run ahead of this machine's; None while they stand."""
        return self.ahead_at(machine_microseconds())

    def ahead_at(self, machine: int) -> timedelta | None:
        """Return the same timedelta for a machine's microseconds since 1970, if nothing moves this clock."""
        base, since = self._state
        if since is None:
            return None
        return (base + (machine - since) * self.rate + self._skew - machine) * _MICROSECOND

    def now(self) -> datetime:
        """Return the fakes' time as an aware datetime in UTC."""
        return EPOCH + self._microseconds() * _MICROSECOND

    def time(self) -> float:
        """Return the fakes' time in seconds since the epoch."""
        return self._microseconds() / _MICROSECONDS_PER_SECOND

    def client_time(self) -> float:
        """Return what the clients' clocks show: the fakes' time plus the skew, in epoch seconds."""
        return (self._microseconds() + self._skew) / _MICROSECONDS_PER_SECOND

    def freeze(self) -> None:
        """Stand still at the present whole second, rounded down."""
        with self._lock:
            now = self._microseconds()
            self._state = (now - now % _MICROSECONDS_PER_SECOND, None)
        self._watchers.tell()

    def resume(self) -> None:
        """Run again, from where the clock stands."""
        with self._lock:
            self._state = (self._microseconds(), machine_microseconds())
        self._watchers.tell()

    def shift(
        self,
        delta: timedelta | float | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Move the clock forward, or back if the sum is negative; it keeps standing or running.

        Args:
            delta: How far, as a timedelta or in seconds; added to the units below.
            days: Days to move.
            hours: Hours to move.
            minutes: Minutes to move.
            seconds: Seconds to move.

        Raises:
            ValueError: If it would leave the years 1970 to 9998.
        """
        distance = _distance(delta, days=days, hours=hours, minutes=minutes, seconds=seconds)
        with self._lock:
            base, since = self._state
            _check_moment(self._microseconds() + distance)
            self._state = (base + distance, since)
        self._watchers.tell()

    def move_to(self, when: datetime | str) -> None:
        """Set the clock to a moment; it keeps standing or running.

        Args:
            when: A datetime (naive means UTC), or ISO 8601 text with ``Z`` or an offset.

        Raises:
            ValueError: If the text is no ISO 8601 date, or not in the years 1970 to 9998.
        """
        target = (as_utc(when) - EPOCH) // _MICROSECOND
        _check_moment(target)
        with self._lock:
            self._state = (target, None if self.standing else machine_microseconds())
        self._watchers.tell()

    def skew(
        self,
        delta: timedelta | float | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Say how far the clients' clocks run ahead of the fakes'; negative means behind.

        It is set, not added: ``skew(0)`` puts the clients right again.

        Args:
            delta: How far, as a timedelta or in seconds; added to the units below.
            days: Days ahead.
            hours: Hours ahead.
            minutes: Minutes ahead.
            seconds: Seconds ahead.

        Raises:
            ValueError: If no clock goes as far.
        """
        self._skew = _distance(delta, days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._watchers.tell()

    def reset(self) -> None:
        """Show real time again, running, with no skew."""
        with self._lock:
            self._state = (real := machine_microseconds(), real)
            self._skew = 0
        self._watchers.tell()

    def on_move(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Have something called whenever the clock was moved, stopped, resumed, skewed or reset.

        It is called by the thread that did so, before that goes on, and what it raises goes to that thread.
        Time that passes by itself calls nobody.

        Args:
            watcher: What to call; it may read the clock.

        Returns:
            A function that ends it, which may be called more than once.
        """
        return self._watchers.add(watcher)

    def _microseconds(self) -> int:
        base, since = self._state
        return base if since is None else base + (machine_microseconds() - since) * self.rate


def _check_moment(microseconds: int) -> None:
    if not 0 <= microseconds < _END:
        raise ValueError(f"the emulator's clock knows the years 1970 to {_LAST_YEAR} alone")


def _distance(delta: timedelta | float | None, **units: float) -> int:
    return length_of(delta or 0, **units) // _MICROSECOND
