"""Faults as data: what a form says, and what is said against a wrong one."""

from datetime import timedelta

import pytest

from alicred_emulator.emulator import Emulator
from alicred_emulator.fault_forms import KINDS, FaultForm, FaultFormError, fault_from, form_of
from alicred_emulator.faults import Fault
from alicred_emulator.messages import Request
from alicred_emulator.scenarios.changes import Break

EACH_KIND = [
    ("imds_down", "imds_down"),
    ({"name": "imds_down"}, "imds_down"),
    ({"status": 503}, Fault.status(503)),
    (
        {"status": 302, "body": "elsewhere", "headers": {"Location": "/"}},
        Fault.status(302, b"elsewhere", {"Location": "/"}),
    ),
    ({"body": "null"}, Fault.body(b"null")),
    (
        {"body": "<p>", "content_type": "text/html", "status": 404},
        Fault.body(b"<p>", status=404, content_type="text/html"),
    ),
    ({"body_base64": "//4="}, Fault.body(b"\xff\xfe")),
    ({"status": 500, "body_base64": "//4="}, Fault.status(500, b"\xff\xfe")),
    ({"reset": True}, Fault.reset()),
    ({"silence": True}, Fault.silence()),
    ({"delay": 0.2}, Fault.delay(0.2)),
    ({"delay": "200ms"}, Fault.delay(0.2)),
    ({"truncate": 10}, Fault.truncate(10)),
    ({"drip": 0.1}, Fault.drip(1, 0.1)),
    ({"drip": "50ms", "bytes_per_chunk": 3, "headers": False}, Fault.drip(3, 0.05, headers=False)),
    ({"refusal": "Throttling.User"}, Fault.refusal("Throttling.User")),
    ({"code": "Failed"}, Fault.code("Failed")),
    ({"partial": "SecurityToken"}, Fault.partial("SecurityToken")),
    ({"malformed": True}, Fault.malformed()),
    ({"expired": True}, Fault.expired()),
    ({"skew": "-1d"}, Fault.skew(timedelta(days=-1))),
]


@pytest.mark.parametrize(("data", "fault"), EACH_KIND)
def test_each_kind_has_a_form(data, fault):
    """A form says what a constructor of `Fault`, or the name of an outage, says."""
    assert fault_from(data).what == fault


def test_no_kind_is_without_an_example():
    """The examples above show every key that names a kind."""
    assert {key for data, _ in EACH_KIND if isinstance(data, dict) for key in data} >= set(KINDS)


@pytest.mark.parametrize(("_data", "fault"), EACH_KIND)
def test_a_fault_can_be_written_back(_data, fault):
    """The form of a fault makes the same fault again."""
    assert fault_from(form_of(fault)).what == fault


def test_a_form_says_where_and_when():
    """All conditions of the board have a key, and are written back."""
    data = {
        "status": 503,
        "service": "imds",
        "operation": "Token",
        "path": "*/token",
        "role": "demo-*",
        "when": {"header User-Agent": "*", "parameter Action": False},
        "times": 2,
        "after": "5m",
        "lasts": "1h30m",
    }
    form = fault_from(data)
    assert form == FaultForm(
        what=Fault.status(503),
        service="imds",
        operation="Token",
        path="*/token",
        role="demo-*",
        when={"header User-Agent": "*", "parameter Action": False},
        times=2,
        after=timedelta(minutes=5),
        lasts=timedelta(minutes=90),
    )
    assert form_of(form) == data


def test_a_form_is_put_in_force_on_a_board():
    """What is added is what the form says, and its handle ends it."""
    emulator = Emulator()
    handle = fault_from({"status": 503, "service": "imds", "times": 2}).add_to(emulator.faults)
    assert (handle.name, handle.service) == (str(Fault.status(503)), "imds")
    handle.remove()


def test_every_place_of_a_form_reaches_the_board():
    """What a form says of where and when holds for the fault that it puts in force."""
    emulator = Emulator()
    emulator.clock.freeze()
    form = {"status": 503, "service": "sts", "role": "night*", "after": "1m", "lasts": "1m"}
    handle = fault_from({**form, "when": {"parameter Format": "JSON"}, "times": 1}).add_to(emulator.faults)

    def status(role="nightly", wanted="JSON"):
        target = f"/?Action=AssumeRole&Format={wanted}&RoleArn=acs:ram::1:role/{role}"
        return emulator.sts.answer(Request.of("GET", target), emulator.sts.generation).status

    assert status() != 503
    emulator.clock.shift(minutes=1)
    assert 503 not in {status("daily"), status(wanted="XML")}
    assert (status(), status(), handle.hits) == (503, 400, 1)


@pytest.mark.parametrize(
    ("form", "needs"),
    [
        ("clock_behind", {"clock"}),
        ({"skew": "1h"}, {"clock"}),
        ("imds_down", set()),
        ({"reset": True}, set()),
    ],
)
def test_a_wrong_clock_asks_for_a_client_that_follows_it(form, needs):
    """A story with one is told only to subjects whose clock can be told what to show."""
    assert Break(form, None).needs == needs


@pytest.mark.parametrize(
    ("data", "key", "message"),
    [
        (7, None, "a fault is the name of an outage or a table, not 7"),
        ({}, None, "a fault says one thing, and this one none; one of: name, status, body, "),
        ({"service": "imds"}, None, "and this one none"),
        ({"reset": True, "delay": 1}, None, "and this one reset and delay"),
        ({"statsu": 500}, "statsu", "statsu is not known; allowed: name, status, "),
        ({"status": "500"}, "status", "status is a whole number, not '500'"),
        ({"status": True}, "status", "status is a whole number, not True"),
        ({"status": 99}, "status", "status: an HTTP answer has a status of 200 to 599, not 99"),
        ({"reset": False}, "reset", "reset is true, or left out, not False"),
        (
            {"reset": True, "headers": {}},
            "headers",
            "headers has no place beside reset; allowed: service, operation, path, role, when, times, ",
        ),
        ({"status": 500, "headers": {"A": 1}}, "headers", "headers is a table of texts, not {'A': 1}"),
        ({"status": 500, "headers": ["A"]}, "headers", "headers is a table of texts, not ['A']"),
        ({"drip": 1, "headers": "no"}, "headers", "headers is true or false, not 'no'"),
        ({"delay": "soon"}, "delay", "delay: 'soon' is no duration"),
        ({"delay": -1}, "delay", "delay: the delay is at least 0, not -1"),
        ({"delay": float("nan")}, "delay", "delay: the delay is at most 86400 seconds, not nan"),
        ({"delay": 1e300}, "delay", "delay: the delay is at most 86400 seconds, not 1e+300"),
        ({"drip": float("inf")}, "drip", "drip: the interval is at most 86400 seconds, not inf"),
        ({"delay": []}, "delay", "delay is a number of seconds or a duration such as 300ms, not []"),
        ({"reset": True, "after": 5}, "after", "after is a duration such as 5m, not 5"),
        ({"reset": True, "after": "5"}, "after", "after: '5' is no duration"),
        ({"reset": True, "lasts": "long"}, "lasts", "lasts: 'long' is no duration"),
        ({"reset": True, "role": 1}, "role", "role is a text, not 1"),
        ({"reset": True, "when": "now"}, "when", "when is a table such as { 'header NAME' = 'glob' }, not"),
        ({"reset": True, "when": {"header": "x"}}, "when", "when: 'header' is nothing a request has"),
        ({"reset": True, "when": {"header A": 1}}, "when", "held against a text or against true or false"),
        ({"skew": 60}, "skew", "skew is a duration such as 5m, not 60"),
        ({"skew": "a bit"}, "skew", "skew: 'a bit' is no duration"),
        ({"reset": True, "times": "twice"}, "times", "times is a whole number, not 'twice'"),
        ({"reset": True, "service": 1}, "service", "service is a text, not 1"),
        ({"body_base64": "?"}, "body_base64", "body_base64 is not base64"),
        ({"body": "a", "body_base64": "YQ=="}, None, "and this one body and body_base64"),
        ({"status": 500, "body": "a", "body_base64": "YQ=="}, None, "and this one"),
        ({"refusal": "Nonsense"}, "refusal", "refusal: "),
    ],
)
def test_a_wrong_form_is_refused_by_its_key(data, key, message):
    """The message says what is wrong and what is allowed, and the error knows the key."""
    with pytest.raises(FaultFormError) as refused:
        fault_from(data)
    assert message in str(refused.value)
    assert refused.value.key == key
