"""Waiting for a moment of the fakes' clock, however it gets there.

The rule kept here: nobody looks at the clock again and again. Who waits sleeps until the clock would be there
by itself, and is woken when somebody moves it.
"""

import threading
from datetime import datetime
from types import TracebackType

from alicred_emulator.clock import EmulatorClock


class Alarm:
    """Has one thread wait for moments of a clock. It works for the length of its context.

    Args:
        clock: The clock.
    """

    def __init__(self, clock: EmulatorClock) -> None:
        self._clock = clock
        self._moved = threading.Condition()
        self._off = False

    def __enter__(self) -> "Alarm":
        self._end_watch = self._clock.on_move(self._wake)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_watch()
        self.turn_off()

    def wait_for(self, moment: datetime) -> bool:
        """Wait until the fakes' clock shows a moment, or a later one.

        Args:
            moment: The moment.

        Returns:
            Whether it does; it may not if the alarm was turned off.
        """
        with self._moved:
            while not self._off:
                left = self._seconds_until(moment)
                if left is not None and left <= 0:
                    return True
                self._moved.wait(left)
        return False

    def turn_off(self) -> None:
        """Have whoever waits go on at once, and nobody wait any more."""
        with self._moved:
            self._off = True
            self._moved.notify_all()

    def _wake(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _seconds_until(self, moment: datetime) -> float | None:
        """Return how long the clock takes to get there, None if it stands still before it."""
        left = (moment - self._clock.now()).total_seconds()
        if left > 0 and self._clock.standing:
            return None
        return min(left / self._clock.rate, threading.TIMEOUT_MAX)
