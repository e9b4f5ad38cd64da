import threading
from datetime import datetime, timedelta, timezone

import pytest
from freezegun import freeze_time

from alicred_emulator import clock as clock_module
from alicred_emulator.clock import EmulatorClock, as_utc, machine_microseconds, wire_time


def test_it_runs_with_real_time_until_told_otherwise() -> None:
    """A fresh clock runs and shows the machine's time, aware and in UTC."""
    before = datetime.now(timezone.utc)
    now = EmulatorClock().now()
    assert before <= now <= datetime.now(timezone.utc)
    assert now.tzinfo is timezone.utc
    assert not EmulatorClock().standing


def test_freeze_stands_at_the_whole_second() -> None:
    """A frozen clock stands still, rounded down to the second."""
    clock = EmulatorClock()
    running = clock.now()
    clock.freeze()
    assert clock.standing
    assert clock.now() == clock.now()
    assert clock.now().microsecond == 0
    assert timedelta(seconds=-1) < clock.now() - running < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        ({"delta": 1.5}, 1.5),
        ({"delta": timedelta(minutes=2)}, 120),
        ({"days": 1, "hours": 2, "minutes": 3, "seconds": 4}, 93784),
        ({"delta": 10, "seconds": -30}, -20),
    ],
)
def test_shift_adds_up_its_units(clock: EmulatorClock, arguments: dict[str, float], seconds: float) -> None:
    """A shift is the sum of its arguments, backwards when that is negative."""
    before = clock.now()
    clock.shift(**arguments)
    assert clock.now() - before == timedelta(seconds=seconds)
    assert clock.standing


def test_ten_tenths_are_a_second(clock: EmulatorClock) -> None:
    """Shifts add up exactly, without the error of floating point."""
    before = clock.time()
    for _ in range(10):
        clock.shift(0.1)
    assert clock.time() == before + 1


def test_a_running_clock_keeps_running_when_moved() -> None:
    """Neither shift nor move_to stops a running clock."""
    clock = EmulatorClock()
    clock.shift(hours=1)
    assert not clock.standing
    clock.move_to("2030-01-01T00:00:00Z")
    assert not clock.standing
    assert timedelta(0) <= clock.now() - datetime(2030, 1, 1, tzinfo=timezone.utc) < timedelta(minutes=1)


def test_resume_runs_on_from_where_it_stands(clock: EmulatorClock) -> None:
    """After resume the clock runs from the moment at which it stood, not from real time."""
    stood = clock.now()
    clock.resume()
    assert not clock.standing
    assert timedelta(0) <= clock.now() - stood < timedelta(minutes=1)


@pytest.mark.parametrize(
    "when",
    [
        "2026-05-06T07:08:09Z",
        "2026-05-06T09:08:09+02:00",
        datetime(2026, 5, 6, 7, 8, 9),  # noqa: DTZ001 - naive on purpose
        datetime(2026, 5, 6, 7, 8, 9, tzinfo=timezone.utc),
        datetime(2026, 5, 6, 9, 8, 9, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_move_to_takes_what_people_write(clock: EmulatorClock, when: datetime | str) -> None:
    """A moment is a datetime or ISO text; without an offset it is UTC."""
    clock.move_to(when)
    assert clock.now() == datetime(2026, 5, 6, 7, 8, 9, tzinfo=timezone.utc)


def test_a_text_that_is_no_date_is_refused() -> None:
    """A wrong date says how to write one."""
    with pytest.raises(ValueError, match="'tomorrow' is no date; write it like 2026"):
        as_utc("tomorrow")


def test_skew_moves_the_clients_alone_and_is_set_not_added(clock: EmulatorClock) -> None:
    """The clients' clock runs ahead by the last skew given, the fakes' not at all."""
    fakes = clock.time()
    clock.skew(hours=5)
    clock.skew(minutes=-10)
    assert clock.time() == fakes
    assert clock.client_time() == fakes - 600
    assert clock.skewed_by == timedelta(minutes=-10)


def test_reset_returns_to_real_time(clock: EmulatorClock) -> None:
    """After reset the clock runs with real time and has no skew."""
    clock.skew(60)
    clock.reset()
    assert not clock.standing
    assert clock.skewed_by == timedelta(0)
    assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_freezegun_does_not_reach_it() -> None:
    """A process frozen by freezegun still reads real time here, since it takes its time from here."""
    clock = EmulatorClock()
    real = clock.now()
    with freeze_time("2001-01-01"):
        assert timedelta(0) <= clock.now() - real < timedelta(minutes=1)


def test_wire_time_has_no_fraction_and_no_offset() -> None:
    """Services write UTC to the second, with a Z."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=timezone.utc)
    assert wire_time(moment) == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    "when",
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z"],
)
def test_moments_without_room_around_them_are_refused(clock: EmulatorClock, when: str) -> None:
    """Where a credential's end would be no date, the clock does not go, in one step or by shifting."""
    before = clock.now()
    with pytest.raises(ValueError, match=r"years 1970 to 9998|no date in UTC"):
        clock.move_to(when)
    with pytest.raises(ValueError, match="years 1970 to 9998"):
        clock.shift(days=365 * (-60 if when < "2" else 8000))
    assert clock.now() == before


@pytest.mark.parametrize("length", [float("inf"), float("nan"), -1e300])
def test_lengths_that_are_none_are_refused(clock: EmulatorClock, length: float) -> None:
    """As a ValueError that says so, whatever Python calls it."""
    before = clock.now()
    for move in (clock.shift, clock.skew):
        for given in ({"delta": length}, {"days": length}):
            with pytest.raises(ValueError, match=r"longer than any clock goes.*give a shorter one"):
                move(**given)
    assert (clock.now(), clock.skewed_by) == (before, timedelta(0))


MOVES = {
    "shift": lambda clock: clock.shift(seconds=1),
    "move_to": lambda clock: clock.move_to("2030-01-01T00:00:00Z"),
    "freeze": lambda clock: clock.freeze(),
    "resume": lambda clock: clock.resume(),
    "skew": lambda clock: clock.skew(60),
    "reset": lambda clock: clock.reset(),
}
STAY = {"freeze", "resume", "skew"}
"""What leaves a clock that stands on a whole second where it is."""


@pytest.mark.parametrize("move", MOVES)
def test_whoever_watches_the_clock_is_told_of_each_move(clock: EmulatorClock, move: str) -> None:
    """A watcher is called once for each change, when the new time is there already, until its watch ends."""
    seen: list[datetime] = []
    before = clock.now()
    end = clock.on_move(lambda: seen.append(clock.now()))
    MOVES[move](clock)
    assert len(seen) == 1
    assert seen[0] >= before
    assert (move in STAY) or seen[0] > before
    end()
    MOVES[move](clock)
    assert len(seen) == 1


def test_a_refused_move_tells_nobody(clock: EmulatorClock) -> None:
    """Where everything stayed as it was, nothing was moved."""
    told: list[bool] = []
    clock.on_move(lambda: told.append(True))
    with pytest.raises(ValueError, match="years 1970 to 9998"):
        clock.shift(days=-365 * 60)
    assert told == []


def test_watches_end_one_by_one(clock: EmulatorClock) -> None:
    """Two watches of one function are two, and ending one twice ends it alone."""
    told: list[bool] = []

    def watcher() -> None:
        told.append(True)

    first, second = clock.on_move(watcher), clock.on_move(watcher)
    first()
    first()
    clock.shift(1)
    assert len(told) == 1
    second()
    clock.shift(1)
    assert len(told) == 1


def test_a_watcher_may_use_the_clock_from_another_thread(clock: EmulatorClock) -> None:
    """Watchers are called without the clock's lock, so one that waits for a thread that moves it goes on."""
    joined: list[bool] = []

    def watcher() -> None:
        if not joined:
            joined.append(False)
            mover = threading.Thread(target=clock.shift, args=(1,), daemon=True)
            mover.start()
            mover.join(10)
            joined.append(not mover.is_alive())

    clock.on_move(watcher)
    clock.shift(1)
    assert joined == [False, True]


class Machine:
    """A machine whose time passes when a test says so."""

    def __init__(self) -> None:
        self.nanoseconds = 1_700_000_000 * 10**9

    def passes(self, microseconds: int) -> None:
        """Let time pass."""
        self.nanoseconds += microseconds * 1000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The machine that clocks run on."""
    machine = Machine()
    monkeypatch.setattr(clock_module._RealTime, "read_nanoseconds", lambda: machine.nanoseconds)
    return machine


def test_a_faster_clock_runs_exactly_as_fast_as_its_rate(machine: Machine) -> None:
    """Each microsecond counts as many times; what it shows at first is real time."""
    clock = EmulatorClock(rate=7)
    began = clock.now()
    assert (clock.rate, began.timestamp()) == (7, 1_700_000_000)
    machine.passes(microseconds=1_000_001)
    assert clock.now() - began == timedelta(microseconds=7_000_007)


def test_a_faster_clock_is_moved_like_any_other(machine: Machine) -> None:
    """A shift is as long as it says, a moment is met, what stands stands, what resumes runs on from there."""
    clock = EmulatorClock(rate=60)
    machine.passes(microseconds=1_500_000)
    clock.shift(hours=1)
    assert clock.time() == 1_700_000_000 + 90 + 3600
    clock.move_to("2030-01-01T00:00:00Z")
    machine.passes(microseconds=500_000)
    assert wire_time(clock.now()) == "2030-01-01T00:00:30Z"
    clock.freeze()
    machine.passes(microseconds=500_000)
    clock.resume()
    machine.passes(microseconds=500_000)
    assert wire_time(clock.now()) == "2030-01-01T00:01:00Z"
    clock.reset()
    assert clock.time() == machine.nanoseconds / 10**9
    machine.passes(microseconds=1_000_000)
    assert clock.time() == machine.nanoseconds / 10**9 + 59


def test_how_far_ahead_clients_are_is_told_for_any_moment(machine: Machine) -> None:
    """A faster clock gets further ahead by as much as it is faster; a second ago it was behind."""
    clock = EmulatorClock(rate=100)
    clock.skew(seconds=5)
    now = machine_microseconds()
    assert clock.ahead_of_the_machine == timedelta(seconds=5)
    assert clock.ahead_at(now + 10**6) == timedelta(seconds=104)
    assert clock.ahead_at(now - 10**6) == timedelta(seconds=-94)
    clock.freeze()
    assert clock.ahead_at(now) is None


def test_a_clock_does_not_stand_by_its_rate() -> None:
    """What runs slower or backwards than real time is refused; standing still has a method of its own."""
    with pytest.raises(ValueError, match="rate is 1 or more, not 0"):
        EmulatorClock(rate=0)
