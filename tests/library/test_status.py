"""What a health check is told of a client: its state, its times, its failures."""

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest

from alicred import Client, Config, CredentialRefusedError, clock
from alicred.exceptions import ServiceUnreachableError
from alicred.models import Credential
from alicred.providers.base import Issued
from alicred.refresh import fifteen_minutes
from alicred.status import Status

START = datetime(2027, 1, 15, 8, tzinfo=timezone.utc)
END = START + timedelta(hours=1)
DUE = START + timedelta(minutes=45)
STATES = ("empty", "fresh", "due", "expired", "closed")


def unreachable():
    return ServiceUnreachableError("it is down.", remedy="Wait.", provider="stand_in")


@pytest.fixture
def client(client_of, stand_in, time):
    return client_of(stand_in)


def test_a_client_that_was_never_asked_is_empty(client):
    """It has nothing, and the first call will fetch."""
    assert client.status() == Status("ecs_ram_role", "stand_in", "empty", None, None, None, 0, None)


def test_a_fresh_credential_is_told_with_its_times(client):
    """When it ends, and when it is due, which is when the next attempt is made."""
    client.get_credential()
    assert client.status() == Status("ecs_ram_role", "stand_in", "fresh", END, DUE, None, 0, DUE)


def test_a_credential_is_due_and_then_expired(client, time):
    """By the clock alone, with nobody asking for it; the next call is the next attempt."""
    client.get_credential()
    time.shift(2699)
    assert client.status().state == "fresh"
    time.shift(1)
    assert client.status() == Status("ecs_ram_role", "stand_in", "due", END, DUE, None, 0, None)
    time.shift(900)
    assert client.status() == Status("ecs_ram_role", "stand_in", "expired", END, DUE, None, 0, None)


def test_a_failure_that_is_survived_shows(client, stand_in, time):
    """The credential stays due, whatever is served meanwhile, and what failed is told with its number."""
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(2700)
    for failures in (1, 2):
        client.get_credential()
        status = client.status()
        assert (status.state, status.refresh_at, status.failures_in_a_row) == ("due", DUE, failures)
        assert str(status.last_error) == "stand_in: it is down. Wait."
        now = datetime.fromtimestamp(clock.time(), timezone.utc)
        assert now < status.next_attempt <= now + timedelta(seconds=60)
        time.shift(61)


def test_a_back_off_that_is_over_is_no_next_attempt(client, stand_in, time):
    """The next call tries, as after a verdict that is over."""
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(2700)
    client.get_credential()
    time.shift(61)
    assert client.status().state == "due"
    assert client.status().next_attempt is None


def test_no_back_off_outlasts_the_credential(client, stand_in, time):
    """Once it has expired the next call tries, however long the delay was to be."""
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(3599.5)
    client.get_credential()
    assert client.status().next_attempt == END


def test_a_verdict_says_until_when_it_stands(client, stand_in, time):
    """Before that no call asks anybody; afterwards the next one does."""
    stand_in.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        client.get_credential()
    assert client.status().state == "empty"
    assert START < client.status().next_attempt <= START + timedelta(seconds=60)
    time.shift(61)
    assert client.status().next_attempt is None
    assert client.status().failures_in_a_row == 1


def test_a_refusal_is_asked_again_by_the_next_call(client, stand_in):
    """Nobody has to wait before trying what was mended."""
    stand_in.failure = CredentialRefusedError("it said no.", provider="stand_in")
    with pytest.raises(CredentialRefusedError):
        client.get_credential()
    assert client.status().next_attempt is None
    assert isinstance(client.status().last_error, CredentialRefusedError)


def test_a_success_ends_the_row_of_failures(client, stand_in, time):
    """What is over alarms nobody."""
    stand_in.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        client.get_credential()
    stand_in.failure = None
    time.shift(61)
    client.get_credential()
    status = client.status()
    assert (status.state, status.last_error, status.failures_in_a_row) == ("fresh", None, 0)


def test_an_invalidated_credential_counts_as_expired(client):
    """A service refused it, whatever its times say."""
    client.invalidate(client.get_credential())
    assert client.status().state == "expired"


def test_a_clock_that_jumped_back_makes_it_due(client, time):
    """As it does for a call."""
    client.get_credential()
    time.shift(-10)
    assert client.status().state == "due"


def test_a_closed_client_says_so_and_no_more(client):
    """Its credential is forgotten, and its past is nobody's concern."""
    client.get_credential()
    client.close()
    assert client.status() == Status("ecs_ram_role", "stand_in", "closed", None, None, None, 0, None)


def test_a_key_that_does_not_end_is_fresh_for_ever():
    """No moment is made up for what never comes."""
    client = Client(Config(type="bearer", bearer_token="x"))
    client.get_credential()
    assert client.status() == Status("bearer", "bearer", "fresh", None, None, None, 0, None)


def test_a_credential_that_ends_with_the_calendar_has_a_status(client_of, time):
    """Year 9999 is what some services write for never, and clocks differ."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)

    class Everlasting:
        name = "everlasting"

        def fetch(self, now, *, holding=False):
            credential = Credential(
                type="sts", provider_name="x", expiration=end, expires_at=end.timestamp() - 86400
            )
            return Issued(credential, lambda lifetime: -86400)

    client = client_of(Everlasting())
    client.get_credential()
    assert client.status().expiration == end
    assert client.status().refresh_at in {None, end}


def test_all_moments_are_in_the_hours_of_the_service(client_of, time):
    """On a machine whose clock is a day behind, the refresh point lies before the end, not a day before."""

    class Ahead:
        name = "ahead"

        def fetch(self, now, *, holding=False):
            credential = Credential(
                type="sts",
                provider_name="ahead",
                expiration=END + timedelta(days=1),
                expires_at=now + 3600,
            )
            return Issued(credential, fifteen_minutes)

    client = client_of(Ahead())
    client.get_credential()
    assert client.status().refresh_at == client.status().next_attempt == DUE + timedelta(days=1)


def test_a_status_is_known_while_a_refresh_is_under_way(client, stand_in):
    """A health check does not wait for the service whose health it is about."""
    stand_in.hold_up()
    reader = threading.Thread(target=client.get_credential)
    reader.start()
    assert stand_in.entered.wait(10)
    assert client.status().state == "empty"
    stand_in.gate.set()
    reader.join(10)


def test_asking_for_a_status_asks_nobody_else(client, stand_in, time):
    """However often it is asked for, and whatever is due."""
    client.get_credential()
    time.shift(3600)
    for _ in range(10):
        client.status()
    assert stand_in.fetches == 1


def test_the_default_chain_says_which_place_the_credential_is_from(monkeypatch):
    """Before the first credential it is the chain's own name."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIexample")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    client = Client()
    assert (client.status().type, client.status().provider_name) == ("default", "default")
    client.get_credential()
    assert (client.status().type, client.status().provider_name) == ("default", "default/env")


def test_a_status_is_json_for_a_health_check(client, stand_in, time, canary):
    """Under the names of its attributes: moments as ISO 8601, the error as its text, no secret."""
    client.get_credential()
    stand_in.failure = unreachable()
    time.shift(2700)
    client.get_credential()
    told = json.loads(json.dumps(client.status().to_map()))
    next_attempt = datetime.fromisoformat(told.pop("next_attempt"))
    assert next_attempt.tzinfo is not None
    assert told == {
        "type": "ecs_ram_role",
        "provider_name": "stand_in",
        "state": "due",
        "expiration": "2027-01-15T09:00:00+00:00",
        "refresh_at": "2027-01-15T08:45:00+00:00",
        "last_error": "stand_in: it is down. Wait.",
        "failures_in_a_row": 1,
    }
    assert canary not in repr(client.status())


def test_a_status_does_not_change(client):
    """It is what it was when it was asked for."""
    before = client.status()
    client.get_credential()
    assert (before.state, client.status().state) == ("empty", "fresh")
    with pytest.raises(AttributeError):
        before.state = "fresh"


def test_the_error_is_a_copy(client, stand_in):
    """Whoever raises it does not grow the client's own."""
    stand_in.failure = unreachable()
    with pytest.raises(ServiceUnreachableError):
        client.get_credential()
    assert client.status().last_error is not client.status().last_error
