"""The programs of docs/operating.md, each run as its reader would run it, on an instance in trouble."""

import json
import logging
import re

import prometheus_client
import pytest

from alicred import Client, CredentialException
from alicred import status as status_module
from tests.docs.blocks import take, text_of

SECTIONS = {
    section.partition("\n")[0]: section
    for section in re.split(r"^## ", text_of("docs/operating.md"), flags=re.MULTILINE)[1:]
}
PROGRAMS = take("docs/operating.md", "python")


def run(title):
    """Run a section's program, and return its names."""
    [program] = [program for program in PROGRAMS if program.section == title]
    names = {"__name__": "operating"}
    exec(compile(program.text, program.id, "exec"), names)
    return names


@pytest.fixture
def metrics():
    """Read a metric; those of the page are registered for one test."""
    registry = prometheus_client.REGISTRY
    before = set(registry._collector_to_names)
    yield lambda name, **labels: registry.get_sample_value(name, labels)
    for collector in set(registry._collector_to_names) - before:
        registry.unregister(collector)


def test_the_shared_client_signs_with_one_credential(alicred_emulator):
    """However often it is asked for, one fetch."""
    names = run("One client per process")
    assert names["sign_something"]() is names["sign_something"]()
    assert alicred_emulator.imds.journal.count("GET", "/latest/meta-data/ram/security-credentials/?*") == 1


def test_nobody_waits_for_a_refresh(alicred_emulator, alicred_clock):
    """The credential that is due is served, and the next one comes by itself."""
    names = run("Nobody waits for a refresh")
    with names["client"] as client:
        alicred_clock.shift(hours=5, minutes=45)
        assert client.get_credential() == names["credential"]
        while client.get_credential() == names["credential"]:
            pass


def test_events_feed_prometheus(alicred_emulator, alicred_clock, metrics):
    """Each series moves as its description says."""
    with run("Events")["client"] as client:
        end = client.get_credential().expiration
        assert metrics("alicred_refreshes_total", outcome="refreshed") == 1
        assert metrics("alicred_refresh_seconds_count") == 1
        assert metrics("alicred_expiration_timestamp_seconds") == end.timestamp()
        outage = alicred_emulator.faults.add("imds_down")
        alicred_clock.shift(hours=5, minutes=45)
        client.get_credential()
        while not metrics("alicred_cached_credential_served_total"):
            pass
        assert metrics("alicred_refreshes_total", outcome="refresh_failed") == 1
        assert metrics("alicred_failures_in_a_row") == 1
        outage.remove()
        alicred_emulator.instance.imds_v2_supported = False
        alicred_clock.shift(hours=1)
        client.get_credential()
        assert metrics("alicred_imdsv1_fall_backs_total") == 1
        assert metrics("alicred_failures_in_a_row") == 0


def asked(health):
    """Ask a WSGI application, and return its status and what it says."""
    statuses = []
    body = b"".join(health({}, lambda status, headers: statuses.append(status)))
    return statuses[0], json.loads(body)


def test_the_health_check_tells_trouble_from_idleness(alicred_emulator, alicred_clock):
    """Expired is no trouble, a failure with a credential at hand is none yet, and one without is."""
    names = run("Health checks")
    health, client = names["health"], names["client"]
    assert asked(health)[0] == "200 OK"
    client.get_credential()
    alicred_clock.shift(hours=6)
    assert asked(health)[0] == "200 OK"
    alicred_emulator.faults.add("imds_down")
    with pytest.raises(CredentialException):
        client.get_credential()
    status, told = asked(health)
    assert status == "503 Service Unavailable"
    assert (told["state"], told["failures_in_a_row"]) == ("expired", 1)


def test_the_log_is_set_up(caplog):
    """Warnings of alicred's are heard."""
    level = logging.getLogger("alicred").level
    try:
        run("The log")
        assert logging.getLogger("alicred").getEffectiveLevel() == logging.WARNING
    finally:
        logging.getLogger("alicred").setLevel(level)


def test_the_page_has_a_program_in_each_section():
    """A heading that was renamed must not leave a program without its test."""
    assert [program.section for program in PROGRAMS] == [
        "One client per process",
        "Nobody waits for a refresh",
        "Events",
        "Health checks",
        "The log",
    ]


def test_the_page_names_every_event_and_every_attribute():
    """What is new in the code is described."""
    from alicred import events

    for kind in events.__all__:
        assert kind == "Event" or f"| `{kind}` | `" in SECTIONS["Events"]
    for attribute in status_module.Status._fields:
        assert f"`{attribute}`" in SECTIONS["Health checks"]
    assert Client.shared.__doc__
