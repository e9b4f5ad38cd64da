"""What STS is sent: the parameters of each action, where they stand, and who proves what."""

import base64
import hashlib
import hmac
import os
from urllib.parse import quote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alicred.exceptions import CredentialException
from alicred.models import Credential
from alicred.sts import Moment, RoleSession, assume_role, assume_role_with_oidc, generate_session_access_key

ROLE = "acs:ram::1234567890123456:role/demo"
ISSUER = "acs:ram::1234567890123456:oidc-provider/ack"
KEY = {"access_key_id": "LTAIexample", "access_key_secret": "secret"}
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
NARROW = '{"Statement": [{"Action": ["*"], "Effect": "Allow", "Resource": ["*"]}], "Version": "1"}'


@pytest.fixture(scope="module")
def key_pair():
    """An RSA key pair; making one takes a while."""
    return generate_private_key(65537, 1024)


@pytest.fixture
def key_file(key_pair, tmp_path):
    """The file of its private key."""
    path = tmp_path / "key.pem"
    path.write_bytes(key_pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@pytest.fixture
def token_file(tmp_path):
    """The file of an ID token, as a cluster writes it."""
    path = tmp_path / "token"
    path.write_text(TOKEN)
    return str(path)


@pytest.fixture
def types(token_file, key_file):
    """The parameters that each type needs, by its action."""
    return {
        "AssumeRole": {"kind": "ram_role_arn", "role_arn": ROLE, **KEY},
        "AssumeRoleWithOIDC": {
            "kind": "oidc_role_arn",
            "role_arn": ROLE,
            "oidc_provider_arn": ISSUER,
            "oidc_token_file_path": token_file,
        },
        "GenerateSessionAccessKey": {
            "kind": "rsa_key_pair",
            "public_key_id": "LTAIpublic",
            "private_key_file": key_file,
        },
    }


@pytest.fixture
def call(script, provide, now, types, granted):
    """Let a provider call an action, and return what was sent: method, URL, headers, parameters."""

    def call(action, variables=(), **parameters):
        transport = script(granted())
        parameters = {**types[action], **parameters}
        kind = parameters.pop("kind")
        provider = provide(transport, kind, variables, **parameters)
        if kind == "rsa_key_pair":
            # What it is granted looks different.
            with pytest.raises(CredentialException):
                provider.fetch(now)
        else:
            provider.fetch(now)
        [(method, url, headers)], [form] = transport.sent, transport.forms()
        return method, url, headers, form

    return call


ACTIONS = ["AssumeRole", "AssumeRoleWithOIDC", "GenerateSessionAccessKey"]
SESSION_ACTIONS = ACTIONS[:2]


# AssumeRole


def test_assume_role_is_a_signed_post(call):
    """The parameters are a form in the body, what identifies the call stands in headers."""
    method, url, headers, form = call("AssumeRole")
    assert (method, url) == ("POST", "https://sts.aliyuncs.com/")
    assert form == {
        "RoleArn": ROLE,
        "RoleSessionName": "alicred-1800000000",
        "DurationSeconds": "3600",
    }
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Accept"] == "application/json"
    assert headers["Host"] == "sts.aliyuncs.com"
    assert headers["x-acs-action"] == "AssumeRole"
    assert headers["x-acs-version"] == "2015-04-01"
    assert headers["x-acs-date"] == "2027-01-15T08:00:00Z"
    assert "x-acs-security-token" not in headers


def test_assume_role_passes_on_what_is_asked_for(call):
    """Name, duration, policy and external id arrive as they were written."""
    parameters = {
        "role_session_name": "alice.1@example-_",
        "role_session_expiration": 43200,
        "policy": NARROW,
        "external_id": "ab=c,d.@:/-_+",
    }
    *_, form = call("AssumeRole", **parameters)
    assert form == {
        "RoleArn": ROLE,
        "RoleSessionName": "alice.1@example-_",
        "DurationSeconds": "43200",
        "Policy": NARROW,
        "ExternalId": "ab=c,d.@:/-_+",
    }


def test_a_policy_is_sent_as_it_is_laid_out(call):
    """Line breaks and letters of other scripts are JSON as well."""
    policy = '\n{\n\t"Statement": [],\r\n  "Comment": "\u4e2d\u6587 \u00e9"\n}\n'
    *_, form = call("AssumeRole", policy=policy)
    assert form["Policy"] == policy


def signature_of(method, headers, body, secret):
    """Compute the signature of a request without a query, by the documented rule and nothing of alicred's."""
    names = sorted(n.lower() for n in headers if n in ("Host", "Content-Type") or n.startswith("x-acs-"))
    values = {name.lower(): value for name, value in headers.items()}
    digest = hashlib.sha256(body).hexdigest()
    lines = [method, "/", "", *[f"{name}:{values[name]}" for name in names], "", ";".join(names), digest]
    canonical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return hmac.new(secret.encode(), f"ACS3-HMAC-SHA256\n{canonical}".encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("token", [None, "CAIS/abc+def=="])
def test_the_signature_is_about_what_is_sent(script, provide, now, granted, token):
    """Body, host, action, time, nonce and the session's token cannot be exchanged on the way."""
    transport = script(granted())
    provide(transport, "ram_role_arn", role_arn=ROLE, **KEY, security_token=token, policy=NARROW).fetch(now)
    [(method, _, headers)], [body] = transport.sent, transport.bodies
    assert headers["x-acs-content-sha256"] == hashlib.sha256(body).hexdigest()
    assert headers.get("x-acs-security-token") == token
    names, _, signature = headers["Authorization"].partition("SignedHeaders=")[2].partition(",Signature=")
    signed = {"host", "content-type", "x-acs-action", "x-acs-content-sha256", "x-acs-date"}
    signed |= {"x-acs-signature-nonce", "x-acs-version"} | ({"x-acs-security-token"} if token else set())
    assert set(names.split(";")) == signed
    assert "Credential=LTAIexample," in headers["Authorization"]
    assert signature == signature_of(method, headers, body, KEY["access_key_secret"])


# AssumeRoleWithOIDC


def test_assume_role_with_oidc_is_a_post_that_nobody_signs(call):
    """The token proves everything, so there is neither a key nor a signature, and all is in the body."""
    method, url, headers, form = call("AssumeRoleWithOIDC", policy=NARROW, role_session_name="pod-1")
    assert (method, url) == ("POST", "https://sts.aliyuncs.com/")
    nonce = form.pop("SignatureNonce")
    assert len(nonce) == 32
    assert form == {
        "Action": "AssumeRoleWithOIDC",
        "Version": "2015-04-01",
        "Format": "JSON",
        "Timestamp": "2027-01-15T08:00:00Z",
        "OIDCProviderArn": ISSUER,
        "OIDCToken": TOKEN,
        "RoleArn": ROLE,
        "RoleSessionName": "pod-1",
        "DurationSeconds": "3600",
        "Policy": NARROW,
    }
    assert headers == {
        "Host": "sts.aliyuncs.com",
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }


# GenerateSessionAccessKey


def test_generate_session_access_key_is_a_get_signed_with_the_private_key(call, key_pair):
    """Whoever has the public key can verify the signature over all parameters, by version 1."""
    method, url, headers, form = call("GenerateSessionAccessKey", role_session_expiration=900)
    assert method == "GET"
    assert url.startswith("https://sts.aliyuncs.com/?")
    signature = base64.b64decode(form.pop("Signature"))
    parameters = "&".join(f"{n}={quote(v, safe='-_.~')}" for n, v in sorted(form.items()))
    text = "GET&%2F&" + quote(parameters, safe="-_.~")
    key_pair.public_key().verify(signature, text.encode(), PKCS1v15(), SHA256())
    assert len(form.pop("SignatureNonce")) == 32
    assert form == {
        "Action": "GenerateSessionAccessKey",
        "Version": "2015-04-01",
        "Format": "JSON",
        "Timestamp": "2027-01-15T08:00:00Z",
        "AccessKeyId": "LTAIpublic",
        "DurationSeconds": "900",
        "SignatureMethod": "SHA256withRSA",
        "SignatureType": "PRIVATEKEY",
        "SignatureVersion": "1.0",
    }
    assert headers == {"Host": "sts.aliyuncs.com", "Accept": "application/json"}


def test_the_signature_of_a_key_pair_is_encoded_as_everything_else(call):
    """Base64 holds characters that mean something else in a URL."""
    _, url, _, form = call("GenerateSessionAccessKey")
    assert f"&Signature={quote(form['Signature'], safe='')}&" in url


# All of them


@pytest.mark.parametrize("action", SESSION_ACTIONS)
def test_no_url_holds_anything_but_the_address(call, action):
    """URLs are written into logs, so tokens, secrets, policies and keys are not put there."""
    _, url, _, _ = call(action, policy=NARROW)
    assert url == "https://sts.aliyuncs.com/"


@pytest.mark.parametrize("action", ACTIONS)
def test_the_host_that_is_sent_is_the_one_that_is_asked(call, action):
    """The header is written out, since the signature is about it; a default port is left out."""
    for endpoint, url, host in [
        ("127.0.0.1:8443", "https://127.0.0.1:8443/", "127.0.0.1:8443"),
        ("http://[::1]:8080", "http://[::1]:8080/", "[::1]:8080"),
        ("https://sts.example:443/", "https://sts.example/", "sts.example"),
    ]:
        _, sent_url, headers, _ = call(action, sts_endpoint=endpoint)
        assert sent_url.partition("?")[0] == url
        assert headers["Host"] == host


def nonce_of(headers, form):
    """Return the nonce of a request, wherever it stands."""
    return headers.get("x-acs-signature-nonce") or form["SignatureNonce"]


@pytest.mark.parametrize("action", ACTIONS)
def test_no_nonce_is_used_twice(call, action):
    """STS refuses the second request of a nonce."""
    nonces = {nonce_of(*call(action)[2:]) for _ in range(5)}
    assert len(nonces) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_children_do_not_share_their_nonces(call):
    """Each child would otherwise go on with the generator of its parent."""
    nonces = {nonce_of(*call("AssumeRole")[2:])}
    for _ in range(3):
        reader, writer = os.pipe()
        if not (child := os.fork()):
            try:
                os.write(writer, nonce_of(*call("AssumeRole")[2:]).encode())
            finally:
                os._exit(0)
        os.close(writer)
        nonces.add(os.read(reader, 100).decode())
        os.close(reader)
        os.waitpid(child, 0)
    assert len(nonces) == 4
    assert all(len(nonce) == 32 for nonce in nonces)


@pytest.mark.parametrize("action", SESSION_ACTIONS)
def test_a_session_has_a_name_of_ours_that_stays(script, provide, types, now, granted, action):
    """Audit logs show one client under one name, however often it refreshes."""
    transport = script(granted(), granted(Expiration="2027-01-15T10:00:00Z"))
    parameters = dict(types[action])
    provider = provide(transport, parameters.pop("kind"), **parameters)
    provider.fetch(now)
    provider.fetch(now + 3000)
    names = [form["RoleSessionName"] for form in transport.forms()]
    assert names == ["alicred-1800000000"] * 2


@pytest.mark.parametrize("action", SESSION_ACTIONS)
def test_variables_fill_what_is_left_out(call, action):
    """Role, session name and endpoint may be said in the environment."""
    variables = {
        "ROLE_ARN": "acs:ram::1:role/env",
        "ROLE_SESSION_NAME": "from-env",
        "STS_ENDPOINT": "sts.env.example",
    }
    _, url, _, form = call(action, variables, role_arn=None)
    assert form["RoleArn"] == "acs:ram::1:role/env"
    assert form["RoleSessionName"] == "from-env"
    assert url == "https://sts.env.example/"


def test_an_external_id_may_come_from_its_variable(call):
    """It is part of how a third party is set up."""
    *_, form = call("AssumeRole", {"EXTERNAL_ID": "from-env"})
    assert form["ExternalId"] == "from-env"


@pytest.mark.parametrize("action", ACTIONS)
def test_times_and_proxy_are_those_of_other_services(script, provide, types, now, action):
    """Ten seconds to connect and five for an answer; what is given counts, and a proxy that is given wins."""
    parameters = dict(types[action])
    kind = parameters.pop("kind")
    transport = script(500, 500)
    for more in ({}, {"timeout": 1500, "connect_timeout": 500, "proxy": "http://given:1"}):
        with pytest.raises(CredentialException):
            provide(transport, kind, **parameters, **more).fetch(now)
    usual, other = transport.terms
    assert usual == (10.0, 5.0, 15.0, {}, None)
    assert other == (0.5, 1.5, 2.0, {"all": "http://given:1"}, None)


SECRET_ARGUMENTS = [
    RoleSession("acs:ram::1:role/r", "name", 900, "cAnArY0SeCrEt7", "cAnArY0SeCrEt7"),
    assume_role(
        RoleSession("acs:ram::1:role/r", "name", 900, "cAnArY0SeCrEt7"),
        Credential(
            type="sts",
            provider_name="x",
            access_key_id="cAnArY0SeCrEt7",
            access_key_secret="cAnArY0SeCrEt7",
            security_token="cAnArY0SeCrEt7",
        ),
        Moment(0.0, "nonce", "host"),
    ),
    assume_role_with_oidc(
        RoleSession("acs:ram::1:role/r", "name", 900), "arn", "cAnArY0SeCrEt7", Moment(0.0, "nonce", "host")
    ),
    generate_session_access_key("id", 900, lambda _text: "cAnArY0SeCrEt7", Moment(0.0, "nonce", "host")),
]


@pytest.mark.parametrize("value", SECRET_ARGUMENTS, ids=lambda value: type(value).__name__)
def test_no_call_shows_what_it_carries(value, canary):
    """Debuggers and error trackers call repr."""
    assert canary not in repr(value)
    assert canary not in repr([value])


@pytest.mark.parametrize("time", [-(10.0**12), -1.0, 0.0, 1e10, 1e15, float("inf")])
def test_any_time_is_written_as_a_date(time):
    """A server's clock may say anything; whatever is no date any more is refused there and not here."""
    stamp = Moment(time, "nonce", "host").timestamp
    assert len(stamp) == 20
    assert stamp.endswith("Z")


def test_the_action_names_stand_where_each_version_of_the_api_looks(call):
    """A signed call says its action in a header, the others among their parameters."""
    for action in ACTIONS:
        _, url, headers, form = call(action)
        assert headers.get("x-acs-action", form.get("Action")) == action
        assert urlsplit(url).path == "/"
