"""Waiting for moments of the fakes' clock."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from alicred_emulator.alarm import Alarm
from alicred_emulator.clock import EmulatorClock

WAIT_SECONDS = 30
Begin = Callable[[datetime], "Waiting"]


class Waiting:
    """A thread that waits for a moment."""

    def __init__(self, alarm: Alarm, moment: datetime) -> None:
        self._rang: list[bool] = []
        self._thread = threading.Thread(target=lambda: self._rang.append(alarm.wait_for(moment)), daemon=True)
        self._thread.start()

    def answer(self) -> bool:
        """Return what it was told."""
        self._thread.join(WAIT_SECONDS)
        return self._rang[0]

    def is_over(self) -> bool:
        """Return whether it was told anything."""
        return not self._thread.is_alive()


@pytest.fixture
def alarm(clock: EmulatorClock) -> Iterator[Alarm]:
    """An alarm on a clock that stands still."""
    with Alarm(clock) as alarm:
        yield alarm


@pytest.fixture
def begin(alarm: Alarm) -> Begin:
    """Have a thread wait for a moment."""
    return lambda moment: Waiting(alarm, moment)


def test_a_moment_of_the_past_is_there_at_once(clock: EmulatorClock, alarm: Alarm) -> None:
    """So is the present one, and a clock that stands makes no difference."""
    assert alarm.wait_for(clock.now())
    assert alarm.wait_for(clock.now() - timedelta(days=1))


def test_a_move_wakes_who_waits(clock: EmulatorClock, begin: Begin) -> None:
    """A clock that is moved to the moment or past it is there; one that is moved on the way is not."""
    moment = clock.now() + timedelta(hours=2)
    waiting = begin(moment)
    clock.shift(hours=1)
    clock.shift(hours=-3)
    assert not waiting.is_over()
    clock.move_to(moment + timedelta(days=1))
    assert waiting.answer()


def test_a_clock_that_resumes_gets_there_by_itself(clock: EmulatorClock, begin: Begin) -> None:
    """While it stands nobody knows when that will be."""
    waiting = begin(clock.now() + timedelta(milliseconds=20))
    assert not waiting.is_over()
    clock.resume()
    assert waiting.answer()


def test_a_faster_clock_is_there_sooner() -> None:
    """Ten minutes are a second at the highest rate of the command."""
    clock = EmulatorClock(rate=600)
    moment = clock.now() + timedelta(seconds=30)
    with Alarm(clock) as alarm:
        assert alarm.wait_for(moment)
    assert clock.now() >= moment


def test_a_moment_of_another_age_can_be_waited_for(clock: EmulatorClock, begin: Begin) -> None:
    """It is further away than a thread can sleep."""
    clock.resume()
    waiting = begin(clock.now() + timedelta(days=365 * 4000))
    clock.shift(days=365 * 4000)
    assert waiting.answer()


def test_an_alarm_that_is_turned_off_lets_go(clock: EmulatorClock, alarm: Alarm, begin: Begin) -> None:
    """Whoever waits is told that the moment is not there, and so is who would wait."""
    waiting = begin(clock.now() + timedelta(hours=1))
    alarm.turn_off()
    assert not waiting.answer()
    assert not alarm.wait_for(clock.now())
