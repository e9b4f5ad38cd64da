"""What a client tells of its refreshes: to the function of `on_event`, and to the log."""

import asyncio
import copy
import functools
import json
import logging
import pickle
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from itertools import count

import pytest

from alicred import Client, Config, ConfigurationError, CredentialException, CredentialRefusedError, clock
from alicred.events import FellBackToImdsV1, Refreshed, RefreshFailed, ServingCached
from alicred.exceptions import ServiceUnreachableError
from alicred.flight import Airspace

START = datetime(2027, 1, 15, 8, tzinfo=timezone.utc)
REFRESH_POINT = 3600 - 900
LONGEST_BACK_OFF = 61


def unreachable():
    return ServiceUnreachableError("it is down.", remedy="Wait.", provider="stand_in")


def refused():
    return CredentialRefusedError("it said no.", remedy="Ask.", provider="stand_in")


def names(events):
    return [event.name for event in events]


def listened(event):
    """Be a listener that a pickle could name."""


# Which events there are


def test_a_credential_that_was_obtained_is_told(client_of, stand_in, time):
    """Where it came from, when it ends, when it is due, and the end of its key id."""
    events = []
    client_of(stand_in, on_event=events.append).get_credential()
    [event] = events
    assert event._replace(took_seconds=0.0) == Refreshed(
        provider_name="stand_in",
        access_key_id="...0001",
        expiration=START + timedelta(hours=1),
        refresh_at=START + timedelta(minutes=45),
        failures_before=0,
        took_seconds=0.0,
    )
    assert event.name == "refreshed"


def test_a_read_from_the_cache_is_no_event(client_of, stand_in, time):
    """Events tell of refreshes, of which there are few."""
    events = []
    client = client_of(stand_in, on_event=events.append)
    for _ in range(5):
        client.get_credential()
    assert names(events) == ["refreshed"]


def test_a_failure_that_is_survived_is_told_with_what_is_served(client_of, stand_in, time):
    """First why it failed, then until when that does no harm; at every attempt."""
    events = []
    client = client_of(stand_in, on_event=events.append)
    client.get_credential()
    events.clear()
    stand_in.failure = unreachable()
    time.shift(REFRESH_POINT)
    client.get_credential()
    failed, serving = events
    assert isinstance(failed, RefreshFailed)
    assert (str(failed.error), failed.failures_in_a_row) == ("stand_in: it is down. Wait.", 1)
    assert START < failed.next_attempt <= START + timedelta(seconds=REFRESH_POINT + LONGEST_BACK_OFF)
    assert serving == ServingCached(
        provider_name="stand_in",
        access_key_id="...0001",
        expiration=START + timedelta(hours=1),
        next_attempt=failed.next_attempt,
        failures_in_a_row=1,
    )
    time.shift(LONGEST_BACK_OFF)
    client.get_credential()
    assert names(events) == ["refresh_failed", "serving_cached"] * 2
    assert events[-1].failures_in_a_row == 2


def test_no_back_off_is_told_that_outlasts_the_credential(client_of, stand_in, time):
    """Once it has expired the next call tries, however long the delay was to be."""
    events = []
    client = client_of(stand_in, on_event=events.append)
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(3599.5)
    client.get_credential()
    assert [event.next_attempt for event in events[1:]] == [START + timedelta(hours=1)] * 2


@pytest.mark.parametrize(
    ("failure", "waits"), [(unreachable(), True), (refused(), False)], ids=["down", "no"]
)
def test_a_failure_that_reaches_the_callers_is_told_without_a_cached_credential(
    client_of, stand_in, time, failure, waits
):
    """A verdict that stands says until when; after a refusal the next call tries again."""
    events = []
    stand_in.failure = failure
    client = client_of(stand_in, on_event=events.append)
    with pytest.raises(CredentialException):
        client.get_credential()
    [event] = events
    assert (event.name, event.failures_in_a_row) == ("refresh_failed", 1)
    assert (event.next_attempt is not None) is waits


def test_a_verdict_that_is_repeated_is_no_event(client_of, stand_in, time):
    """A thousand callers of an outage are one attempt."""
    events = []
    stand_in.failure = unreachable()
    client = client_of(stand_in, on_event=events.append)
    for _ in range(10):
        with pytest.raises(ServiceUnreachableError):
            client.get_credential()
    assert names(events) == ["refresh_failed"]


@pytest.mark.parametrize("read", ["get_credential", "get_credential_async"])
def test_a_refresh_that_somebody_else_has_just_finished_is_told_by_them_alone(
    client_of, stand_in, time, monkeypatch, read
):
    """Whoever comes too late for it has nothing to tell."""
    events = []
    client = client_of(stand_in, on_event=events.append)
    claim = Airspace.claim

    def claim_late(self, flight):
        monkeypatch.setattr(Airspace, "claim", claim)
        client.get_credential()
        return claim(self, flight)

    monkeypatch.setattr(Airspace, "claim", claim_late)
    credential = getattr(client, read)()
    if read == "get_credential_async":
        credential = asyncio.run(credential)
    assert credential.access_key_id.endswith("0001")
    assert names(events) == ["refreshed"]


def test_a_recovery_says_how_many_attempts_had_failed(client_of, stand_in, time):
    """And the next outage begins to count anew."""
    events = []
    stand_in.failure = refused()
    client = client_of(stand_in, on_event=events.append)
    for _ in range(3):
        with pytest.raises(CredentialRefusedError):
            client.get_credential()
    stand_in.failure = None
    client.get_credential()
    stand_in.failure = refused()
    time.shift(3600)
    with pytest.raises(CredentialRefusedError):
        client.get_credential()
    assert [getattr(event, "failures_in_a_row", None) for event in events] == [1, 2, 3, None, 1]
    assert events[3].failures_before == 3


def test_the_time_taken_is_that_of_a_clock_that_never_jumps(client_of, stand_in, time, monkeypatch):
    """A wall clock that is set while a refresh is under way makes no refresh of an hour."""
    ticks = count()
    monkeypatch.setattr(clock, "monotonic", lambda: 2.5 * next(ticks))
    original = stand_in.fetch

    def fetch(now, *, holding=False):
        time.shift(-1000)
        return original(now, holding=holding)

    stand_in.fetch = fetch
    events = []
    client = client_of(stand_in, on_event=events.append)
    client.get_credential()
    client.get_credential()
    assert [event.took_seconds for event in events] == [2.5, 2.5]


def test_an_interrupted_attempt_is_not_counted_in_the_next(client_of, stand_in, time, monkeypatch):
    """Nobody is told of it, and so neither of how long it went on."""
    ticks = count()
    monkeypatch.setattr(clock, "monotonic", lambda: 2.5 * next(ticks))
    events = []
    client = client_of(stand_in, on_event=events.append)
    stand_in.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        client.get_credential()
    stand_in.failure = None
    client.get_credential()
    assert [event.took_seconds for event in events] == [2.5]


def test_a_defect_is_told_by_its_kind(client_of, stand_in, time, canary):
    """What a programming error says is not known to be no secret."""
    events = []
    stand_in.failure = ZeroDivisionError(canary)
    with pytest.raises(ZeroDivisionError):
        client_of(stand_in, on_event=events.append).get_credential()
    assert events[0].error.problem == "internal error (ZeroDivisionError)."


def test_no_event_shows_a_secret(client_of, stand_in, time, canary):
    """An operator's log takes them as they are."""
    events = []
    client = client_of(stand_in, on_event=events.append)
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(REFRESH_POINT)
    client.get_credential()
    assert len(events) == 3
    assert canary not in repr(events)


# How they are told


def test_a_handler_may_ask_the_client(client_of, stand_in, time):
    """It is called when the flight has landed, and so may other threads that it waits for."""
    seen = []

    def observe(_event):
        threads = [threading.Thread(target=lambda: seen.append(client.get_credential())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        seen.append(client.get_credential())

    client = client_of(stand_in, on_event=observe)
    credential = client.get_credential()
    assert seen == [credential] * 3
    assert stand_in.fetches == 1


@pytest.mark.parametrize("through_a_loop", [False, True], ids=["sync", "async"])
def test_what_a_handler_sets_off_is_not_told_to_it(client_of, stand_in, time, through_a_loop):
    """One that asks again at each refusal would otherwise never come to an end."""
    events = []

    def observe(event):
        events.append(event)
        if through_a_loop:
            asyncio.run(client.get_credential_async())
        client.get_credential()

    stand_in.failure = refused()
    client = client_of(stand_in, on_event=observe)
    with pytest.raises(CredentialRefusedError):
        client.get_credential()
    assert names(events) == ["refresh_failed"]
    assert stand_in.fetches == 2


@pytest.mark.asyncio
async def test_a_task_that_was_begun_by_a_handler_is_told_of_when_that_has_returned(
    client_of, stand_in, time
):
    """What runs on in the handler's context is not what the handler sets off."""
    events, begun = [], []
    loop = asyncio.get_running_loop()

    async def read_later():
        await asyncio.to_thread(stand_in.threads[0].join, 10)
        time.shift(3600)
        await client.get_credential_async()

    def observe(event):
        events.append(event)
        if len(events) == 1:
            loop.call_soon_threadsafe(lambda: begun.append(loop.create_task(read_later())))

    client = client_of(stand_in, on_event=observe)
    await client.get_credential_async()
    while not begun:
        await asyncio.sleep(0)
    await begun[0]
    stand_in.threads[1].join(10)
    assert names(events) == ["refreshed", "refreshed"]


def test_what_a_handler_raises_is_nothing_to_the_caller(client_of, stand_in, time, log, canary):
    """The credential is returned, and the log says once that the handler is broken, and not what it said."""

    def observe(_event):
        raise ValueError(canary)

    client = client_of(stand_in, on_event=observe)
    assert client.get_credential().has_keys()
    time.shift(3600)
    assert client.get_credential().has_keys()
    assert log() == [
        "WARNING stand_in: on_event has raised ValueError at refreshed. Mend it: this is not told again."
    ]


def test_a_handler_that_raises_hears_the_next_event(client_of, stand_in, time):
    """One defect in it does not make it deaf."""
    events = []

    def observe(event):
        events.append(event)
        raise KeyError(event.name)

    client = client_of(stand_in, on_event=observe)
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(REFRESH_POINT)
    client.get_credential()
    assert names(events) == ["refreshed", "refresh_failed", "serving_cached"]


def test_tasks_are_told_of_by_the_thread_that_fetched(client_of, stand_in, time):
    """The event loop runs on while a handler works."""
    threads = []
    client = client_of(stand_in, on_event=lambda _event: threads.append(threading.current_thread()))
    asyncio.run(client.get_credential_async())
    stand_in.threads[0].join(10)
    assert threads == stand_in.threads


def test_of_what_lands_after_the_end_nothing_is_told(client_of, stand_in, time):
    """Whoever closes a client has done with it."""
    events = []
    client = client_of(stand_in, on_event=events.append)
    original = stand_in.fetch

    def fetch(now, *, holding=False):
        client.close()
        return original(now)

    stand_in.fetch = fetch
    with pytest.raises(ConfigurationError, match="closed"):
        client.get_credential()
    assert events == []


@pytest.mark.parametrize("listener", ["print", 7])
def test_what_cannot_be_called_is_refused(listener):
    """At once, and not at the first event."""
    with pytest.raises(ConfigurationError, match=r"on_event cannot be called\. Give it a function"):
        Client(on_event=listener)


class AsyncObserver:
    """What would have to be awaited, in each of its forms."""

    async def observe(self, event):
        """Never run."""

    async def __call__(self, event):
        """Never run either."""


@pytest.mark.parametrize(
    "listener",
    [
        AsyncObserver().observe,
        AsyncObserver(),
        functools.partial(AsyncObserver.observe, None),
        functools.partial(AsyncObserver()),
    ],
    ids=["method", "object", "partial", "partial_of_object"],
)
def test_a_coroutine_function_is_refused(listener):
    """It would have to be awaited, where there may be no loop."""
    with pytest.raises(ConfigurationError, match=r"coroutine function.* Give it a plain function"):
        Client(on_event=listener)


@pytest.mark.parametrize("listener", [print, functools.partial(print, "event"), [].append])
def test_whatever_else_can_be_called_is_taken(listener):
    """Functions of Python's own have no code to look at."""
    assert Client(on_event=listener)._on_event is listener


def test_a_copy_tells_the_same_listener_and_a_pickle_nobody():
    """A copy stays in this process; what listens here is nothing for another one."""
    client = Client(Config(type="bearer", bearer_token="x"), on_event=listened, background_refresh=True)
    assert copy.copy(client)._on_event is copy.deepcopy(client)._on_event is listened
    unpickled = pickle.loads(pickle.dumps(client))
    assert unpickled._on_event is None
    assert unpickled._background_refresh
    assert pickle.loads(pickle.dumps(Client(on_event=lambda event: None))).get_type() == "default"


# The fall-back to IMDSv1


@pytest.fixture
def instance(alicred_emulator):
    """The emulator's instance, which knows no tokens."""
    alicred_emulator.instance.imds_v2_supported = False
    return alicred_emulator


def config_json(home, **profile):
    directory = home / ".aliyun"
    directory.mkdir()
    (directory / "config.json").write_text(
        json.dumps({"current": "p", "profiles": [{"name": "p", **profile}]}), encoding="utf-8"
    )
    (directory / "config.json").chmod(0o600)


def test_a_fall_back_is_told_before_its_credential(instance):
    """And why hardened mode was not to be had."""
    events = []
    Client(Config(type="ecs_ram_role"), on_event=events.append).get_credential()
    assert names(events) == ["fell_back_to_imdsv1", "refreshed"]
    assert isinstance(events[0], FellBackToImdsV1)
    assert (events[0].provider_name, events[0].error.provider) == ("ecs_ram_role", "ecs_ram_role")
    assert "404" in str(events[0].error)


def test_a_fall_back_is_told_through_the_default_chain(instance):
    """The one that most clients are."""
    events = []
    Client(on_event=events.append).get_credential()
    assert names(events) == ["fell_back_to_imdsv1", "refreshed"]
    assert {event.provider_name for event in events} == {"default/ecs_ram_role"}


def test_a_fall_back_is_told_through_a_profile(instance, monkeypatch, tmp_path):
    """Nobody wrote the type into the program."""
    config_json(tmp_path, mode="EcsRamRole")
    monkeypatch.setenv("HOME", str(tmp_path))
    events = []
    Client(on_event=events.append).get_credential()
    assert names(events) == ["fell_back_to_imdsv1", "refreshed"]
    assert {event.provider_name for event in events} == {"default/cli_profile/ecs_ram_role"}


def test_a_fall_back_is_told_of_the_source_of_a_role(instance):
    """The instance's credential assumes the role, and only the role's is told to be refreshed."""
    events = []
    source = Config(type="ecs_ram_role")
    config = Config(type="ram_role_arn", role_arn=instance.role.arn, source=source)
    Client(config, on_event=events.append).get_credential()
    assert names(events) == ["fell_back_to_imdsv1", "refreshed"]
    assert events[0].error.provider == "ecs_ram_role"


def test_a_fall_back_is_told_once_until_it_has_ended(instance, alicred_clock):
    """A state that lasts for weeks is no event an hour."""
    events = []
    client = Client(Config(type="ecs_ram_role"), on_event=events.append)

    def refresh():
        events.clear()
        alicred_clock.shift(hours=6)
        client.get_credential()
        return names(events)

    client.get_credential()
    assert refresh() == ["refreshed"]
    instance.instance.imds_v2_supported = True
    assert refresh() == ["refreshed"]
    instance.instance.imds_v2_supported = False
    assert refresh() == ["fell_back_to_imdsv1", "refreshed"]


def test_a_fall_back_that_a_handler_sets_off_is_told_with_the_next_flight(instance, alicred_clock):
    """It is noticed once, and what a handler sets off is not told to it at the time."""
    events = []
    instance.instance.imds_v2_supported = True

    def observe(event):
        events.append(event)
        if len(events) == 1:
            instance.instance.imds_v2_supported = False
            alicred_clock.shift(hours=6)
            client.get_credential()

    client = Client(Config(type="ecs_ram_role"), on_event=observe)
    client.get_credential()
    assert names(events) == ["refreshed"]
    alicred_clock.shift(hours=6)
    client.get_credential()
    assert names(events) == ["refreshed", "fell_back_to_imdsv1", "refreshed"]


def test_a_client_that_nobody_listens_to_is_told_of_to_nobody(instance):
    """A client inside of nothing has no audience, and another one's is not its own."""
    events = []
    Client(Config(type="ecs_ram_role")).get_credential()
    Client(Config(type="ecs_ram_role"), on_event=events.append)
    assert events == []


@pytest.mark.parametrize("failure", [404, 500, b"{}"], ids=str)
def test_normal_mode_is_said_to_be_used_when_it_has_given_a_credential(
    script, ecs, document, now, log, failure
):
    """A mode that was tried and brought nothing is used by nobody."""
    provider = ecs(script(403, failure, 403, document()), role_name="r")
    with pytest.raises(CredentialException):
        provider.fetch(now)
    assert log() == []
    provider.fetch(now)
    assert [line.partition(",")[0] for line in log()] == ["WARNING instance metadata: normal mode is used"]


# The log


def test_an_outage_is_two_lines_however_long_it_is(client_of, stand_in, time, log):
    """One where the credential begins to be served although refreshing fails, one where that is over."""
    client = client_of(stand_in)
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(REFRESH_POINT)
    for _ in range(20):
        with suppress(ServiceUnreachableError):
            client.get_credential()
        time.shift(LONGEST_BACK_OFF)
    stand_in.failure = None
    client.get_credential()
    time.shift(REFRESH_POINT)
    client.get_credential()
    served, over = log()
    assert served.startswith(
        "WARNING stand_in: it is down. Wait. The credential that is held is served, until"
    )
    assert over == "INFO stand_in: refreshing works again"


def test_events_need_no_log(client_of, stand_in, time, caplog):
    """Whoever listens to the one need not hear the other; nothing is said of what goes well."""
    caplog.set_level(logging.DEBUG)
    client_of(stand_in, on_event=lambda event: None).get_credential()
    assert caplog.records == []
