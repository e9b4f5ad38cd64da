"""The clock of an emulator in another process."""

from datetime import datetime, timedelta
from typing import Any, Final

from alicred_emulator.clock import as_utc
from alicred_emulator.remote.resource import Fact, Resource, moment_text, span
from alicred_emulator.remote.wire import Wire

_PATH: Final = "/clock"


def _span_or_none(seconds: float | None) -> timedelta | None:
    return None if seconds is None else span(seconds)


class RemoteClock(Resource):
    """What `alicred_emulator.EmulatorClock` is, elsewhere.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire, _PATH)

    rate: Fact[int] = Fact("How many times as fast as real time it runs.", int)
    standing: Fact[bool] = Fact("Whether it stands still until it is moved or resumed.", bool)
    skewed_by: Fact[timedelta] = Fact(
        "How far the clients' clocks run ahead of the fakes', as a timedelta.", span
    )
    ahead_of_the_machine: Fact[timedelta | None] = Fact(
        "By which timedelta the clients' clocks run ahead of the machine's; None while they stand.",
        _span_or_none,
    )

    def now(self) -> datetime:
        """Return the fakes' time as an aware datetime in UTC."""
        return as_utc(self._wire.get(_PATH)["now"])

    def time(self) -> float:
        """Return the fakes' time in seconds since the epoch."""
        return float(self._wire.get(_PATH)["time"])

    def client_time(self) -> float:
        """Return what the clients' clocks show, in epoch seconds."""
        return float(self._wire.get(_PATH)["client_time"])

    def freeze(self) -> None:
        """Stand still at the present whole second, rounded down."""
        self._do("freeze")

    def resume(self) -> None:
        """Run again, from where the clock stands."""
        self._do("resume")

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
            ValueError: If it would leave the years that the emulator knows.
        """
        self._do("shift", _sum(delta, timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)))

    def move_to(self, when: datetime | str) -> None:
        """Set the clock to a moment; it keeps standing or running.

        Args:
            when: A datetime (naive means UTC), or ISO 8601 text with ``Z`` or an offset.

        Raises:
            ValueError: If the text is no ISO 8601 date, or not in the years that the emulator knows.
        """
        self._do("move_to", moment_text(when))

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

        Args:
            delta: How far, as a timedelta or in seconds; added to the units below.
            days: Days ahead.
            hours: Hours ahead.
            minutes: Minutes ahead.
            seconds: Seconds ahead.
        """
        self._do("skew", _sum(delta, timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)))

    def reset(self) -> None:
        """Show real time again, running, with no skew."""
        self._do("reset")

    def _do(self, what: str, value: Any = True) -> None:  # noqa: FBT002 - the word that the API wants
        self._wire.post(_PATH, {what: value})


def _sum(delta: timedelta | float | None, more: timedelta) -> float:
    distance = delta if isinstance(delta, timedelta) else timedelta(seconds=delta or 0)
    return (distance + more).total_seconds()
