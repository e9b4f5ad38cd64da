"""The freeze itself: what it leaves alone, what lies around and within it, what is left of it."""
# ruff: noqa: DTZ001, DTZ005, DTZ006, DTZ011, DTZ012 - reading the time is what is tested here

import asyncio
import contextlib
import copyreg
import datetime as dt
import importlib
import queue
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from time import time as time_by_name

import freezegun
import pytest
from freezegun import api

from alicred_emulator.freeze import frozen_process

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def state():
    """Everything that a freeze changes for a while, but for an attribute that freezegun leaves in `time`."""
    functions = {name: getattr(time, name) for name in dir(time) if name != "clock"}
    lists = (api.freeze_factories[:], api.ignore_lists[:], api.tz_offsets[:], api.tick_flags[:])
    module = {name: value for name, value in vars(api).items() if not name.startswith(("__", "_GLOBAL"))}
    by_name = (dt.datetime, dt.date, time_by_name, dict(copyreg.dispatch_table))
    return functions, lists, module, by_name


def test_everything_is_put_back(set_clock):
    """After the freeze freezegun and every module are as before, also after an error inside."""
    before = state()
    with contextlib.suppress(LookupError), frozen_process(set_clock):
        uuid.uuid1()
        raise LookupError
    assert state() == before


def test_modules_imported_meanwhile_are_put_right(tmp_path, monkeypatch, set_clock):
    """A module imported during the freeze has the real functions afterwards."""
    names = "time, time_ns, localtime, gmtime, strftime, monotonic"
    source = f"from time import {names}\nfrom datetime import datetime, date"
    (tmp_path / "imported_meanwhile.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with frozen_process(set_clock):
        module = importlib.import_module("imported_meanwhile")
        assert module.time() == set_clock.time
    monkeypatch.delitem(sys.modules, "imported_meanwhile")
    assert (module.datetime, module.date) == (dt.datetime, dt.date)
    assert all(getattr(module, name) is getattr(time, name) for name in names.split(", "))


def test_what_is_kept_beyond_the_freeze_tells_the_real_time(set_clock):
    """Who kept a function or a class in a place that cannot be put right is told the real time afterwards."""
    utc = dt.timezone.utc
    with frozen_process(set_clock):
        read, read_ns, local, in_utc, write = (
            time.time,
            time.time_ns,
            time.localtime,
            time.gmtime,
            time.strftime,
        )
        kept, kept_date = dt.datetime, dt.date
    # The C library reads a coarser clock for some of them, which may still show the second before.
    started = int(time.time()) - 1
    told = {
        "time": read(),
        "time_ns": read_ns() / 10**9,
        "localtime": time.mktime(local()),
        "gmtime": dt.datetime(*in_utc()[:6], tzinfo=utc).timestamp(),
        "strftime": time.mktime(time.strptime(write("%c"))),
        "now": kept.now().timestamp(),
        "now(utc)": kept.now(utc).timestamp(),
        "utcnow": kept.utcnow().replace(tzinfo=utc).timestamp(),
        "fromtimestamp": kept.fromtimestamp(started).timestamp(),
    }
    assert {name: moment for name, moment in told.items() if not started <= moment <= time.time()} == {}
    assert dt.date.fromtimestamp(started) <= kept_date.today() <= dt.date.today()


def test_monotonic_time_is_real(set_clock):
    """The monotonic functions are the very same, so that nothing which waits notices the freeze."""
    names = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
    before = [getattr(time, name) for name in names]
    with frozen_process(set_clock):
        assert [getattr(time, name) for name in names] == before


async def sleeps():
    await asyncio.sleep(0.001)


async def waits():
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)


def gets_from_a_queue():
    with contextlib.suppress(queue.Empty):
        queue.Queue().get(timeout=0.001)


def waits_on_a_condition():
    condition = threading.Condition()
    with condition:
        condition.wait(0.001)


def loops_until_a_deadline():
    deadline = time.monotonic() + 0.001
    while time.monotonic() < deadline:
        pass


def waits_for_a_future():
    release = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        with contextlib.suppress(FutureTimeoutError):
            executor.submit(release.wait).result(timeout=0.001)
        release.set()


@pytest.mark.parametrize(
    "wait",
    [
        lambda: asyncio.run(sleeps()),
        lambda: asyncio.run(waits()),
        gets_from_a_queue,
        waits_on_a_condition,
        loops_until_a_deadline,
        waits_for_a_future,
    ],
)
def test_waiting_ends(set_clock, wait):
    """Whatever waits for a time-out is woken by it."""
    with frozen_process(set_clock):
        wait()


def test_a_freeze_of_the_users_own_inside(set_clock, readings):
    """Inside, the user's freeze wins and means what freezegun says; then ours holds again."""
    with frozen_process(set_clock):
        with freezegun.freeze_time("2001-02-03 04:05:06", tz_offset=2) as theirs:
            assert dt.datetime.now() == dt.datetime(2001, 2, 3, 6, 5, 6)
            assert dt.datetime.fromtimestamp(0) == dt.datetime(1970, 1, 1, 2)
            assert dt.datetime.now().timestamp() == 981173106
            assert dt.date.today() == dt.date(2001, 2, 3)
            theirs.tick(1)
            assert time.time() == 981173107
            assert time.time_ns() == 981173107 * 10**9
        assert set(readings().values()) == {int(set_clock.time)}


def test_a_freeze_of_the_users_own_outside(set_clock):
    """Outside, the user's freeze holds before and after ours."""
    before = state()
    with freezegun.freeze_time("2001-02-03 04:05:06"):
        with frozen_process(set_clock), ThreadPoolExecutor(1) as executor:
            assert time.time() == set_clock.time
            assert executor.submit(time.time).result() == set_clock.time
            loops_until_a_deadline()
        assert time.time() == 981173106
    assert state() == before


def test_freezes_of_the_users_own_before_and_after(set_clock):
    """Freezes one after the other do not touch each other."""
    for _ in range(2):
        with freezegun.freeze_time("2001-02-03 04:05:06"):
            assert dt.datetime.now().year == 2001
        with frozen_process(set_clock):
            assert dt.datetime.now().year == 2030


def test_who_reads_while_a_freeze_ends_is_told_the_real_time(set_clock, readings):
    """Between freezegun's forgetting its sources and taking its functions back, nothing fails."""
    started = int(time.time())
    with frozen_process(set_clock):
        source = api.freeze_factories.pop()
        told = readings().values()
        api.freeze_factories.append(source)
    assert started <= min(told) <= max(told) <= time.time()


def test_other_threads_may_read_while_freezes_come_and_go(set_clock, readings):
    """A thread that reads the time all along is never in the way of a freeze that begins or ends."""
    stop = threading.Event()

    def read():
        while not stop.is_set():
            readings()

    with ThreadPoolExecutor(4) as executor:
        readers = [executor.submit(read) for _ in range(4)]
        for _ in range(20):
            with frozen_process(set_clock):
                pass
        stop.set()
    assert [reader.exception() for reader in readers] == [None] * 4
