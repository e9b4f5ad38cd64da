"""What the tests of the plugin share."""
# ruff: noqa: DTZ002, DTZ003, DTZ005, DTZ011 - reading the time is what is tested here

import datetime as dt
import logging
import os
import time
from collections.abc import Callable

import pytest

# Imported here, so that the sessions which run inside this process need not import them again; what is under
# trustme cannot be: a session forgets what was first imported in it, but compiled code does not.
import trustme  # noqa: F401

from alicred_emulator import emulator, freeze, redirect  # noqa: F401

STRICT = ("-W", "error", "--strict-config", "--strict-markers", "-p", "no:cacheprovider")


class SetClock:
    """A clock that shows what it is set to."""

    time = 1893553445.25
    """2030-01-02 03:04:05.25 UTC."""

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def set_clock() -> SetClock:
    """A clock for a frozen process, that stands at one moment until it is set to another."""
    return SetClock()


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Run a test file in a session of its own, in this process, with no plugin but ours."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "alicred_emulator", *STRICT, *options)

    return run


@pytest.fixture
def variables() -> Callable[[], dict[str, str]]:
    """Return the process's environment without what pytest itself writes there."""
    return lambda: {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture
def readings() -> Callable[[], dict[str, int]]:
    """Ask what time it is in every way there is, in whole seconds since the epoch."""
    return read_time


def read_time() -> dict[str, int]:
    utc = dt.timezone.utc
    local = time.localtime()
    seconds_of_day = 3600 * local.tm_hour + 60 * local.tm_min + local.tm_sec
    written = time.strptime(time.strftime("%Y %j %H %M %S"), "%Y %j %H %M %S")
    return {
        "time": int(time.time()),
        "time_ns": time.time_ns() // 10**9,
        "now": int(dt.datetime.now().timestamp()),
        "now(utc)": int(dt.datetime.now(utc).timestamp()),
        "today": int(dt.datetime.today().timestamp()),
        "utcnow": int(dt.datetime.utcnow().replace(tzinfo=utc).timestamp()),
        "localtime": int(time.mktime(local)),
        "now as local time": int(time.mktime(dt.datetime.now().timetuple())),
        "gmtime": int(dt.datetime(*time.gmtime()[:6], tzinfo=utc).timestamp()),
        "strftime": int(time.mktime(written)),
        "log record": int(logging.makeLogRecord({}).created),
        "date": int(time.mktime(dt.date.today().timetuple())) + seconds_of_day,
    }
