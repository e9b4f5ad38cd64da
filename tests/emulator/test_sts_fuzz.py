"""Ten thousand requests that nobody would write: every one gets a documented answer.

They are the same in every run: each is made from good calls, from calls that say strange things and sign them
well, from either with bytes changed on the way, and from nothing at all.
"""

import http.client
import json
import random
import re
import socket
import string
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alicred_emulator.ecs_api import ECS
from alicred_emulator.gateway.api import Api
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parents[2] / "fixtures" / "api_refusals.toml"
ROWS = [row for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["refusal"] if "order" in row]
STATUSES = {200, *(row["status"] for row in ROWS)}

SEEDS = range(10)
REQUESTS_PER_SEED = 1000
REQUESTS_OVER_A_SOCKET = 300

ACTIONS = [*STS.actions, *ECS.actions]
STYLES = ["V1 GET", "V1 POST", "ACS3", "BEARER", "ANONYMOUS GET", "ANONYMOUS POST"]
METHODS = ["GET"] * 8 + ["POST"] * 8 + ["PUT", "DELETE", "HEAD", "OPTIONS", "get", "BREW"]
TYPES = [
    *("application/json", "application/x-www-form-urlencoded") * 3,
    *("text/plain", "", "application/xml", "application/json;charset=utf-16", "x" * 300),
]
PARAMETERS = [
    *("Action", "Version", "Format", "Timestamp", "SignatureNonce", "AccessKeyId", "SecurityToken"),
    *("SignatureMethod", "SignatureVersion", "SignatureType", "Signature", "BearerToken", "RegionId"),
    *("RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId", "SourceIdentity"),
    *("SerialNumber", "TokenCode", "OIDCProviderArn", "OIDCToken", "SAMLProviderArn", "SAMLAssertion"),
    *("Nonsense", "a b", "ä", "", "\x00"),
]
HEADERS = [
    *("authorization", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "accept"),
    *("x-acs-content-sha256", "x-acs-security-token", "x-acs-bearer-token", "content-type", "host", "x-acs-"),
]
VALUES = [
    *("", " ", "\t", "\n", "\x00", "\x0b\x1f", "\ufffe", "ä", "😀", "\u202e", "e\u0301" * 20, "a" * 5000),
    *("%", "%zz", "%00", "+", "&", "=", ";", "?", "#", "{}", "{parameter}", "{0.__class__}", "%s", "\\", "'"),
    *(
        "<a>",
        "]]>",
        "<![CDATA[",
        "&amp;",
        "&x;",
        "null",
        "true",
        "[]",
        "{}",
        '""',
        "0",
        "-1",
        "+900",
        "900.0",
    ),
    *("1e9", "9" * 30, "٣٦٠٠", "NaN", "JSON", "XML", "json", "YAML", "1.0", "HMAC-SHA1", "HMAC-SHA256"),
    *("SHA256withRSA", "PRIVATEKEY", "BEARERTOKEN", "ACS3-HMAC-SHA256", "ACS3-", "CAIS", "STS.", "LTAI"),
    *("acs:ram::1234567890123456:role/demo-role", "acs:ram::1234567890123456:role/", "acs:ram::*:role/*"),
    *("acs:ram::1234567890123456:oidc-provider/ack-rrsa-demo", "acs:ram::1234567890123456:user/demo-user"),
    *("acs:ram::1234567890123456:role/nobody", "acs:ram::1234567890123456:saml-provider/demo-idp", "36000"),
    *("2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
    *("e30.e30.", "e30.e30.e30", "a.b.c", "PD94bWw+", "PHNhbWxwOlJlc3BvbnNlLz4=", "====", "[" * 3000),
    *('{"Version":"1","Statement":[]}', '{"Version":"1","Statement":[{"Effect":"Allow"}]}', '"\\ud800"'),
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
]
CLAIMS = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "kubernetes.io"]
CLAIM_VALUES: list[Any] = [
    *(
        None,
        "",
        "x",
        "\x00\ufffe",
        "<&>",
        0,
        -1,
        1,
        1.5,
        1e308,
        -1e308,
        10**30,
        True,
        [],
        [1],
        ["sts.aliyuncs.com"],
    ),
    *({}, [["x"]], "\ud800", "sts.aliyuncs.com", 253402300799, 253402300800, -62135596801, 1767323045.9),
]
LEGAL_IN_TARGETS = "".join(map(chr, [*range(0x21, 0x7F), *range(0x80, 0x100)]))
ILLEGAL_IN_TARGETS = re.compile(f"[^{re.escape(LEGAL_IN_TARGETS)}]+")
ILLEGAL_IN_FIELDS = re.compile(f"[^{re.escape(LEGAL_IN_TARGETS)} \t]+")


class Fuzzer:
    """Makes requests, the same ones for the same seed.

    Args:
        seed: What tells these requests from others.
        world: Where the good ones are good.
        draft: Drafts a call.
    """

    def __init__(self, seed: object, world: World, draft: Callable[..., Any]) -> None:
        self._random = random.Random(f"sts/{seed}")
        self._world = world
        self._draft = draft
        self._tokens = [world.oidc.issue_token(), *(self._strange_token() for _ in range(40))]
        terms = (world.role.arn, world.saml_provider.arn)
        strange: list[dict[str, Any]] = [
            *({}, {"signed": False}, {"session_name": "x y"}, {"lifetime": 0}, {"recipient": ""}),
            *({"audience": "x"}, {"issuer": "x"}, {"lifetime": 1e9, "subject_type": "<&>"}),
        ]
        self._assertions = [world.saml.issue_assertion(*terms, **given) for given in strange]
        self._keys = [*self._holders(), world.key_pair]

    def requests(self) -> Iterator[tuple[Api, Request]]:
        """Yield a service and what it is asked, without end."""
        while True:
            chance = self._random.random()
            if chance < 0.1:
                api, request = STS, self._garbage()
            else:
                api, request = self._call()
            if chance < 0.4:
                request = self._damaged(request)
            other = {STS.product: ECS, ECS.product: STS}[api.product]
            yield other if self._random.random() < 0.05 else api, self._legal(request)

    def _holders(self) -> Iterator[Any]:
        world, now = self._world, self._world.clock.now()
        inactive = world.user.add_access_key()
        inactive.status = "Inactive"
        yield from [world.user.access_keys[0]] * 3
        yield from (world.ram.root.add_access_key(), inactive)
        for began in (now, now - timedelta(hours=1)):
            yield world.ledger.issue(
                holder=world.role.session("x"), origin="a test", issued_at=began, lifetime=timedelta(hours=1)
            )

    def _strange_token(self) -> str:
        names = self._random.sample(CLAIMS, self._random.randrange(1, 4))
        claims = {name: self._random.choice(CLAIM_VALUES) for name in names}
        return self._world.oidc.issue_token(claims=claims, foreign_key=self._random.random() < 0.1)

    def _value(self) -> str:
        chance = self._random.random()
        if chance < 0.9:
            return self._random.choice(VALUES)
        points = [self._random.randrange(0x1_0000) for _ in range(self._random.randrange(30))]
        return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)

    def _call(self) -> tuple[Api, Request]:
        """Make a call that says up to three strange things, and signs them as it should."""
        action = self._random.choice(ACTIONS)
        anonymous = action.startswith("AssumeRoleWith")
        usual = STYLES[4:] if anonymous else STYLES[:4]
        style = self._random.choice(usual if self._random.random() < 0.9 else STYLES)
        call = self._draft(action, style, self._world)
        call.host = self._random.choice(
            ["127.0.0.1"] * 6 + ["sts.aliyuncs.com", "http://[::1]:80/", "x:y", ""]
        )
        call.secure = self._random.random() < 0.9
        call.say(SignatureNonce=str(self._random.randrange(10**9)) if self._random.random() < 0.99 else "1")
        call.say(Format=self._random.choice(["JSON", "XML"]))
        if not anonymous:
            call.say(OIDCToken=None, SAMLAssertion=None)
        elif self._random.random() < 0.9:
            call.say(
                OIDCToken=self._random.choice(self._tokens),
                SAMLAssertion=self._random.choice(self._assertions),
            )
        if action != "GenerateSessionAccessKey" or self._random.random() < 0.2:
            call.signed_by(self._random.choice(self._keys))
        for name in self._random.sample(PARAMETERS, self._random.choice([0, 0, 1, 1, 1, 2, 3])):
            call.say(**{name: self._random.choice([None, self._value(), self._value()])})
        if self._random.random() < 0.15:
            call.method = self._random.choice(METHODS)
        if self._random.random() < 0.15:
            call.body, call.headers["content-type"] = self._body(), self._random.choice(TYPES)
        if self._random.random() < 0.1:
            call.headers[self._random.choice(HEADERS)] = self._random.choice([None, self._value()])
        return call.api, call.request()

    def _body(self) -> bytes:
        chance = self._random.random()
        if chance < 0.5:
            names = self._random.sample(PARAMETERS, 3)
            # Half a surrogate pair is what JSON alone can write.
            strange = [*CLAIM_VALUES, *VALUES, *["\ud800"] * 40]
            return json.dumps({name: self._random.choice(strange) for name in names}).encode()
        if chance < 0.8:
            return f"{self._random.choice(PARAMETERS)}={self._value()}&{self._value()}".encode()
        return self._random.randbytes(self._random.randrange(200))

    def _damaged(self, request: Request) -> Request:
        """Change a few bytes on the way."""
        choice = self._random.randrange(4)
        if choice == 0:
            target = request.target
            for _ in range(self._random.randrange(1, 4)):
                place = self._random.randrange(1, len(target) + 1)
                length = self._random.choice([0, 1, 1, 20])
                inserted = self._random.choice(["", *LEGAL_IN_TARGETS])
                target = target[:place] + inserted + target[place + length :]
            return Request.of(request.method, target, request.headers, request.body)
        if choice == 1:
            body = bytearray(request.body or b"x=y")
            for _ in range(3):
                body[self._random.randrange(len(body))] = self._random.randrange(256)
            return replace(request, body=bytes(body))
        fields = dict(request.headers)
        name = self._random.choice([*sorted(fields), *HEADERS])
        if choice == 2:
            fields.pop(name, None)
        else:
            fields[name] = self._value()
        return replace(request, headers=Headers(fields.items()))

    def _garbage(self) -> Request:
        """Make a request from nothing."""
        method = self._random.choice([*METHODS, "".join(self._random.choices(string.ascii_letters, k=5))])
        query = "&".join(
            f"{self._random.choice([*PARAMETERS, self._value()])}={self._value()}"
            for _ in range(self._random.randrange(5))
        )
        target = self._random.choice(["/", "*", "", "/a/b", "http://x", "https://sts.aliyuncs.com/", "//"])
        fields = {name: self._value() for name in self._random.sample(HEADERS, self._random.randrange(5))}
        body = self._body() if self._random.random() < 0.5 else b""
        return Request.of(method, f"{target}?{query}", Headers(fields.items()), body)

    def _legal(self, request: Request) -> Request:
        """Leave out what a connection would not carry, which is for the reader of requests to refuse."""
        target = ILLEGAL_IN_TARGETS.sub("", request.target)
        fields = [
            (name, ILLEGAL_IN_FIELDS.sub("", value).strip(" \t")) for name, value in request.headers.items()
        ]
        legal = Request.of(request.method, target or "/", Headers(fields), request.body)
        return replace(legal, secure=request.secure)


def content_of(content_type: str, payload: bytes) -> dict[str, str]:
    """Read an answer, which must be what it says it is."""
    if content_type == "application/json;charset=utf-8":
        content = json.loads(payload)
        assert isinstance(content, dict)
        return content
    assert content_type == "text/xml;charset=utf-8"
    return {child.tag: child.text or "" for child in ET.fromstring(payload)}


def check(status: int, content_type: str, payload: bytes) -> None:
    """Complain of an answer that is not documented."""
    assert status in STATUSES
    content = content_of(content_type, payload)
    assert content["RequestId"]
    if status == 200:
        assert "Code" not in content
    else:
        assert content["Code"]
        assert content["Message"]
        assert isinstance(content["HostId"], str)


def asked_format(request: Request) -> str | None:
    """Return what kind of answer a request asks for beyond doubt, None if it does not."""
    plain = request.method in {"GET", "POST"} and not request.body and "authorization" not in request.headers
    written = [part for part in request.query.split("&") if part.startswith("Format=")]
    return (
        {"Format=JSON": "json", "Format=XML": "xml"}.get(written[0]) if plain and len(written) == 1 else None
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_request_gets_a_documented_answer(draft, small_world, seed):
    """A status of the table or 200, in the format that was asked for, with Code, Message and RequestId."""
    seen: dict[str, int] = {}
    requests = Fuzzer(seed, small_world, draft).requests()
    for number in range(REQUESTS_PER_SEED):
        api, request = next(requests)
        try:
            reply: Reply = api.answer(small_world, request)
            check(reply.status, reply.content_type, reply.payload)
            assert (asked_format(request) or "") in reply.content_type
            assert "\n" not in reply.detail
        except Exception as error:
            raise AssertionError(f"seed {seed}, request {number}, {api.product}: {request!r}") from error
        told = reply.detail if reply.status != 200 else "granted"
        seen[told] = seen.get(told, 0) + 1
    # It goes deep enough to say something.
    assert seen["granted"] > 50
    assert len(seen) > len(ROWS) / 2


def written(request: Request) -> bytes:
    """Write a request as it goes over a connection."""
    fields = dict(request.headers) | {"content-length": str(len(request.body)), "connection": "keep-alive"}
    lines = [
        f"{request.method} {request.target} HTTP/1.1",
        *(f"{name}: {fields[name]}" for name in fields),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + request.body


def test_requests_over_a_socket_get_the_same_and_the_server_lives(world, draft):
    """One connection carries them all, since none leaves a byte behind that the next would stumble over."""
    fuzzer = Fuzzer("socket", world._world, draft)
    ports = {"Sts": world.sts.port, "Ecs": world.ecs_api.port}
    connections = {name: socket.create_connection(("127.0.0.1", port), 10) for name, port in ports.items()}
    requests = fuzzer.requests()
    for number in range(REQUESTS_OVER_A_SOCKET):
        api, request = next(requests)
        connection = connections[api.product]
        connection.sendall(written(request))
        response = http.client.HTTPResponse(connection, method=request.method)
        response.begin()
        payload = response.read()
        assert response.status in STATUSES, (number, request)
        if request.method != "HEAD":
            check(response.status, response.headers["Content-Type"], payload)
    for connection in connections.values():
        connection.close()
    assert len(world.journal) >= REQUESTS_OVER_A_SOCKET
    assert not any(entry.detail.startswith(("malformed", "the fake failed")) for entry in world.journal)
