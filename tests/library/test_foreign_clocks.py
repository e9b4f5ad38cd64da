"""An application's own tests move alicred's clock with the tools that they have, without our plugin."""

import asyncio
from datetime import datetime, timedelta, timezone

import freezegun
import pytest
import time_machine

from alicred import clock, testing
from alicred.models import Credential
from alicred.providers.base import Issued
from alicred.refresh import fifteen_minutes
from alicred.session import Session

MORNING = datetime(2031, 5, 1, 8, tzinfo=timezone.utc)
REFRESH_POINT = timedelta(hours=5, minutes=45)


class SixHourProvider:
    name = "scripted"

    def __init__(self):
        self.fetches = 0

    def fetch(self, now, *, holding=False):
        self.fetches += 1
        credential = Credential(
            type="scripted",
            provider_name=self.name,
            access_key_id=f"key-{self.fetches}",
            expires_at=now + 6 * 3600,
        )
        return Issued(credential, fifteen_minutes)


class FreezeGun:
    def __init__(self):
        self.freezer = freezegun.freeze_time(MORNING)

    def __enter__(self):
        self.frozen = self.freezer.start()
        return self

    def __exit__(self, *_):
        self.freezer.stop()

    def shift(self, delta):
        self.frozen.tick(delta)


class TimeMachine:
    def __init__(self):
        self.travel = time_machine.travel(MORNING, tick=False)

    def __enter__(self):
        self.traveller = self.travel.start()
        return self

    def __exit__(self, *_):
        self.travel.stop()

    def shift(self, delta):
        self.traveller.shift(delta)


@pytest.fixture(params=[FreezeGun, TimeMachine])
def travel(request):
    with request.param() as tool:
        yield tool


@pytest.fixture(params=["sync", "async"])
def read(request):
    session = Session(SixHourProvider(), clock)
    if request.param == "sync":
        yield session.renew
        return
    loop = asyncio.new_event_loop()
    yield lambda: loop.run_until_complete(session.renew_async())
    loop.close()


def test_the_refresh_point_comes_when_the_tool_says_so(travel, read):
    """The same key one second before it, another at it."""
    first = read()
    travel.shift(REFRESH_POINT - timedelta(seconds=1))
    assert read() is first
    travel.shift(timedelta(seconds=1))
    assert read().access_key_id == "key-2"


def test_a_credential_expires_when_the_tool_says_so(travel, read):
    """`is_expired` reads the same clock."""
    credential = read()
    travel.shift(timedelta(hours=6, seconds=-1))
    assert not credential.is_expired()
    travel.shift(timedelta(seconds=1))
    assert credential.is_expired()


def test_real_time_is_back_afterwards():
    """A clock that was moved and put back leaves nothing behind."""
    for tool in (FreezeGun, TimeMachine):
        with tool():
            assert clock.time() == MORNING.timestamp()
    assert abs(clock.time() - datetime.now(timezone.utc).timestamp()) < 60


def test_a_clock_substituted_during_one_freeze_is_real_in_the_next():
    """freezegun must not remember that alicred had another clock when it looked for the first time."""
    freezegun.api._GLOBAL_MODULES_CACHE.pop("alicred.clock", None)
    testing.use_clock(lambda: 5.0)
    with FreezeGun():
        assert clock.time() == 5.0
    testing.restore_clock()
    with FreezeGun():
        assert clock.time() == MORNING.timestamp()


def test_whoever_changes_the_clock_can_change_it_back():
    """It is asked for before; the system's is none of those that can be handed back."""

    def five():
        return 5.0

    assert testing.clock_in_use() is None
    testing.use_clock(five)
    assert testing.clock_in_use() is five
    testing.restore_clock()
    assert testing.clock_in_use() is None
