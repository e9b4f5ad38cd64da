"""What real clients send oddly and the real service takes: each of it is taken here."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest

from alicred_emulator.messages import Headers, Request
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World

POLICY = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]})
assert " " in POLICY


def get(world: World, target: str, *fields: tuple[str, str], secure: bool = True) -> Any:
    """Ask STS with GET."""
    return STS.answer(world, replace(Request.of("GET", target, Headers(fields)), secure=secure))


def post(world: World, target: str, body: bytes, content_type: str, *fields: tuple[str, str]) -> Any:
    """Ask STS with POST."""
    headers = Headers([("Content-Type", content_type), *fields])
    return STS.answer(world, replace(Request.of("POST", target, headers, body), secure=True))


# --- Where a request is addressed to ------------------------------------------------------------------------


def test_a_target_may_be_a_whole_url(draft, small_world):
    """A client that takes the fake for a proxy sends the whole URL, whose host is what counts."""
    query = urlencode(draft().signed())
    reply = get(small_world, f"http://127.0.0.1:8101/?{query}", ("Host", "elsewhere"), secure=False)
    assert reply.status == 200
    query = urlencode(draft().say(RoleArn="x").signed())
    reply = get(small_world, f"http://127.0.0.1:8101/?{query}", ("Host", "elsewhere"), secure=False)
    assert reply.document["HostId"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (None, ""),
        ("", ""),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:8101", "127.0.0.1"),
        ("http://127.0.0.1:8101", "127.0.0.1"),
        ("http://127.0.0.1:8101/", "127.0.0.1"),
        ("https://localhost", "localhost"),
        ("[::1]:8101", "[::1]"),
        ("[::1]", "[::1]"),
    ],
)
def test_a_host_may_be_missing_or_without_port_or_a_whole_url(draft, small_world, host, told):
    """Whatever the Host header says, the call is answered; a refusal names the host alone."""
    fields = [] if host is None else [("Host", host)]
    good, bad = urlencode(draft().signed()), urlencode(draft().say(RoleArn="x").signed())
    assert get(small_world, f"/?{good}", *fields, secure=False).status == 200
    assert get(small_world, f"/?{bad}", *fields, secure=False).document["HostId"] == told


@pytest.mark.parametrize(
    "host", ["sts.aliyuncs.com", "STS.cn-hangzhou.aliyuncs.com:80", "http://sts.aliyuncs.com"]
)
def test_a_real_host_wants_tls(draft, small_world, host):
    """What reached a real host's name in the clear would have been refused there, however it is written."""
    query = urlencode(draft().say(Format="JSON").signed())
    reply = get(small_world, f"/?{query}", ("Host", host), secure=False)
    assert reply.document["Code"] == "InvalidProtocol.NeedSsl"
    assert get(small_world, f"/?{query}", ("Host", host)).status == 200


def test_the_path_may_be_empty(draft, small_world):
    """``https://sts.aliyuncs.com?Action=...`` is documented as well."""
    query = urlencode(draft().signed())
    assert get(small_world, f"https://sts.aliyuncs.com?{query}").status == 200


def test_a_bare_question_mark_is_no_query(draft, small_world):
    """Go ends each request whose query is empty with a question mark."""
    form = urlencode(draft("GetCallerIdentity", "V1 POST").signed()).encode()
    reply = post(small_world, "/?", form, "application/x-www-form-urlencoded")
    assert reply.status == 200


# --- How a request is written -------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["JSON", "json", "Json", "XML", "xml"])
def test_the_format_may_be_in_any_case(draft, written):
    """Clients write JSON and json, XML and xml."""
    answer = draft().say(Format=written).ask()
    assert answer.status == 200
    assert ("json" in answer.reply.content_type) is (written.upper() == "JSON")


def test_without_a_format_parameters_are_answered_in_xml(draft):
    """The documents contradict each other; XML is what the gateway has always done."""
    assert draft().say(Format=None).ask().reply.content_type == "text/xml;charset=utf-8"
    assert draft().say(Format=None, RoleArn="x").ask().content["Code"] == "InvalidParameter.RoleArn"


@pytest.mark.parametrize("style", ["ACS3", "BEARER"])
@pytest.mark.parametrize(
    ("accept", "kind"),
    [("application/json", "json"), ("application/xml", "xml"), ("*/*", "json"), (None, "json")],
)
def test_without_a_format_headers_are_answered_as_they_accept(draft, style, accept, kind):
    """The newer style says in ``accept`` what it wants, and gets JSON unless it wants XML alone."""
    call = draft("GetCallerIdentity", style)
    call.headers["accept"] = accept
    assert kind in call.ask().reply.content_type


@pytest.mark.parametrize("style", ["V1 POST", "ACS3", "BEARER"])
@pytest.mark.parametrize("change", [str.upper, str.title, str.lower])
def test_header_names_may_be_in_any_case(draft, style, change):
    """Go writes them in its canonical form, Node.js in lower case."""
    request = draft("AssumeRole", style).request()
    headers = Headers((change(name), value) for name, value in request.headers.items())
    assert STS.answer(draft().world, replace(request, headers=headers)).status == 200


def raw(parameters: dict[str, str], safe: str, encode: Any = quote_plus) -> str:
    """Write a query as some client does."""
    return "&".join(f"{name}={encode(value, safe=safe)}" for name, value in parameters.items())


@pytest.mark.parametrize("safe", ["", ":/*", ":/*@,", "-_.~"])
@pytest.mark.parametrize("encode", [quote, quote_plus])
def test_a_query_may_be_written_in_any_encoding(draft, small_world, safe, encode):
    """aiohttp leaves ``:/*`` as they are and writes ``+`` for a blank; what is signed is the same."""
    said = {"Policy": POLICY, "ExternalId": "a:b/c@d,e+f", "RoleSessionName": "a@b"}
    call = draft().say(**said)
    assert get(small_world, f"/?{raw(call.signed(), safe, encode)}").status == 200
    assert small_world.ledger.credentials[-1].policy == POLICY


def test_the_signature_in_a_query_may_have_raw_slashes(draft, small_world):
    """A Base64 text has slashes and equals signs, which some clients do not encode."""
    for _ in range(50):
        signed = draft("GetCallerIdentity").signed()
        if "/" in signed["Signature"]:
            break
    rest = {name: value for name, value in signed.items() if name != "Signature"}
    written = signed["Signature"].replace("+", "%2B")
    assert "/" in written
    assert get(small_world, f"/?{urlencode(rest)}&Signature={written}").status == 200


@pytest.mark.parametrize("in_query", [0, 1, 5, 100])
def test_parameters_may_be_split_over_query_and_body(draft, small_world, in_query):
    """Both sets are signed together, wherever each parameter stands."""
    parts = list(draft("AssumeRole", "V1 POST").signed().items())
    query, body = urlencode(parts[:in_query]), urlencode(parts[in_query:]).encode()
    reply = post(small_world, f"/?{query}", body, "application/x-www-form-urlencoded; charset=UTF-8")
    assert reply.status == 200


def test_a_body_that_is_empty_needs_no_type(draft):
    """A POST with everything in the query has no body, and often another type."""
    call = draft("AssumeRole", "ACS3")
    call.headers["content-type"] = "text/plain"
    assert call.ask().status == 200


# --- ID tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", ["{}\n", "\r\n{}", "  {}\t\n"])
@pytest.mark.parametrize("style", ["ANONYMOUS GET", "ANONYMOUS POST"])
def test_an_id_token_may_have_white_space_around_it(draft, small_world, style, around):
    """The SDKs send the token file as it is, with the newline at its end."""
    token = around.format(small_world.oidc.issue_token())
    assert draft("AssumeRoleWithOIDC", style).say(OIDCToken=token).ask().status == 200


def test_an_id_token_may_have_20000_characters_in_a_get(world, ask):
    """The documented limit of a GET is 4 KB; a client that puts its token there is answered all the same."""
    short = world.oidc.issue_token(claims={"filling": ""})
    missing = (20_000 - len(short)) * 3 // 4
    token = next(
        token
        for length in range(missing, missing - 8, -1)
        if len(token := world.oidc.issue_token(claims={"filling": "x" * length})) <= 20_000
    )
    assert len(token) > 19_990
    said = {
        "Action": "AssumeRoleWithOIDC",
        "Version": "2015-04-01",
        "Format": "JSON",
        "Timestamp": "2026-01-02T03:04:05Z",
        "OIDCProviderArn": world.oidc.provider_arn,
        "RoleArn": world.role.arn,
        "RoleSessionName": "alice",
        "OIDCToken": token,
    }
    status, body, _ = ask(world.sts, f"/?{urlencode(said)}")
    assert (status, json.loads(body)["OIDCTokenInfo"]["VerificationInfo"]) == (200, "Success")


PROOFS = [
    {"AccessKeyId": "LTAI-nobodys", "Signature": "wrong", "SignatureMethod": "ROT13", "SignatureNonce": "1"},
    {"AccessKeyId": "", "Signature": ""},
    {"AccessKeyId": "STS.nobodys", "SecurityToken": "nonsense"},
    {"SignatureType": "BEARERTOKEN", "BearerToken": "nobodys"},
    # Java's, which has no key and no signature.
    {"SignatureNonce": "1", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"},
    # The product SDK's.
    {"SignatureNonce": "1"},
    {"Timestamp": None},
]


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("action", ["AssumeRoleWithOIDC", "AssumeRoleWithSAML"])
@pytest.mark.parametrize("style", ["ANONYMOUS GET", "ANONYMOUS POST"])
def test_what_proves_nothing_is_not_looked_at_where_an_identity_provider_vouches(draft, proof, action, style):
    """Credentials that come along with an anonymous action are no reason to refuse it."""
    assert draft(action, style).say(**proof).ask().status == 200


def test_an_anonymous_action_may_come_with_an_authorization(draft):
    """Not even one that is broken."""
    call = draft("AssumeRoleWithOIDC", "ANONYMOUS POST")
    call.headers["authorization"] = "ACS3-HMAC-SHA256 Credential=nobody"
    assert call.ask().status == 200


def test_one_nonce_may_go_with_two_anonymous_calls(draft):
    """Who signs nothing repeats nothing."""
    for _ in range(2):
        assert draft("AssumeRoleWithOIDC").say(SignatureNonce="1").ask().status == 200


def test_a_key_that_comes_along_is_not_counted_as_used(draft, small_world):
    """Nobody looked at it, and the journal does not say that somebody did."""
    issued = draft().ask().content["Credentials"]
    answer = draft("AssumeRoleWithOIDC").say(AccessKeyId=issued["AccessKeyId"]).ask()
    assert (answer.status, answer.reply.detail) == (200, "")
    assert small_world.ledger.get(issued["AccessKeyId"]).uses == 0


# --- ACS3 ---------------------------------------------------------------------------------------------------


def test_acs3_is_verified_from_the_list_of_signed_headers(draft):
    """The Python core signs every header that it has, accept and user-agent included."""
    call = draft("AssumeRole", "ACS3")
    call.headers |= {
        "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7",
        "x-sdk": "y",
        "accept": "*/*",
    }
    request = call.request()
    assert "accept;host;user-agent;x-acs-action" in request.headers["authorization"]
    assert STS.answer(call.world, request).status == 200


def test_an_unsigned_header_may_be_anything(draft):
    """What a proxy adds on the way does no harm."""
    request = draft("AssumeRole", "ACS3").request()
    headers = Headers([*request.headers.items(), ("Via", "1.1 proxy"), ("User-Agent", "curl")])
    assert STS.answer(draft().world, replace(request, headers=headers)).status == 200


def test_acs3_parameters_may_stand_in_a_json_body(draft, small_world):
    """Numbers and objects in it are taken as they would be written in a query."""
    call = draft("GetCallerIdentity", "ACS3").say(Action="AssumeRole")
    content = {
        "RoleArn": small_world.role.arn,
        "RoleSessionName": "alice",
        "DurationSeconds": 900,
        "Policy": json.loads(POLICY),
        "ExternalId": None,
    }
    call.body, call.headers["content-type"] = json.dumps(content).encode(), "application/json; charset=utf-8"
    assert call.ask().status == 200
    issued = small_world.ledger.credentials[-1]
    assert (issued.expires_at - issued.issued_at).total_seconds() == 900
    assert json.loads(issued.policy) == json.loads(POLICY)


def test_acs3_parameters_may_stand_in_a_form(draft, small_world):
    """The hash of the body covers them."""
    call = draft("GetCallerIdentity", "ACS3").say(Action="AssumeRole")
    call.body = urlencode({"RoleArn": small_world.role.arn, "RoleSessionName": "alice"}).encode()
    call.headers["content-type"] = "application/x-www-form-urlencoded"
    assert call.ask().status == 200


def test_acs3_may_write_a_plus_for_a_blank_that_is_signed_as_20(draft):
    """The Python core does; whoever verified the raw query would refuse every policy with a blank."""
    call = draft("AssumeRole", "ACS3").say(Policy=POLICY)
    request = call.request()
    assert "%22%3A+%5B" in request.query
    assert STS.answer(call.world, request).status == 200
    call = draft("AssumeRole", "ACS3").say(Policy=POLICY)
    request = call.request()
    assert STS.answer(call.world, replace(request, query=request.query.replace("+", "%20"))).status == 200


def test_headers_of_acs3_may_come_with_a_v1_signature(draft):
    """The product SDK's ``v2`` sends x-acs-action and x-acs-version along; Authorization is what tells."""
    call = draft()
    call.headers |= {"x-acs-action": "AssumeRole", "x-acs-version": "2015-04-01"}
    assert call.say(Format="json").ask().status == 200


def test_a_parameter_without_a_value_is_signed_as_an_empty_one(draft, small_world):
    """``k`` and ``k=`` are the same."""
    call = draft("GetCallerIdentity", "ACS3").say(Nothing="")
    request = call.request()
    assert request.query == "Nothing="
    assert STS.answer(small_world, replace(request, query="Nothing")).status == 200


# --- The switches -------------------------------------------------------------------------------------------


def signed_like_the_python_sdk(call: Any) -> Any:
    """Sign a call with ``+`` for a blank, in both passes."""
    said = call.signed()
    pairs = "&".join(
        f"{quote_plus(name)}={quote_plus(said[name], safe='~')}"
        for name in sorted(said)
        if name != "Signature"
    )
    call.string_to_sign = f"{call.method}&%2F&{quote_plus(pairs, safe='~')}"
    return call.say(Signature=call._signature("HMAC-SHA1"))


def test_a_policy_with_blanks_is_refused_to_who_signs_a_plus(draft):
    """By the documented rule the signature is wrong, and the server's string tells where."""
    answer = signed_like_the_python_sdk(draft().say(Policy=POLICY)).ask()
    assert answer.content["Code"] == "SignatureDoesNotMatch"
    assert "%2520" in answer.content["Message"]


def test_a_policy_with_blanks_is_granted_to_who_signs_a_plus_once_that_is_allowed(draft, small_world):
    """The switch takes the known mistake for a signature; the documented rule holds as well."""
    small_world.leniency.accepts_plus_for_space = True
    assert signed_like_the_python_sdk(draft().say(Policy=POLICY)).ask().status == 200
    assert draft().say(Policy=POLICY).ask().status == 200
    answer = signed_like_the_python_sdk(draft().say(Policy=POLICY)).say(RoleSessionName="bob").ask()
    assert "%2520" in answer.content["Message"]


def hmac_of_the_key_file(draft: Any, method: str, text: str) -> Any:
    """Sign for a session key as some SDKs do: with the text of the private key's file as a secret."""
    call = draft("GenerateSessionAccessKey").say(SignatureMethod=method, SignatureType=None)
    call.signed()
    pair = call.key
    call.key = type("Pair", (), {"public_key_id": pair.public_key_id, "access_key_secret": text})
    named = "HMAC-SHA1" if method == "SHA256withRSA" else method
    return call.say(Signature=call._signature(named))


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "SHA256withRSA"])
@pytest.mark.parametrize("strip", [False, True])
def test_a_key_file_is_no_secret_unless_that_is_allowed(draft, small_world, method, strip):
    """Nobody who has the public key alone could verify it; the switch stands for a service that can."""
    text = small_world.key_pair.private_key_pem
    text = text.strip() if strip else text
    assert hmac_of_the_key_file(draft, method, text).ask().content["Code"] == "SignatureDoesNotMatch"
    small_world.leniency.accepts_hmac_for_key_pairs = True
    assert hmac_of_the_key_file(draft, method, text).ask().status == 200
    assert draft("GenerateSessionAccessKey").ask().status == 200
    assert hmac_of_the_key_file(draft, method, "another").ask().content["Code"] == "SignatureDoesNotMatch"


def test_the_switches_are_off_and_a_reset_turns_them_off(world):
    """A test that allows a mistake allows it to itself alone."""
    assert not world.sts.accepts_plus_for_space
    assert not world.sts.accepts_hmac_for_key_pairs
    world.sts.accepts_plus_for_space = world.sts.accepts_hmac_for_key_pairs = True
    assert world.sts.accepts_plus_for_space
    assert world.sts.accepts_hmac_for_key_pairs
    world.reset()
    assert not world.sts.accepts_plus_for_space
    assert not world.sts.accepts_hmac_for_key_pairs
