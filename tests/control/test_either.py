"""One body for both: an emulator in this process, and the same one driven from elsewhere."""

from datetime import datetime, timedelta, timezone

import pytest
import requests

from alicred_emulator import Fault

LISTING = "/latest/meta-data/ram/security-credentials/"


def shown(world, read):
    """Return the id of the credential that the instance shows."""
    return read(f"{world.imds.url}{LISTING}{world.role.name}").json()["AccessKeyId"]


def test_a_day_of_a_credential(world, read):
    """The instance shows a new credential half an hour before the old one ends."""
    world.clock.freeze()
    world.reanchor_if_unshown()
    first = shown(world, read)
    issued = world.ledger.get(first)
    assert issued.origin == "imds"
    assert issued.principal.startswith(f"acs:ram::{world.account_id}:assumed-role/{world.role.name}/")
    assert (issued.issued_at, issued.expires_at - issued.issued_at) == (world.clock.now(), timedelta(hours=6))
    world.clock.shift(hours=5, minutes=29, seconds=59)
    assert shown(world, read) == first
    world.clock.shift(1)
    assert shown(world, read) != first
    assert issued.is_valid(world.clock.now())
    world.clock.move_to(issued.expires_at)
    assert not issued.is_valid(world.clock.now())
    assert world.ledger.credentials[0].access_key_id == first
    assert world.ledger.get("STS.unknown") is None
    assert world.imds.journal.count("RoleCredential") == 3


def test_the_clock(world):
    """It stands, moves, runs, and differs from the clients'."""
    world.clock.freeze()
    world.clock.move_to("2026-01-02T03:04:05Z")
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert (world.clock.standing, world.clock.now()) == (True, moment)
    assert world.clock.ahead_of_the_machine is None
    world.clock.shift(timedelta(minutes=1), seconds=-30)
    assert world.clock.time() == moment.timestamp() + 30
    world.clock.skew(minutes=-5)
    assert world.clock.client_time() == moment.timestamp() - 270
    assert world.clock.skewed_by == timedelta(minutes=-5)
    world.clock.resume()
    assert not world.clock.standing
    assert world.clock.ahead_of_the_machine is not None
    world.clock.reset()
    assert world.clock.skewed_by == timedelta(0)
    with pytest.raises(ValueError, match="tomorrow"):
        world.clock.move_to("tomorrow")
    with pytest.raises(ValueError, match="1970 to 9998"):
        world.clock.shift(days=-40_000)


def test_faults(world, read):
    """They meet requests, count them, and end; a mistake in one is told as it is here."""
    with world.faults.add(Fault.status(503, b"\xff", {"Retry-After": "1"}), "imds", times=2) as handle:
        answer = read(world.imds.url, 503)
        assert (answer.content, answer.headers["Retry-After"]) == (b"\xff", "1")
        read(world.imds.url, 503)
        read(world.imds.url)
        assert (handle.hits, handle.service) == (2, "imds")
        assert world.imds.faults.in_force == ()
    world.imds.faults.add("imds_error")
    assert [one.name for one in world.imds.faults.in_force] == ["imds_error"]
    assert world.sts.faults.in_force == ()
    world.faults.clear()
    assert world.faults.in_force == ()
    handle.remove()
    assert handle.hits == 2
    world.imds.faults.add("imds_error", after=timedelta(hours=1), path="/nowhere", operation="Meta*")
    world.sts.faults.add("sts_down")
    world.imds.faults.clear()
    assert [one.name for one in world.faults.in_force] == ["sts_down"]
    world.faults.clear()
    assert world.faults.in_force == ()
    for wrong in ({"service": "sts"}, {"operation": "Tokne"}, {"times": 0}):
        with pytest.raises(ValueError, match=r"sts|Tokne|at least 1"):
            world.faults.add("imds_down", **wrong)
    with pytest.raises(ValueError, match="known: clock_ahead"):
        world.faults.add("imds_dwon")


def test_faults_have_conditions(world, read):
    """Which role, what a request says, from when on, and until when."""
    world.clock.freeze()
    when = {"header X-aliyun-ecs-metadata-token": False}
    handle = world.faults.add(
        Fault.status(503), role="demo*", when=when, after=timedelta(minutes=1), lasts=timedelta(minutes=1)
    )
    credential = f"{world.imds.url}{LISTING}{world.role.name}"
    read(credential)
    world.clock.shift(minutes=1)
    read(credential, 503)
    read(f"{world.imds.url}{LISTING}")
    token = requests.put(
        f"{world.imds.url}/latest/api/token",
        headers={"X-aliyun-ecs-metadata-token-ttl-seconds": "60"},
        timeout=10,
    ).text
    read(credential, headers={"X-aliyun-ecs-metadata-token": token})
    world.clock.shift(minutes=1)
    read(credential)
    assert world.faults.in_force == ()
    assert handle.hits == 1
    for wrong in ({"role": "x", "service": "oidc"}, {"when": {"cookie": "x"}}, {"lasts": timedelta(0)}):
        with pytest.raises(ValueError, match=r"about a role|nothing a request has|longer than nothing"):
            world.faults.add(Fault.reset(), **wrong)


def test_the_clients_clock_is_wrong_while_a_fault_says_so(world):
    """By any time, and right again after."""
    with world.faults.add(Fault.skew(timedelta(days=-1))):
        assert world.clock.skewed_by == timedelta(days=-1)
    assert world.clock.skewed_by == timedelta(0)


def test_an_outage_changes_the_world_until_it_is_mended(world, read):
    """A detached role comes back."""
    with world.faults.add("role_detached"):
        assert world.instance.role is None
        read(f"{world.imds.url}{LISTING}", 404)
    assert world.instance.role == world.role


def test_the_journal(world, read):
    """It is iterated, counted, held against what is expected, and cleared."""
    read(f"{world.imds.url}/latest/meta-data/mac", headers={"X-Secret": "FakeSecret"})
    read(world.credentials_uri.url)
    assert [entry.service for entry in world.journal] == ["imds", "credentials_uri"]
    assert len(world.journal) == 2
    assert world.journal[0].status == 200
    assert world.journal[-1].operation == "Credential"
    world.journal.assert_requests(["GET /latest/meta-data/mac", "Credential"])
    assert "/latest/meta-data/mac" in world.imds.journal.render()
    with pytest.raises(AssertionError, match="expected"):
        world.imds.journal.assert_requests([])
    world.imds.journal.clear()
    assert [entry.service for entry in world.journal] == ["credentials_uri"]
    read(f"{world.imds.url}/nowhere", 404)
    assert [entry.path for entry in world.journal.peek_unplaced()] == ["/nowhere"]
    assert not world.journal.unplaced_read
    assert [entry.path for entry in world.imds.journal.unplaced] == ["/nowhere"]
    assert world.journal.unplaced_read


def test_the_credentials_uri(world, read):
    """It answers what a test has set, and the usual when it is told so."""
    uri = world.credentials_uri
    uri.set_response({"Code": "Failed"}, 500)
    assert read(uri.url, 500).json() == {"Code": "Failed"}
    uri.set_response("<html>")
    assert read(uri.url).text == "<html>"
    uri.set_response(b"\xff")
    assert read(uri.url).content == b"\xff"
    uri.set_response()
    uri.credential_lifetime = timedelta(minutes=20)
    assert uri.credential_lifetime == timedelta(minutes=20)
    issued = world.ledger.get(read(uri.url).json()["AccessKeyId"])
    assert issued.expires_at - issued.issued_at == timedelta(minutes=20)
    with pytest.raises((TypeError, ValueError)):
        uri.set_response(5)


def test_services_stop_and_come_back(world, read):
    """On the port of before, and with a reset at the latest."""
    port = world.imds.port
    world.imds.stop()
    assert not world.imds.is_running()
    with pytest.raises(requests.ConnectionError):
        read(world.imds.url)
    world.imds.resume()
    assert (world.imds.is_running(), world.imds.port, world.imds.host) == (True, port, "127.0.0.1")
    world.imds.stop()
    world.reset()
    read(world.imds.url)
    assert world.imds.tls_url == f"https://127.0.0.1:{port}"


def test_a_reset_begins_again(world, read):
    """World, clock, journal, faults."""
    world.clock.freeze()
    world.ram.add_user("auditor")
    world.faults.add("imds_error")
    read(world.imds.url, 500)
    world.reset()
    assert not world.clock.standing
    assert list(world.journal) == []
    assert world.faults.in_force == ()
    with pytest.raises(LookupError):
        world.ram.user("auditor")


def test_variables_of_identities(world):
    """Every identity has its own, and an unknown one is a mistake."""
    assert world.env()["ALIBABA_CLOUD_IMDS_ENDPOINT"] == world.imds.url
    assert world.env("user")["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == world.user.access_key_secret
    with pytest.raises(ValueError, match="somebody"):
        world.env("somebody")
    assert "BEGIN CERTIFICATE" in world.ca_certificate
    assert world.ca_certificate in world.ca_bundle.read_text(encoding="utf-8")
    assert world.services.keys() == {service.name for service in world.services.values()}
    assert world.ecs_api.url != world.imds.url
