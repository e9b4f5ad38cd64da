"""What a frozen process is told: one wall time, by every function, to everybody."""
# ruff: noqa: DTZ005, DTZ006, DTZ011 - reading the time is what is tested here

import asyncio
import datetime as dt
import importlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime as datetime_by_name
from time import time as time_by_name

import freezegun
import pytest
from freezegun import api

from alicred_emulator.freeze import frozen_process

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

DAY = 86400
MOMENT = 1893553445.25
"""What `set_clock` shows: 2030-01-02 03:04:05.25 UTC."""


@pytest.fixture
def clock(set_clock):
    with frozen_process(set_clock):
        yield set_clock


def in_a_thread(function):
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join()
    return result[0]


def in_an_executor(function):
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


def in_a_task(function):
    async def call():
        return function()

    async def main():
        return await asyncio.create_task(call())

    return asyncio.run(main())


def in_the_loops_executor(function):
    return asyncio.run(asyncio.to_thread(function))


@pytest.mark.parametrize(
    "call", [lambda function: function(), in_a_thread, in_an_executor, in_a_task, in_the_loops_executor]
)
def test_all_agree(clock, readings, call):
    """Every function says the same time in every thread, executor and task, also after a move."""
    for clock.time in (MOMENT, MOMENT + DAY, float(DAY)):
        assert set(call(readings).values()) == {int(clock.time)}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("moment", [MOMENT, MOMENT + 182 * DAY], ids=["winter", "summer"])
def test_all_agree_in_every_zone(monkeypatch, readings, zone, moment):
    """Local time is that of the machine's zone, in its summer too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        real = time.localtime(moment)
        with frozen_process(lambda: moment):
            assert set(readings().values()) == {int(moment)}
            assert time.localtime() == real
            assert dt.datetime.now() == dt.datetime.fromtimestamp(moment)
            assert dt.datetime.now().hour == real.tm_hour
            assert dt.date.today() == dt.date(*real[:3])
    time.tzset()


def test_fractions_agree(clock):
    """A time between two seconds is told to the microsecond, by all who tell fractions."""
    clock.time = MOMENT + 0.000321
    assert time.time_ns() == 1893553445_250321_000
    assert time.time() == 1893553445.250321
    assert dt.datetime.now(dt.timezone.utc).microsecond == 250321


def test_datetimes_stay_whole(clock):
    """What is made of the frozen time adds, compares and converts like any other."""
    zone = dt.timezone(dt.timedelta(hours=8))
    now = dt.datetime.now(zone)
    assert now.isoformat() == "2030-01-02T11:04:05.250000+08:00"
    assert now - dt.datetime.fromtimestamp(MOMENT, zone) == dt.timedelta()
    assert isinstance(now + dt.timedelta(days=1), dt.datetime)


def test_names_imported_earlier_follow(clock):
    """A module that imported a function by name, before the freeze, is told the frozen time."""
    assert time_by_name() == MOMENT
    assert datetime_by_name.now(dt.timezone.utc).timestamp() == MOMENT


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Import a module of some name that took hold of a function of the time, for the length of the test."""

    def imported(name):
        (tmp_path / f"{name}.py").write_text("from time import time")
        monkeypatch.syspath_prepend(tmp_path)
        module = importlib.import_module(name)
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return imported


IGNORED_BY_FREEZEGUN = (
    "queue_worker",
    "threading_tools",
    "github_sync",
    "gitlab",
    "selenium",
    "prompt_toolkit",
)
LIKE_OURS = ("pluggy_tools", "xdist_report", "alicred_emulator_tests")


@pytest.mark.parametrize("name", IGNORED_BY_FREEZEGUN + LIKE_OURS)
def test_modules_named_like_ignored_ones_follow(imported, set_clock, name):
    """A module of the user's is frozen, though its name begins like one that freezegun or we ignore."""
    module = imported(name)
    with frozen_process(set_clock):
        assert module.time() == MOMENT


def test_modules_that_the_user_named_are_left_alone(imported, set_clock):
    """What the user told freezegun to leave alone keeps the real time."""
    module = imported("left_alone_by_the_user")
    freezegun.configure(extend_ignore_list=["left_alone_by"])
    try:
        with frozen_process(set_clock):
            assert module.time is api.real_time
    finally:
        freezegun.config.reset_config()


def test_the_fixture_follows_the_emulators_clock(alicred_frozen_process):
    """The process shows the clients' time: every move, skew and resumption of the clock at once."""
    clock = alicred_frozen_process
    assert time.time() == clock.time()
    clock.shift(days=3)
    clock.skew(seconds=-90)
    assert time.time() == clock.time() - 90
    clock.move_to("2031-01-01T00:00:00Z")
    assert dt.datetime.now(dt.timezone.utc).isoformat() == "2030-12-31T23:58:30+00:00"
    clock.resume()
    first = time.time_ns()
    while time.time_ns() == first:
        pass


def test_pytests_own_times_stay_sane(pytester, monkeypatch):
    """The durations and dates that pytest reports are real."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("def test_frozen(alicred_frozen_process): alicred_frozen_process.shift(days=10_000)")
    started = time.time()
    session = pytester.inline_run("-p", "alicred_emulator", "--durations=0", "--junitxml=report.xml")
    session.assertoutcome(passed=1)
    for report in session.getreports("pytest_runtest_logreport"):
        assert started <= report.start <= report.stop <= time.time()
        assert 0 <= report.duration <= time.time() - started
    today = dt.datetime.fromtimestamp(started, dt.timezone.utc)
    assert f'timestamp="{today.year}-' in (pytester.path / "report.xml").read_text()
