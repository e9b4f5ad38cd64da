"""A call as it is read from a request, before anybody judges it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from alicred_emulator.gateway.call import Call, named_action
from alicred_emulator.messages import Headers, Request, document, text
from alicred_emulator.parameters import parameters_of
from alicred_emulator.sts.call import StsCall
from alicred_emulator.sts.federation_checks import assertion_expired
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def request_with(body: bytes = b"", content_type: str = "", query: str = "", **fields: str) -> Request:
    """Make a request; `_` stands for the hyphens of header names."""
    headers = [(name.replace("_", "-"), value) for name, value in fields.items()]
    if content_type:
        headers.append(("Content-Type", content_type))
    return Request.of("POST", f"/?{query}", Headers(headers), body)


def call_of(world: World, request: Request) -> Call:
    """Read a call of STS."""
    return StsCall(world, request, STS.actions)


@pytest.mark.parametrize(
    ("content_type", "body", "parameters"),
    [
        ("", b"", {}),
        (JSON, b"", {}),
        (FORM, b"a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        (FORM, b"a=1&a=2", {"a": "2"}),
        (FORM, b"a=%C3%A4+b%2B", {"a": "ä b+"}),
        (f"{FORM.upper()} ; charset=UTF-8", "a=ä".encode(), {"a": "ä"}),
        (FORM, b"\xff", None),
        (FORM, b"a=%FF", None),
        (
            JSON,
            b'{"a":"1","b":2,"c":true,"d":null,"e":[1,"x"]}',
            {"a": "1", "b": "2", "c": "true", "e": '[1, "x"]'},
        ),
        (JSON, b"{}", {}),
        (JSON, b'{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
        (JSON, b'{"a":"\\ud83d"}', None),
        (JSON, b'{"\\udfff":"a"}', None),
        (JSON, b"[]", None),
        (JSON, b'"a"', None),
        (JSON, b"{", None),
        (JSON, b"\xff", None),
        (JSON, b"[" * 100_000, None),
        ("text/plain", b"a=1", {}),
        ("", b"a=1", {}),
    ],
)
def test_a_body_has_parameters_or_is_unreadable(content_type, body, parameters):
    """A form and a JSON object have parameters, another type none; None is what is not of its type."""
    assert parameters_of(request_with(body, content_type)).body == parameters


def test_a_request_is_read_once():
    """Whoever names its operation, makes it fail or answers it finds what the first of them has read."""
    request = request_with(b"a=1", FORM)
    assert parameters_of(request) is parameters_of(request)
    assert parameters_of(replace(request, body=b"a=2")).body == {"a": "2"}


def test_a_body_goes_before_a_query(small_world):
    """Of a parameter that stands in both, and of one that stands twice, the last counts."""
    call = call_of(small_world, request_with(b"a=body&b=1&b=2", FORM, "a=query&c=3&c=4"))
    assert call.parameters == {"a": "body", "b": "2", "c": "4"}


@pytest.mark.parametrize("style", ["V1 GET", "V1 POST", "ACS3", "BEARER"])
@pytest.mark.parametrize("action", ["AssumeRole", "GetCallerIdentity", "DescribeRegions"])
def test_the_operation_is_the_action(draft, style, action):
    """What the journal calls a request and faults go by is what the call is held to be."""
    call = draft(action, style)
    request = call.request()
    assert call.api.operation(request) == action
    assert call_of(call.world, request).action_name == action


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (request_with(query="Action=AssumeRole"), "AssumeRole"),
        (request_with(query="Version=1&Action=AssumeRole&x=1"), "AssumeRole"),
        (request_with(b"x=1&Action=AssumeRole", FORM), "AssumeRole"),
        (request_with(x_acs_action="AssumeRole"), "AssumeRole"),
        (request_with(query="Action=Assume%52ole"), "AssumeRole"),
        (request_with(b'{"Action": "AssumeRole"}', "application/json"), "AssumeRole"),
        (request_with(query="Action=AssumeRole", x_acs_action="GetCallerIdentity"), "AssumeRole"),
        (request_with(query="NoAction=AssumeRole"), None),
        (request_with(b"\xff\xfe", FORM), None),
        (request_with(), None),
    ],
)
def test_an_action_is_named_in_a_query_or_a_form_or_a_header(request_, name):
    """Wherever a client puts it."""
    assert named_action(request_) == name


def test_an_action_that_there_is_not_is_no_operation():
    """Its name is the client's, and stands in the query for who wants to see it."""
    assert STS.operation(request_with(query="Action=Nonsense")) is None
    assert STS.operation(request_with(query="Action=DescribeRegions")) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-02T03:04:05Z", True),
        ("2026-01-02T03:04:05", False),
        ("2026-01-02T03:04:05.000Z", False),
        ("2026-01-02 03:04:05Z", False),
        ("2026-13-02T03:04:05Z", False),
        ("0000-01-01T00:00:00Z", False),
        ("٢٠٢٦-01-02T03:04:05Z", False),
        ("1767323045", False),
        ("", False),
    ],
)
def test_time_stamps_have_one_form(small_world, written, read):
    """Whole seconds in UTC with a Z (documented); everything else cannot be read."""
    request = request_with(query=urlencode({"AccessKeyId": "x", "Timestamp": written}))
    assert (call_of(small_world, request).made_at is not None) is read


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_time_stamp_may_be_a_quarter_of_an_hour_off(draft, small_world, minutes):
    """To the second, either way (documented)."""
    call = draft("GetCallerIdentity")
    moment = small_world.clock.now() + timedelta(minutes=minutes)
    assert call.say(Timestamp=f"{moment:%Y-%m-%dT%H:%M:%SZ}").ask().status == 200


@pytest.mark.parametrize(
    ("authorization", "style"),
    [
        ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=b", "ACS3"),
        ("ACS3-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b", "ACS3"),
        ("ACS3-HMAC-SM3 Credential=a", "ACS3"),
        ("ACS3-HMAC-SHA256", "ACS3"),
        ("Basic YTpi", "NONE"),
        ("acs3-hmac-sha256 Credential=a", "NONE"),
        ("", "NONE"),
    ],
)
def test_an_authorization_of_acs3_is_what_makes_the_style(small_world, authorization, style):
    """Headers that begin with x-acs- do not, since other styles send them as well."""
    request = request_with(Authorization=authorization, x_acs_action="AssumeRole", x_acs_date="x")
    assert call_of(small_world, request).proof.style == style


def test_blanks_in_an_authorization_do_no_harm(draft):
    """Some clients write one after each comma."""
    call = draft("GetCallerIdentity", "ACS3")
    request = call.request()
    spaced = request.headers["authorization"].replace(",", ", ")
    headers = Headers(
        [*((n, v) for n, v in request.headers.items() if n != "authorization"), ("Authorization", spaced)]
    )
    assert STS.answer(call.world, replace(request, headers=headers)).status == 200


@pytest.mark.parametrize("style", ["V1 GET", "V1 POST", "ACS3", "BEARER"])
def test_nothing_that_was_presented_is_shown(draft, style):
    """The repr of a call and of its proof hold neither key nor token nor signature."""
    world = draft().world
    issued = world.ledger.get(draft().ask().content["Credentials"]["AccessKeyId"])
    call = draft("GetCallerIdentity", style).signed_by(issued)
    read = call_of(world, call.request())
    shown = repr(read) + repr(read.proof)
    for secret in (
        read.proof.key_id,
        read.proof.security_token,
        read.proof.bearer_token,
        read.proof.signature,
    ):
        assert not secret or secret not in shown
    assert "GetCallerIdentity" in shown


def test_nothing_that_is_sent_is_shown():
    """The repr of a request, of its parameters and of an answer hold names and no values."""
    request = request_with(b"a=SECRET", FORM, "b=SECRET")
    reply = replace(document({"AccessKeySecret": "SECRET"}), headers=(("Location", "/?code=SECRET"),))
    shown = [repr(one) for one in (request, parameters_of(request), reply, text("SECRET"))]
    assert "SECRET" not in "".join(shown)
    assert shown[1] == "<Parameters b, a>"


def test_an_assertion_without_an_end_is_expired(draft):
    """The assertion has to say until when it is good (documented)."""
    call = draft("AssumeRoleWithSAML")
    read = StsCall(call.world, call.request(), STS.actions)
    assert assertion_expired(read) is False
    vars(read)["assertion"] = replace(read.assertion, not_on_or_after=None)
    assert assertion_expired(read) is True
    session_ends = call.world.clock.now() + timedelta(minutes=1)
    vars(read)["assertion"] = replace(
        read.assertion, not_on_or_after=None, session_not_on_or_after=session_ends
    )
    assert assertion_expired(read) is True


@pytest.mark.parametrize("action", ["AssumeNothing", "AssumeRole"])
def test_a_table_that_lets_the_impossible_pass_is_a_bug_that_shows(draft, action):
    """Whoever takes the row away that refuses it gets an error, and no wrong credential."""
    blind = replace(STS, checks=dict.fromkeys(STS.checks, lambda _call: False))
    call: Any = draft().say(Action=action, RoleArn="x")
    with pytest.raises(LookupError, match="decision table"):
        blind.answer(call.world, call.request())
    assert call.world.ledger.credentials == ()


@pytest.mark.parametrize("filling", ["{}", "{parameter}", "{0.__class__}", "%s", "$x", "\\", '"', "<&>"])
@pytest.mark.parametrize("wanted", ["JSON", "XML"])
def test_what_a_client_says_is_no_template(draft, filling, wanted):
    """A message repeats it to the letter, whatever it looks like."""
    call = draft("GetCallerIdentity").say(Format=wanted, Filling=filling)
    call.tampered = True
    assert call.ask().content["Message"].endswith(f"server string to sign is:{call.string_to_sign}")
    call = draft("AssumeRole").say(Format=wanted)
    call.host = f"x{filling}" if "\\" not in filling else "x"
    call.say(RoleArn="x")
    assert call.ask().content["HostId"] == call.host


def test_the_json_of_an_answer_is_utf_8(draft):
    """What is not ASCII is written as it is."""
    call = draft("AssumeRoleWithOIDC")
    call.id_token = {"subject": "ä€😀"}
    payload = call.ask().reply.payload
    assert "ä€😀".encode() in payload
    assert json.loads(payload)["OIDCTokenInfo"]["Subject"] == "ä€😀"


def test_a_call_of_nobody_has_no_caller(draft):
    """Whoever asks for the caller before the proof was found good gets an error, and no default."""
    call = draft("GetCallerIdentity", "ANONYMOUS GET")
    with pytest.raises(LookupError, match="nobody is known by what the call presents"):
        _ = call_of(call.world, call.request()).caller
