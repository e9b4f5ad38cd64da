"""What goes wrong at STS, the resource API and the issuer because a test wants it to."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from alicred_emulator.faults import Fault

FORMATS = ["JSON", "XML"]


@pytest.fixture
def over_the_wire(world, ask, draft):
    """Send a call to the running emulator, and return the status and the answer's content."""

    def send(action: str = "AssumeRole", style: str = "", **said: Any) -> tuple[int, dict[str, Any]]:
        call = draft(action, style, world._world).say(**said)
        # The fakes' own addresses may be asked in the clear.
        call.host = "127.0.0.1"
        request = call.request()
        service = world.ecs_api if action == "DescribeRegions" else world.sts
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        if style == "ACS3":
            headers["host"] = "127.0.0.1"
        status, body, told = ask(service, request.target, request.method, headers, request.body or None)
        in_json = told["Content-Type"].startswith("application/json")
        return status, json.loads(body) if in_json else content_of(ET.fromstring(body))

    return send


def content_of(element: ET.Element) -> Any:
    """Return what an element holds."""
    return {child.tag: content_of(child) for child in element} or element.text or ""


@pytest.mark.parametrize("style", ["V1 GET", "V1 POST", "ACS3", "BEARER"])
@pytest.mark.parametrize("action", ["AssumeRole", "GetCallerIdentity", "DescribeRegions"])
def test_calls_are_answered_over_a_socket(world, over_the_wire, style, action):
    """The same as without one, and the journal names what was asked."""
    status, content = over_the_wire(action, style)
    assert (status, "Code" in content) == (200, False)
    [entry] = world.journal
    assert (entry.operation, entry.status, entry.placed) == (action, 200, True)


@pytest.mark.parametrize("action", ["AssumeRoleWithOIDC", "AssumeRoleWithSAML"])
@pytest.mark.parametrize("style", ["ANONYMOUS GET", "ANONYMOUS POST"])
def test_anonymous_calls_are_answered_over_a_socket(world, over_the_wire, style, action):
    """STS asks the issuer for its keys; that stands in the journal, too."""
    assert over_the_wire(action, style)[0] == 200
    operations = [entry.operation for entry in world.journal]
    assert operations == (["Discovery", "Jwks", action] if "OIDC" in action else [action])


@pytest.mark.parametrize(
    ("outage", "status", "code"),
    [
        ("sts_error", 500, "InternalError"),
        ("sts_unavailable", 503, "ServiceUnavailable"),
        ("sts_throttled", 400, "Throttling.User"),
    ],
)
@pytest.mark.parametrize("wanted", FORMATS)
def test_a_named_outage_of_sts_is_its_own_refusal(world, over_the_wire, outage, status, code, wanted):
    """With the code, status and format of the service, for every action of it and for nobody else's."""
    with world.faults.add(outage) as handle:
        for action in ("AssumeRole", "AssumeRoleWithOIDC", "GetCallerIdentity"):
            told, content = over_the_wire(action, Format=wanted)
            assert (told, content["Code"]) == (status, code)
            assert list(content) == ["RequestId", "HostId", "Code", "Message", "Recommend"]
        assert handle.hits == 3
        assert over_the_wire("DescribeRegions")[0] == 200
    assert over_the_wire()[0] == 200
    assert world.ledger.credentials[-1].uses == 0
    assert len(world.ledger.credentials) == 1


@pytest.mark.parametrize("outage", ["sts_down", "sts_silent"])
def test_an_outage_without_an_answer_concerns_sts_alone(world, draft, outage):
    """The connection is reset or kept silent, and nothing is issued."""
    ending = {"sts_down": "reset", "sts_silent": "silence"}[outage]
    call = draft("AssumeRole", world=world._world)
    call.host = "127.0.0.1"
    with world.faults.add(outage):
        assert world.sts.answer(call.request(), world.sts.generation).effect.ending == ending
        assert world.ledger.credentials == ()
        call = draft("DescribeRegions", world=world._world)
        assert world.ecs_api.answer(call.request(), world.ecs_api.generation).status == 200


def test_an_outage_may_last_for_a_number_of_calls(world, over_the_wire):
    """The next one is answered, which is how a retry is tested."""
    world.faults.add("sts_throttled", times=2)
    assert [over_the_wire()[0] for _ in range(3)] == [400, 400, 200]


def test_an_outage_may_concern_one_action(world, over_the_wire):
    """Whichever way the action is named."""
    world.faults.add("sts_unavailable", operation="AssumeRole")
    statuses = [over_the_wire("AssumeRole", style)[0] for style in ("V1 GET", "V1 POST", "ACS3", "BEARER")]
    assert statuses == [503] * 4
    assert over_the_wire("GetCallerIdentity")[0] == 200
    with pytest.raises(
        ValueError, match="no operation is called 'AssumeRoles'; known: AssumeRole, AssumeRole"
    ):
        world.sts.faults.add(Fault.reset(), operation="AssumeRoles")


@pytest.mark.parametrize("action", ["AssumeRole", "DescribeRegions"])
def test_any_code_of_the_table_may_be_answered(world, over_the_wire, action):
    """Status and message are the table's; what a check would fill in stays empty."""
    with world.faults.add(Fault.refusal("SignatureDoesNotMatch")):
        status, content = over_the_wire(action)
        assert (status, content["Code"]) == (400, "SignatureDoesNotMatch")
        assert content["Message"].endswith("server string to sign is:")
    with world.faults.add(Fault.refusal("InvalidSecurityToken.Expired")):
        assert over_the_wire(action)[1]["Message"] == "Specified SecurityToken is expired."


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("MissingRoleArn", "RoleArn is mandatory for this action."),
        ("MissingSecurityToken", "SecurityToken is mandatory for this action."),
        ("NoPermission", "You are not authorized to do this action. You should be authorized by RAM."),
        ("AuthenticationFail.NoPermission", "There is no permission"),
    ],
)
def test_a_code_of_several_rows_says_least_of_what_was_wrong(world, over_the_wire, code, message):
    """Nothing was wrong with the call; a parameter that is said to be missing is named."""
    world.sts.faults.add(Fault.refusal(code))
    _, content = over_the_wire()
    assert (content["Code"], content["Message"]) == (code, message)


@pytest.mark.parametrize("code", ["Missing", "Missing{parameter}", "missingRoleArn"])
def test_the_place_in_a_code_has_to_be_filled_in(code):
    """The pattern itself is no code."""
    with pytest.raises(ValueError, match="no service refuses anything with the code"):
        Fault.refusal(code)


def test_a_code_that_nobody_uses_is_refused_when_the_fault_is_made():
    """The message lists those that there are."""
    with pytest.raises(ValueError, match=r"the code 'Throttled'; known: .*Throttling\.User"):
        Fault.refusal("Throttled")


@pytest.mark.parametrize(("code", "status"), [("InvalidAction.NotFound", 404), ("InvalidVersion", 400)])
def test_a_fault_that_refuses_is_not_a_call_that_could_not_be_placed(world, over_the_wire, code, status):
    """The code may be one that tells of an unknown action; this call was known."""
    with world.faults.add(Fault.refusal(code)):
        assert over_the_wire("DescribeRegions")[0] == status
    assert [entry.placed for entry in world.journal] == [True]


def test_other_services_have_no_such_refusals(world, ask):
    """The metadata service answers as if nothing were wrong."""
    world.faults.add(Fault.refusal("Throttling"))
    assert ask(world.imds, "/latest/meta-data/instance-id")[0] == 200


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("field", ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"])
@pytest.mark.parametrize("action", ["AssumeRole", "AssumeRoleWithOIDC", "AssumeRoleWithSAML"])
def test_a_field_may_be_left_out_of_a_credential(world, over_the_wire, field, wanted, action):
    """At its depth, in JSON and in XML; the rest stays in its order."""
    whole = over_the_wire(action, Format=wanted)[1]
    world.sts.faults.add(Fault.partial(field))
    status, content = over_the_wire(action, Format=wanted)
    assert status == 200
    assert list(content) == list(whole)
    assert list(content["Credentials"]) == [name for name in whole["Credentials"] if name != field]


@pytest.mark.parametrize("wanted", FORMATS)
def test_the_whole_credential_may_be_left_out(world, over_the_wire, wanted):
    """An object counts as a field."""
    world.sts.faults.add(Fault.partial("Credentials"))
    assert list(over_the_wire(Format=wanted)[1]) == ["RequestId", "AssumedRoleUser"]


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize(
    ("action", "place"), [("AssumeRole", "Credentials"), ("GenerateSessionAccessKey", "SessionAccessKey")]
)
def test_a_credential_may_have_ended_when_it_is_handed_out(world, over_the_wire, wanted, action, place):
    """An hour ago by the fakes' clock; the other moments of an answer stay."""
    world.sts.faults.add(Fault.expired())
    content = over_the_wire(action, Format=wanted)[1]
    assert content[place]["Expiration"] == "2026-01-02T02:04:05Z"
    told = over_the_wire("AssumeRoleWithOIDC", Format=wanted)[1]
    assert told["Credentials"]["Expiration"] == "2026-01-02T02:04:05Z"
    assert told["OIDCTokenInfo"]["ExpirationTime"] == "2026-01-02T04:04:05Z"


@pytest.mark.parametrize("wanted", FORMATS)
def test_refusals_and_answers_without_a_credential_have_no_end(world, over_the_wire, wanted):
    """A fault about credentials leaves the rest alone."""
    world.sts.faults.add(Fault.expired())
    assert "Expiration" not in str(over_the_wire("GetCallerIdentity", Format=wanted)[1])
    assert "Expiration" not in str(over_the_wire(RoleArn="x", Format=wanted)[1])


@pytest.mark.parametrize("wanted", FORMATS)
def test_a_document_may_break_off(world, draft, ask, wanted):
    """Whichever its format, it can then not be read."""
    world.sts.faults.add(Fault.malformed())
    call = draft("GetCallerIdentity", world=world._world).say(Format=wanted)
    call.host = "127.0.0.1"
    status, body, _ = ask(world.sts, call.request().target)
    assert status == 200
    with pytest.raises((json.JSONDecodeError, ET.ParseError)):
        _ = json.loads(body) if wanted == "JSON" else ET.fromstring(body)


ISSUER_FAULTS: list[str | Fault] = [
    "oidc_issuer_down",
    Fault.silence(),
    Fault.status(500),
    Fault.status(404),
    Fault.truncate(5),
    Fault.malformed(),
    Fault.body(b"[]"),
    Fault.body(b"\xff"),
]
BAD_ADDRESSES = [
    b"{}",
    b'{"jwks_uri": 5}',
    b'{"jwks_uri": "http://["}',
    b'{"jwks_uri": "https://issuer.example/elsewhere"}',
]
BROKEN = [
    *((fault, operation) for fault in ISSUER_FAULTS for operation in ("Discovery", "Jwks")),
    *((Fault.body(document), "Discovery") for document in BAD_ADDRESSES),
]


@pytest.mark.parametrize(("fault", "operation"), BROKEN)
def test_an_issuer_that_does_not_say_its_keys_is_broken(world, over_the_wire, fault, operation):
    """STS asks it through the same door as everybody, and names it in the refusal."""
    with world.oidc.faults.add(fault, operation=operation) as handle:
        status, content = over_the_wire("AssumeRoleWithOIDC")
        assert handle.hits == 1
    assert (status, content["Code"]) == (400, "AuthenticationFail.OIDCToken.IssuerConfigurationBroken")
    assert (
        content["Message"] == f"Get public keys from OIDC Provider failed, the issuer is {world.oidc.issuer}."
    )
    assert world.ledger.credentials == ()
    assert over_the_wire("AssumeRoleWithOIDC")[0] == 200


@pytest.mark.parametrize("document", [b"{}", b'{"keys": 5}', b'{"keys": [null, 5, {}, {"kty": "RSA"}]}'])
def test_a_key_set_without_the_right_key_verifies_nothing(world, over_the_wire, document):
    """Then the token is what is wrong."""
    with world.oidc.faults.add(Fault.body(document), operation="Jwks"):
        _, content = over_the_wire("AssumeRoleWithOIDC")
    assert content["Code"] == "AuthenticationFail.OIDCToken.Invalid"


def test_an_issuer_that_was_stopped_says_nothing_to_sts_either(world, over_the_wire):
    """As if its machine were gone."""
    world.oidc.stop()
    status, content = over_the_wire("AssumeRoleWithOIDC", "ANONYMOUS POST")
    assert content["Code"] == "AuthenticationFail.OIDCToken.IssuerConfigurationBroken"
    assert status == 400


def test_an_issuer_that_is_down_harms_nobody_who_does_not_need_it(world, over_the_wire):
    """Neither the users of keys nor a token that is refused for what it says."""
    world.faults.add("oidc_issuer_down")
    assert over_the_wire("AssumeRole")[0] == 200
    assert over_the_wire("AssumeRoleWithSAML")[0] == 200
    _, content = over_the_wire("AssumeRoleWithOIDC", OIDCToken="a.b.c")
    assert content["Code"] == "AuthenticationFail.OIDCToken.Invalid"


def test_a_provider_whose_keys_are_registered_asks_nobody(world, over_the_wire):
    """An issuer of the test's own needs no server."""
    provider = world.ram.oidc_provider("ack-rrsa-demo")
    provider.keys = world._world.oidc.jwks()
    world.faults.add("oidc_issuer_down")
    assert over_the_wire("AssumeRoleWithOIDC")[0] == 200


def test_a_rotated_key_verifies_what_it_signed(world, over_the_wire):
    """A token of before the rotation stays good while the former key is published, and no longer."""
    token = world.oidc.issue_token()
    world.oidc.rotate_keys()
    assert over_the_wire("AssumeRoleWithOIDC", OIDCToken=token)[0] == 200
    assert over_the_wire("AssumeRoleWithOIDC")[0] == 200
    world.oidc.rotate_keys(keep_former=False)
    _, content = over_the_wire("AssumeRoleWithOIDC", OIDCToken=token)
    assert content["Code"] == "AuthenticationFail.OIDCToken.Invalid"


def test_the_registered_fingerprint_may_be_written_in_either_way(world, over_the_wire):
    """In upper case with colons, as a browser shows it, or in lower case without."""
    provider, fingerprint = world.ram.oidc_provider("ack-rrsa-demo"), world._world.ca.fingerprint
    pairs = [fingerprint[index : index + 2].upper() for index in range(0, 40, 2)]
    for written in (fingerprint, fingerprint.upper(), ":".join(pairs)):
        provider.fingerprints = ["00" * 20, written]
        assert over_the_wire("AssumeRoleWithOIDC")[0] == 200
    provider.fingerprints = []
    _, content = over_the_wire("AssumeRoleWithOIDC")
    assert content["Code"] == "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch"


@pytest.mark.parametrize(("age", "granted"), [(12 * 3600 - 1, True), (12 * 3600, False), (0, True)])
def test_a_token_may_be_twelve_hours_old(world, over_the_wire, clock, age, granted):
    """Unless the provider says otherwise (documented), and not a second older."""
    token = world.oidc.issue_token(lifetime=48 * 3600)
    clock.shift(seconds=age)
    assert (over_the_wire("AssumeRoleWithOIDC", OIDCToken=token)[0] == 200) is granted


def test_a_token_ends_at_the_second(world, over_the_wire, clock):
    """At its end it is expired, as a credential is."""
    token = world.oidc.issue_token(lifetime=600)
    clock.shift(seconds=599)
    assert over_the_wire("AssumeRoleWithOIDC", OIDCToken=token)[0] == 200
    clock.shift(seconds=1)
    _, content = over_the_wire("AssumeRoleWithOIDC", OIDCToken=token)
    assert content["Code"] == "AuthenticationFail.OIDCToken.Expired"
