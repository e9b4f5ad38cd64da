"""What a process is told while it is frozen: the functions and methods that freezegun hands out for us.

freezegun's naive `datetime.now` is UTC while its `time.localtime` is local, but without daylight saving:
Alibaba's SDK compares expiry dates with `mktime(localtime())` and would be an hour off all summer. Its
`time_ns` goes through a float. And its functions fail in a thread that looked one up just before the
freeze ended. The rule kept here: under a `Follower`, whatever is said of "now" is what the real function
would say at that moment in the machine's zone; under a freeze of the user's own, what freezegun says; and
under none, the real time, for who kept a function beyond the freeze.
"""

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from freezegun import api

from alicred_emulator.clock import EmulatorClock

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - freezegun's own times are naive UTC
_MICROSECOND: Final = timedelta(microseconds=1)

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Follower(api.FrozenDateTimeFactory):
    """A source of freezegun's time that asks a clock each time, instead of being told."""

    def __init__(self, read_time: Callable[[], float]) -> None:
        super().__init__(_EPOCH)
        self._read_time = read_time

    def __call__(self) -> datetime:
        """Return the clock's time as freezegun wants it: naive, in UTC."""
        return _EPOCH + timedelta(seconds=self._read_time())


_REAL_TIME: Final = Follower(EmulatorClock().time)


def _source() -> Callable[[], datetime]:
    # One look at the list: another thread may be ending a freeze.
    return next(iter(api.freeze_factories[-1:]), _REAL_TIME)


def _since_epoch() -> timedelta:
    return _source()() - _EPOCH


# The next four bear freezegun's names for its own: it recognises its functions by their names.


def fake_time() -> float:
    """Return the frozen time in seconds."""
    return _since_epoch().total_seconds()


def fake_time_ns() -> int:
    """Return the frozen time in nanoseconds, exact to the microsecond."""
    return _since_epoch() // _MICROSECOND * 1000


def fake_localtime(seconds: float | None = None) -> time.struct_time:
    """Return a moment, by default the frozen one, in the machine's zone."""
    return api.real_localtime(fake_time() if seconds is None else seconds)


def fake_gmtime(seconds: float | None = None) -> time.struct_time:
    """Return a moment, by default the frozen one, in UTC."""
    return api.real_gmtime(fake_time() if seconds is None else seconds)


FUNCTIONS: Final[Mapping[str, object]] = {
    "fake_time": fake_time,
    "fake_time_ns": fake_time_ns,
    "fake_localtime": fake_localtime,
    "fake_gmtime": fake_gmtime,
    "fake_monotonic": api.real_monotonic,
    "fake_monotonic_ns": api.real_monotonic_ns,
    "fake_perf_counter": api.real_perf_counter,
    "fake_perf_counter_ns": api.real_perf_counter_ns,
    # A freeze of the user's own around ours has handed out freezegun's functions already.
    "call_stack_inspection_limit": 0,
    "_get_fake_monotonic": api.real_monotonic,
    "_get_fake_monotonic_ns": api.real_monotonic_ns,
}
"""What freezegun must find in its own module when it hands out its functions."""


def correct_classes() -> None:
    """Give freezegun's two classes methods that keep this module's rule, and leave them there.

    They are for good, since a class that was handed out cannot be called back: a field's default made of
    `datetime.now` during a freeze is called for as long as the process lives.
    """
    for owner, methods in _METHODS.items():
        for name, method in methods.items():
            setattr(owner, name, method)


def _instead_of(owner: type, name: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Have a method of ours answer, except under a freeze of the user's own."""
    found: Any = vars(owner)[name]
    freezeguns: Callable[..., Any] = getattr(found, "__func__", found)

    def choose(ours: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(freezeguns)
        def method(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            return (ours if isinstance(_source(), Follower) else freezeguns)(*args, **kwargs)

        return method

    return choose


@_instead_of(api.FakeDatetime, "now")
def _now(_cls: type[datetime], tz: tzinfo | None = None) -> datetime:
    moment = _source()().replace(tzinfo=timezone.utc).astimezone(tz)
    return api.datetime_to_fakedatetime(moment if tz else moment.replace(tzinfo=None))


@_instead_of(api.FakeDatetime, "fromtimestamp")
def _fromtimestamp(_cls: type[datetime], timestamp: float, tz: tzinfo | None = None) -> datetime:
    return api.datetime_to_fakedatetime(api.real_datetime.fromtimestamp(timestamp, tz))


@_instead_of(api.FakeDatetime, "timestamp")
def _timestamp(moment: datetime) -> float:
    return api.real_datetime.timestamp(moment)


@_instead_of(api.FakeDate, "today")
def _today(_cls: type[date]) -> date:
    return api.date_to_fakedate(_now(api.FakeDatetime))


_METHODS: Final[dict[type, dict[str, object]]] = {
    api.FakeDate: {"today": classmethod(_today)},
    api.FakeDatetime: {
        "now": classmethod(_now),
        "fromtimestamp": classmethod(_fromtimestamp),
        "timestamp": _timestamp,
    },
}
