"""What the emulator's own tests stand on: an emulator that is not the plugin's."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from alicred_emulator.clock import EmulatorClock, wire_time
from alicred_emulator.ecs_api import ECS
from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.service import Service
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World


@pytest.fixture
def clock() -> EmulatorClock:
    """A clock that stands at a whole second."""
    clock = EmulatorClock()
    clock.freeze()
    clock.move_to("2026-01-02T03:04:05Z")
    return clock


@pytest.fixture
def small_world(clock: EmulatorClock) -> World:
    """A world without sockets."""
    return World(clock)


@pytest.fixture
def world(clock: EmulatorClock) -> Iterator[Emulator]:
    """A running emulator with a standing clock."""
    with Emulator(clock=clock) as emulator:
        yield emulator
        for service in emulator.services.values():
            service.check()


Ask = Callable[..., tuple[int, bytes, http.client.HTTPMessage]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask a service over a connection that is kept, one for each service."""
    connections: dict[int, http.client.HTTPConnection] = {}

    def ask(
        service: Service,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = connections.get(service.port)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
            connections[service.port] = connection
        connection.request(method, path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read(), response.headers

    yield ask
    for connection in connections.values():
        connection.close()


ANONYMOUS = ("AssumeRoleWithOIDC", "AssumeRoleWithSAML")
FORM = "application/x-www-form-urlencoded"
HEADERS = {
    "Action": "x-acs-action",
    "Version": "x-acs-version",
    "Timestamp": "x-acs-date",
    "SignatureNonce": "x-acs-signature-nonce",
    "SecurityToken": "x-acs-security-token",
    "BearerToken": "x-acs-bearer-token",
}
"""What has a header of its own in the newer styles, by the name that it has as a parameter."""

COMMON = {
    *HEADERS,
    *("Format", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureType", "Signature"),
}
RESERVED = re.compile(r"[^\w.~-]+", re.ASCII)
_nonces = itertools.count(1)


class Answer(NamedTuple):
    """What a service has answered."""

    status: int
    content: dict[str, Any]
    reply: Reply


class Draft:
    """A call as a client is about to send it: good as it is made, and all that it says may be changed.

    It signs by the published rules, which stand here once more so that the emulator is not its own measure.
    In the styles ``V1 GET`` and ``V1 POST`` everything is a parameter, the latter has those of the action in
    the body; ``ACS3`` and ``BEARER`` use headers; ``ANONYMOUS GET`` and ``ANONYMOUS POST`` sign nothing.
    """

    def __init__(self, world: World, action: str, style: str) -> None:
        self.world, self.action, self.style = world, action, style
        self.api, self.host, self.version = STS, "sts.aliyuncs.com", "2015-04-01"
        if action == "DescribeRegions":
            self.api, self.host, self.version = ECS, "ecs.cn-hangzhou.aliyuncs.com", "2014-05-26"
        self.method = "GET" if style.endswith("GET") else "POST"
        self.path, self.secure, self.tampered = "/", True, False
        self.key: Any = world.user.access_keys[0]
        if action == "GenerateSessionAccessKey":
            self.key = world.key_pair
        self.changes: dict[str, str | None] = {}
        self.headers: dict[str, str | None] = {}
        self.body: bytes | None = None
        self.id_token: dict[str, Any] = {}
        self.assertion: dict[str, Any] = {}
        self.unsigned_headers: set[str] = set()
        self.nonce = f"nonce-{next(_nonces)}"
        self.string_to_sign = ""

    def say(self, **changes: str | None) -> "Draft":
        """Change what it says, by the names of the parameters; None leaves one out."""
        self.changes.update(changes)
        return self

    def signed_by(self, key: Any) -> "Draft":
        """Sign with another key; a session's token comes with it."""
        self.key = key
        return self

    @property
    def said(self) -> dict[str, str]:
        """All that it says, by the names of the parameters."""
        said = {
            "Action": self.action,
            "Version": self.version,
            "Format": "JSON",
            "Timestamp": wire_time(self.world.clock.now()),
            **self._proof(),
            **self._own_parameters(),
            **self.changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def signed(self) -> dict[str, str]:
        """All parameters of a V1 request, with its signature."""
        said = {name: value for name, value in self.said.items() if name != "Signature"}
        pairs = "&".join(f"{encoded(name)}={encoded(said[name])}" for name in sorted(said))
        self.string_to_sign = f"{self.method}&%2F&{encoded(pairs)}"
        if "Signature" not in self.said:
            return said
        return {**said, "Signature": self.said["Signature"] or self._signature(said.get("SignatureMethod"))}

    def request(self) -> Request:
        """Write it down."""
        write = {"ACS3": self._acs3, "BEARER": self._bearer}.get(self.style, self._parameters)
        headers, query, body = write()
        fields = self._with_changes({"host": self.host, **headers})
        target = f"{self.path}?{form(query)}" if query else self.path
        request = Request.of(self.method, target, Headers(fields.items()), body)
        return replace(request, secure=self.secure)

    def ask(self) -> Answer:
        """Ask the service."""
        return told(self.api.answer(self.world, self.request()))

    def refused_with(self, code: str) -> Answer:
        """Have the service refuse it with a code, as a fault does."""
        return told(self.api.refuse(self.world, self.request(), code))

    def _proof(self) -> dict[str, str]:
        if self.style.startswith("ANONYMOUS"):
            return {}
        if self.style == "BEARER":
            token = self.world.accounts.keyring.new_bearer_token(self.key.holder)
            return {"SignatureType": "BEARERTOKEN", "BearerToken": token, "SignatureNonce": self.nonce}
        proof = {"SignatureNonce": self.nonce, "Signature": ""}
        if token := getattr(self.key, "security_token", ""):
            proof["SecurityToken"] = token
        if self.style == "ACS3":
            return {**proof, "AccessKeyId": self._key_id, "SignatureMethod": "ACS3-HMAC-SHA256"}
        method = {"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
        if hasattr(self.key, "private_key_pem"):
            method = {**method, "SignatureMethod": "SHA256withRSA", "SignatureType": "PRIVATEKEY"}
        return {**proof, **method, "AccessKeyId": self._key_id}

    @property
    def _key_id(self) -> str:
        return str(getattr(self.key, "access_key_id", None) or self.key.public_key_id)

    def _own_parameters(self) -> dict[str, str]:
        role = {"RoleArn": self.world.role.arn, "RoleSessionName": "alice"}
        if self.action == "AssumeRole":
            return role
        if self.action == "GenerateSessionAccessKey":
            return {"DurationSeconds": "3600"}
        if self.action == "AssumeRoleWithOIDC":
            token = self.changes.get("OIDCToken") or self.world.oidc.issue_token(**self.id_token)
            return {**role, "OIDCProviderArn": self.world.oidc_provider.arn, "OIDCToken": token}
        return self._saml_parameters() if self.action == "AssumeRoleWithSAML" else {}

    def _saml_parameters(self) -> dict[str, str]:
        said = {"RoleArn": self.world.role.arn, "SAMLProviderArn": self.world.saml_provider.arn}
        named = {name: self.changes.get(name) or value for name, value in said.items()}
        terms = {"role_arn": named["RoleArn"], "provider_arn": named["SAMLProviderArn"], **self.assertion}
        assertion = self.changes.get("SAMLAssertion") or self.world.saml.issue_assertion(**terms)
        return {**said, "SAMLAssertion": assertion}

    def _parameters(self) -> tuple[dict[str, str], dict[str, str], bytes]:
        said = self.said if self.style.startswith("ANONYMOUS") else self.signed()
        if self.method == "GET" or not self.style.endswith("POST"):
            return {}, said, self.body or b""
        query = {name: value for name, value in said.items() if name in COMMON}
        own = {name: value for name, value in said.items() if name not in COMMON}
        body = form(own).encode() if self.body is None else self.body
        return {"content-type": FORM} if body else {}, query, body

    def _acs3(self) -> tuple[dict[str, str], dict[str, str], bytes]:
        headers, query, body = self._with_headers()
        signed = self._with_changes({"host": self.host, **headers})
        names = sorted(signed.keys() - self.unsigned_headers)
        lines = "".join(f"{name}:{signed[name].strip()}\n" for name in names)
        pairs = "&".join(f"{encoded(name)}={encoded(query[name])}" for name in sorted(query))
        request = f"{self.method}\n/\n{pairs}\n{lines}\n{';'.join(names)}\n{hashlib.sha256(body).hexdigest()}"
        said, hashed = self.said, hashlib.sha256(request.encode()).hexdigest()
        method = said.get("SignatureMethod", "")
        self.string_to_sign = f"ACS3-HMAC-SHA256\n{hashed}"
        parts = {"Credential": said.get("AccessKeyId"), "SignedHeaders": ";".join(names)}
        if "Signature" in said:
            parts["Signature"] = said["Signature"] or self._signature(method)
        written = ",".join(f"{name}={value}" for name, value in parts.items() if value is not None)
        return {**headers, "authorization": f"{method} {written}"}, query, body

    def _bearer(self) -> tuple[dict[str, str], dict[str, str], bytes]:
        headers, query, body = self._with_headers()
        return headers, {**query, "SignatureType": "BEARERTOKEN"}, body

    def _with_headers(self) -> tuple[dict[str, str], dict[str, str], bytes]:
        said, body = self.said, self.body or b""
        headers = {HEADERS[name]: value for name, value in said.items() if name in HEADERS}
        wanted = said.get("Format", "JSON")
        headers["accept"] = f"application/{wanted.lower()}"
        headers["x-acs-content-sha256"] = hashlib.sha256(body).hexdigest()
        query = {name: value for name, value in said.items() if name not in COMMON}
        return headers, query if wanted in {"JSON", "XML"} else {**query, "Format": wanted}, body

    def _with_changes(self, headers: dict[str, str]) -> dict[str, str]:
        changed = {**headers, **self.headers}
        return {name: value for name, value in changed.items() if value is not None}

    def _signature(self, method: str | None) -> str:
        text = self.string_to_sign.encode()
        if method == "SHA256withRSA" and hasattr(self.key, "private_key_pem"):
            signed = private_key(self.key.private_key_pem).sign(text, PKCS1v15(), SHA256())
            signature = base64.b64encode(signed).decode()
        elif method == "ACS3-HMAC-SHA256":
            signature = hmac.digest(self._secret.encode(), text, "sha256").hex()
        else:
            name = "sha256" if method == "HMAC-SHA256" else "sha1"
            signature = base64.b64encode(hmac.digest(f"{self._secret}&".encode(), text, name)).decode()
        return f"{'A' if signature[0] != 'A' else 'B'}{signature[1:]}" if self.tampered else signature

    @property
    def _secret(self) -> str:
        return str(getattr(self.key, "access_key_secret", "a key pair has none"))


def encoded(text: str) -> str:
    """Encode a text as signatures want it; `quote` looks at each of the 100,000 letters of an assertion."""
    return RESERVED.sub(lambda found: _escaped(found[0]), text)


@lru_cache(maxsize=1000)
def _escaped(reserved: str) -> str:
    return quote(reserved, safe="")


def form(fields: Mapping[str, str]) -> str:
    """Write fields as a form does, which has another sign for a space."""
    return "&".join(f"{encoded(name)}={encoded(fields[name])}" for name in fields).replace("%20", "+")


@cache
def private_key(pem: str) -> Any:
    """Read a private key; each once, since that takes longer than to sign with it."""
    return load_pem_private_key(pem.encode(), None)


def told(reply: Reply) -> Answer:
    """Read a reply in whichever format it has."""
    if reply.content_type.startswith("application/json"):
        return Answer(reply.status, json.loads(reply.payload), reply)
    assert reply.content_type == "text/xml;charset=utf-8"
    content = elements(ET.fromstring(reply.payload))
    assert isinstance(content, dict)
    return Answer(reply.status, content, reply)


def elements(element: ET.Element) -> Any:
    """Return what an element holds: a text, or names with what they hold, a list where one is repeated."""
    content: dict[str, Any] = {}
    for child in element:
        held = elements(child)
        if child.tag in content:
            before = content[child.tag]
            held = [*(before if isinstance(before, list) else [before]), held]
        content[child.tag] = held
    return content or element.text or ""


@pytest.fixture
def draft(small_world: World) -> Callable[..., Draft]:
    """Draft a call."""

    def draft(action: str = "AssumeRole", style: str = "", world: World = small_world) -> Draft:
        return Draft(world, action, style or ("ANONYMOUS GET" if action in ANONYMOUS else "V1 GET"))

    return draft
