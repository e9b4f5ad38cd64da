"""The emulator's verification of signatures, held to `fixtures/signatures.toml` and to whole requests."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.ecs_api import ECS
from alicred_emulator.gateway import signatures
from alicred_emulator.gateway.api import Api
from alicred_emulator.gateway.call import Action, Call
from alicred_emulator.gateway.verification import signature_wrong
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.ram.access_keys import AccessKey
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parents[2] / "fixtures" / "signatures.toml"
VECTORS = tomllib.loads(TABLE.read_text(encoding="utf-8"))
V1 = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["v1"]]
ACS3 = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["acs3"]]

COMMON = {"name", "comment", "source", "expect", "method", "secret", "signature"}
KEYS = {
    "v1": COMMON | {"parameters", "string_to_sign"},
    "acs3": COMMON
    | {"path", "query", "headers", "body", "access_key_id", "content_sha256", "signed_headers"}
    | {"canonical_request", "canonical_request_sha256"},
}
OPTIONAL = {"canonical_request"}


def encode_as(vector: dict[str, Any]) -> signatures.Encode:
    """Return the encoding that a vector is about: the right one, or the one of a known mistake."""
    return signatures.percent_encoded if vector["expect"] == "match" else signatures.plus_encoded


def canonical_request(vector: dict[str, Any]) -> str:
    """Return the canonical form of a vector's request."""
    body = vector["body"].encode()
    content_sha256 = signatures.hash_of(body)
    headers = {**vector["headers"], "x-acs-content-sha256": content_sha256}
    pairs = vector["query"].items()
    return signatures.acs3_canonical_request(vector["method"], vector["path"], pairs, headers, content_sha256)


# --- The functions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", V1)
def test_v1_strings_and_signatures_are_those_of_the_vectors(vector):
    """The string to sign and the signature are the published or computed ones, to the letter."""
    string = signatures.v1_string_to_sign(vector["method"], vector["parameters"], encode_as(vector))
    assert string == vector["string_to_sign"]
    method = vector["parameters"]["SignatureMethod"]
    assert signatures.v1_signature(method, vector["secret"], string) == vector["signature"]


@pytest.mark.parametrize("vector", ACS3)
def test_acs3_requests_and_signatures_are_those_of_the_vectors(vector):
    """The canonical request, its hash and the signature are the published or computed ones, to the letter."""
    request = canonical_request(vector)
    assert request == vector.get("canonical_request", request)
    assert signatures.hash_of(vector["body"].encode()) == vector["content_sha256"]
    assert signatures.hash_of(request.encode()) == vector["canonical_request_sha256"]
    string = signatures.acs3_string_to_sign(request)
    assert signatures.acs3_signature(vector["secret"], string) == vector["signature"]


def test_the_signature_is_left_out_of_what_is_signed():
    """Whoever verifies has the signature among the parameters; it does not sign itself."""
    vector = VECTORS["v1"][0]
    parameters = {**vector["parameters"], "Signature": vector["signature"]}
    assert signatures.v1_string_to_sign("GET", parameters) == vector["string_to_sign"]


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("AZaz09-_.~", "AZaz09-_.~"),
        (" ", "%20"),
        ("*", "%2A"),
        ("/", "%2F"),
        ("+", "%2B"),
        ("%", "%25"),
        ("'()!", "%27%28%29%21"),
        ("ä€😀", "%C3%A4%E2%82%AC%F0%9F%98%80"),
        ("\x00\n", "%00%0A"),
        ("", ""),
    ],
)
def test_everything_but_the_unreserved_is_encoded(text, encoded):
    """Letters, digits and ``-_.~`` stay; the rest is UTF-8 in upper-case hexadecimal (documented)."""
    assert signatures.percent_encoded(text) == encoded


def test_parameters_are_sorted_before_they_are_encoded():
    """The order is that of the bytes of the names (documented), and not of what they are encoded as."""
    pairs = [("b", "1"), ("a-b", "2"), ("B", "3"), ("a", ""), ("ä", "4"), ("a b", "5")]
    assert signatures.canonical_query(pairs) == "B=3&a=&a%20b=5&a-b=2&b=1&%C3%A4=4"


def test_a_header_is_signed_without_the_blanks_around_it():
    """Names in lower case, values trimmed, sorted by name, whatever the order in which they came."""
    signed = signatures.acs3_canonical_request(
        "GET", "/", [], {"X-Acs-B": "  two  ", "host": "h", "x-acs-a": "one"}, "hash"
    )
    assert signed == "GET\n/\n\nhost:h\nx-acs-a:one\nx-acs-b:two\n\nhost;x-acs-a;x-acs-b\nhash"


# --- Whole requests -----------------------------------------------------------------------------------------

APIS = {
    "2015-04-01": STS,
    # The published example calls an action that the fake does not have.
    "2014-05-26": replace(ECS, actions={**ECS.actions, "RunInstances": Action(answer=lambda _call: {})}),
}
VALID_TOO = {"Action": "GetCallerIdentity", "Format": "XML", "SignatureMethod": "HMAC-SHA256"}
"""What could be said instead without being refused for another reason."""

REFUSED = "Specified signature is not matched with our calculation. server string to sign is:"


@pytest.fixture
def world(clock: EmulatorClock) -> World:
    """A world at the time of a vector, whatever that is."""
    return World(clock)


def know(world: World, key_id: str, secret: str, token: str = "") -> None:
    """Have a world know a key: a user's, or that of a session with a token."""
    keyring, now = world.accounts.keyring, world.clock.now()
    if not token:
        keyring.access_keys[key_id] = AccessKey(key_id, secret, world.user.principal, keyring)
        return
    issued = world.ledger.issue(
        holder=world.role.session("session"), origin="a test", issued_at=now, lifetime=timedelta(hours=1)
    )
    known = (("access_key_id", key_id), ("access_key_secret", secret), ("security_token", token))
    for name, value in known:
        setattr(issued, name, value)
    world.ledger._issued[key_id] = issued


def code_of(reply: Reply) -> str:
    """Return the code of a refusal, in JSON or XML; ``granted`` if it is none."""
    assert reply.document is not None
    return str(reply.document.get("Code", "granted"))


def send_v1(world: World, vector: dict[str, Any], parameters: dict[str, str], signature: str = "") -> Reply:
    """Send the parameters with a vector's signature, at the vector's time."""
    world.clock.move_to(vector["parameters"]["Timestamp"])
    know(world, parameters["AccessKeyId"], vector["secret"], parameters.get("SecurityToken", ""))
    sent = urlencode({**parameters, "Signature": signature or vector["signature"]})
    fields = [("Host", "127.0.0.1")]
    if vector["method"] == "POST":
        fields.append(("Content-Type", "application/x-www-form-urlencoded"))
        return api_of(vector).answer(world, Request.of("POST", "/", Headers(fields), sent.encode()))
    return api_of(vector).answer(world, Request.of("GET", f"/?{sent}", Headers(fields)))


def api_of(vector: dict[str, Any]) -> Api:
    """Return the API that a vector calls."""
    said = vector.get("parameters") or {"Version": vector["headers"]["x-acs-version"]}
    return APIS[said["Version"]]


def encoded(text: str) -> str:
    """Encode a text as signatures want it; written here once more, so that it is not its own measure."""
    return quote(text, safe="-_.~")


def v1_string(method: str, parameters: dict[str, str]) -> str:
    """Write the string to sign, by the published rule."""
    pairs = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(parameters.items()))
    return f"{method}&%2F&{encoded(pairs)}"


def with_another_byte(text: str) -> str:
    """Change the last byte of a text to another that is as good."""
    return text[:-1] + ("b" if text[-1] == "a" else "a") if not text[-1].isdigit() else _next_digit(text)


def _next_digit(text: str) -> str:
    return f"{text[:-1]}{(int(text[-1]) + 1) % 10}"


@pytest.mark.parametrize("vector", V1)
def test_a_v1_request_is_accepted(world, vector):
    """A request with the vector's signature gets past it; a wrong one is refused with the right string."""
    reply = send_v1(world, vector, vector["parameters"])
    if vector["expect"] == "mismatch":
        string = v1_string(vector["method"], vector["parameters"])
        assert reply.document["Message"] == REFUSED + string
        assert string != vector["string_to_sign"]
    else:
        # No account has a number of 13 digits, which is found out once the signature is good.
        published = "1234567890123:" in vector["parameters"].get("RoleArn", "")
        assert code_of(reply) == ("EntityNotExist.Role" if published else "granted")


@pytest.mark.parametrize("vector", V1)
def test_a_plus_for_a_blank_is_accepted_once_it_is_allowed(world, vector):
    """The switch lets a known mistake pass, and everything that is right."""
    world.leniency.accepts_plus_for_space = True
    assert code_of(send_v1(world, vector, vector["parameters"])) in {"granted", "EntityNotExist.Role"}


V1_PARTS = [
    pytest.param(vector, name, id=f"{vector['name']}: {name}")
    for vector in VECTORS["v1"]
    if vector["expect"] == "match"
    for name in [*vector["parameters"], "Signature"]
    # There is no other that is valid.
    if name not in {"Version", "SignatureVersion"}
]


@pytest.mark.parametrize(("vector", "name"), V1_PARTS)
@pytest.mark.parametrize("lenient", [False, True])
def test_one_byte_of_a_v1_request_is_enough_to_spoil_it(world, vector, name, lenient):
    """Every parameter is signed, and the signature counts to its last bit; the right string is told."""
    world.leniency.accepts_plus_for_space = lenient
    parameters, signature = dict(vector["parameters"]), vector["signature"]
    if name == "Signature":
        signature = "A" + signature[1:] if signature[0] != "A" else "B" + signature[1:]
    elif name == "Timestamp":
        parameters[name] = parameters[name].replace("4Z", "3Z").replace("5Z", "4Z")
    elif parameters[name] == VALID_TOO.get(name):
        parameters[name] = {"SignatureMethod": "HMAC-SHA1", "Format": "JSON"}[name]
    else:
        parameters[name] = VALID_TOO.get(name) or with_another_byte(parameters[name])
    if (name, api_of(vector)) == ("Action", APIS["2014-05-26"]):
        parameters[name] = "RunInstances"
    reply = send_v1(world, vector, parameters, signature)
    assert (reply.status, code_of(reply)) == (400, "SignatureDoesNotMatch")
    assert reply.document["Message"] == REFUSED + v1_string(vector["method"], parameters)


def test_another_method_spoils_a_v1_request(world):
    """The method is part of what is signed."""
    by_get = next(vector for vector in VECTORS["v1"] if vector["name"].startswith("C: the same by GET"))
    reply = send_v1(world, {**by_get, "method": "POST"}, by_get["parameters"])
    assert reply.document["Message"] == REFUSED + v1_string("POST", by_get["parameters"])


def send_acs3(world: World, vector: dict[str, Any], **changes: Any) -> Reply:
    """Send a vector with some changes, at the vector's time."""
    world.clock.move_to(vector["headers"]["x-acs-date"])
    sent = {**vector, **changes}
    headers = {"x-acs-content-sha256": vector["content_sha256"], **sent["headers"]}
    know(world, sent["access_key_id"], vector["secret"], headers.get("x-acs-security-token", ""))
    parts = ("access_key_id", "signed_headers", "signature")
    authorization = "ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}"
    headers["Authorization"] = authorization.format(*(sent[part] for part in parts))
    target = f"{sent['path']}?{urlencode(sent['query'])}"
    request = Request.of(sent["method"], target, Headers(headers.items()), sent["body"].encode())
    return api_of(vector).answer(world, replace(request, secure=True))


def acs3_string(vector: dict[str, Any], **changes: Any) -> str:
    """Write the string to sign, by the published rule."""
    sent = {**vector, **changes}
    content = hashlib.sha256(sent["body"].encode()).hexdigest()
    headers = {**sent["headers"], "x-acs-content-sha256": content}
    pairs = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(sent["query"].items()))
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    signed = ";".join(sorted(headers))
    canonical = f"{sent['method']}\n{sent['path']}\n{pairs}\n{lines}\n{signed}\n{content}"
    return f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"


@pytest.mark.parametrize("vector", ACS3)
def test_an_acs3_request_is_accepted(world, vector):
    """A request with the vector's signature is granted."""
    assert code_of(send_acs3(world, vector)) == "granted"


def spoilt_parts(vector: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a vector's parts, with what to send instead of each."""
    # Whose key it is is not signed, and needs not be: another's has another secret.
    yield "signature", {"signature": with_another_byte(vector["signature"])}
    for name, value in vector["query"].items():
        yield name, {"query": {**vector["query"], name: with_another_byte(value)}}
    yield "another parameter", {"query": {**vector["query"], "Format": "JSON"}}
    for name in vector["signed_headers"].split(";"):
        value = {**vector["headers"], "x-acs-content-sha256": vector["content_sha256"]}[name]
        other = {"x-acs-date": value[:-2] + "0Z", "x-acs-action": "DescribeRegions"}.get(name)
        if name == "x-acs-action" and "sts" in vector["headers"]["host"]:
            other = "GetCallerIdentity"
        # There is no other version, nor another type that this body could have.
        if name not in {"x-acs-version", "content-type"}:
            yield name, {"headers": {**vector["headers"], name: other or with_another_byte(value)}}
    if vector["body"]:
        yield "body", {"body": with_another_byte(vector["body"])}
        typed = {**vector["headers"], "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        yield "content-type", {"headers": typed}
    else:
        yield "method", {"method": "GET"}


ACS3_PARTS = [
    pytest.param(vector, changes, id=f"{vector['name']}: {name}")
    for vector in VECTORS["acs3"]
    for name, changes in spoilt_parts(vector)
]


@pytest.mark.parametrize(("vector", "changes"), ACS3_PARTS)
def test_one_byte_of_an_acs3_request_is_enough_to_spoil_it(world, vector, changes):
    """Method, path, query, each signed header and the body are signed; the right string is told."""
    reply = send_acs3(world, vector, **changes)
    assert (reply.status, code_of(reply)) == (400, "SignatureDoesNotMatch")
    assert reply.document["Message"] == REFUSED + acs3_string(vector, **changes)


def test_a_hash_that_is_not_the_bodys_spoils_an_acs3_request(draft):
    """That it is signed does not make it right (documented: it must be the hash of the body)."""
    call = draft("AssumeRole", "ACS3")
    call.headers["x-acs-content-sha256"] = "0" * 64
    assert call.ask().content["Code"] == "SignatureDoesNotMatch"


def test_a_header_that_is_signed_and_not_sent_counts_as_an_empty_one(draft):
    """So it does for the client, which has no value to sign either."""
    call = draft("GetCallerIdentity", "ACS3")
    call.headers["x-acs-absent"] = ""
    signed = call.request()
    sent = Headers((name, value) for name, value in signed.headers.items() if name != "x-acs-absent")
    assert code_of(STS.answer(call.world, replace(signed, headers=sent))) == "granted"


def test_a_method_that_there_is_not_makes_no_signature(draft):
    """The check relies on no other's having looked at the method before."""
    draft = draft().say(SignatureMethod="HMAC-MD5")
    call = Call(draft.world, draft.request(), STS.actions)
    assert signature_wrong(call) == {"string_to_sign": draft.string_to_sign}


def test_the_signature_of_a_key_that_there_is_not_is_not_judged(draft):
    """There is no right one, and that the key is unknown is another check's to say."""
    draft = draft().say(AccessKeyId="LTAIofNobody")
    assert signature_wrong(Call(draft.world, draft.request(), STS.actions)) is False


def test_the_wrong_secret_spoils_a_request_whose_string_is_right(draft):
    """The string that the refusal tells is the client's own: what is wrong then is the secret."""
    call = draft()
    call.key = SimpleNamespace(access_key_id=call.key.access_key_id, access_key_secret="another")
    assert call.ask().content["Message"] == REFUSED + call.string_to_sign


# --- The table as data --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "keys"), KEYS.items())
def test_the_vectors_have_the_documented_shape(kind, keys):
    """A misspelt key would make a vector say less than it seems to."""
    names = [vector["name"] for vector in VECTORS[kind]]
    assert len(set(names)) == len(names)
    for vector in VECTORS[kind]:
        assert keys - OPTIONAL <= vector.keys() <= keys, vector["name"]
        assert vector["source"] in {"published", "computed", "recorded"}
        assert vector["expect"] in {"match", "mismatch"}
    assert VECTORS.keys() == KEYS.keys()
