"""Secrets are looked for wherever alicred speaks: values, errors, logs, warnings, sockets."""

import io
import logging
import os
import traceback
import warnings
from http.client import HTTPConnection

import pytest

from alicred import Client, Config, Credential, testing
from alicred.asking import Answer
from alicred.environment import Environment
from alicred.exceptions import Attempt, CredentialException, NoCredentialError
from alicred.flight import Flight
from alicred.held import Held
from alicred.http import HttpTransport
from alicred.models import masked
from alicred.outage import Outage
from alicred.parameters import resolve
from alicred.profiles import Profile
from alicred.providers import cloud_sso, external, oauth
from alicred.providers.base import Issued
from alicred.providers.oauth_tokens import Tokens
from alicred.providers.registry import build, build_chain
from alicred.refresh import fifteen_minutes, schedule
from alicred.session import Session
from alicred.transport import NoReply, Reply, Terms

SECRETS = {
    "access_key_id": "LTAI-cAnArY0SeCrEt7-1234",
    "access_key_secret": "cAnArY0SeCrEt7",
    "security_token": "cAnArY0SeCrEt7",
    "bearer_token": "cAnArY0SeCrEt7",
    "credentials_uri": "http://cAnArY0SeCrEt7:cAnArY0SeCrEt7@127.0.0.1:1/cAnArY0SeCrEt7?k=cAnArY0SeCrEt7",
    "proxy": "http://cAnArY0SeCrEt7:cAnArY0SeCrEt7@127.0.0.1:1",
    "policy": "cAnArY0SeCrEt7",
    "external_id": "cAnArY0SeCrEt7",
    "oidc_token_file_path": "/cAnArY0SeCrEt7",
    "public_key_id": "LTAI-cAnArY0SeCrEt7-1234",
    "private_key_file": "/cAnArY0SeCrEt7",
}
GOOD_POLICY = '{"Comment": "cAnArY0SeCrEt7"}'
ROLE_ARN = "acs:ram::1234567890123456:role/demo"
ISSUER_ARN = "acs:ram::1234567890123456:oidc-provider/ack"
KINDS = [
    "access_key",
    "sts",
    "bearer",
    "ecs_ram_role",
    "credentials_uri",
    "ram_role_arn",
    "oidc_role_arn",
    "rsa_key_pair",
]


PROFILE_FIELDS = {
    "mode": "CloudSSO",
    "cloud_sso_sign_in_url": "https://signin-cn-shanghai.alibabacloudsso.com/d/login",
    "cloud_sso_account_id": "1234567890123456",
    "cloud_sso_access_config": "ac-1",
    "access_token": SECRETS["bearer_token"],
    "cloud_sso_access_token_expire": 10**10,
    "oauth_site_type": "CN",
    "oauth_access_token": SECRETS["bearer_token"],
    "oauth_refresh_token": SECRETS["bearer_token"],
    "oauth_access_token_expire": 10**10,
    "process_command": f"echo {SECRETS['bearer_token']}",
}


@pytest.fixture
def everything_logged():
    """Catch what any logger says at any level, HTTP libraries included, with tracebacks."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def expose(everything_logged, capfd, told):
    """Do something, and return all that anybody could see of it, and how it ended."""

    def expose(action):
        seen, outcome = [], None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                outcome = action()
            except CredentialException as error:
                outcome = error
                seen.append(told(error))
        seen += [str(warning.message) for warning in caught]
        seen += [everything_logged(), *capfd.readouterr()]
        return "\n".join(seen), outcome

    return expose


def credential():
    """Return a credential that is all secrets."""
    return Credential(
        type="sts",
        provider_name="x",
        access_key_id=SECRETS["access_key_id"],
        access_key_secret=SECRETS["access_key_secret"],
        security_token=SECRETS["security_token"],
        bearer_token=SECRETS["bearer_token"],
        expires_at=1e12,
    )


def every_value():
    """Return one of each value that the library passes about, public and internal, secrets inside."""
    environment = Environment(
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": SECRETS["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRETS["access_key_secret"],
            "ALIBABA_CLOUD_CREDENTIALS_URI": SECRETS["credentials_uri"],
            "http_proxy": SECRETS["proxy"],
        }
    )
    transport = HttpTransport()
    kinds = {
        "access_key": ["access_key_id", "access_key_secret"],
        "sts": ["access_key_id", "access_key_secret", "security_token"],
        "bearer": ["bearer_token"],
        "ecs_ram_role": ["proxy"],
        "credentials_uri": ["credentials_uri", "proxy"],
        "rsa_key_pair": ["public_key_id", "private_key_file", "proxy"],
    }
    configs = [Config(type=kind, **{name: SECRETS[name] for name in names}) for kind, names in kinds.items()]
    role = {"role_arn": ROLE_ARN, "policy": GOOD_POLICY, "proxy": SECRETS["proxy"]}
    configs += [
        Config(type="ram_role_arn", external_id=SECRETS["external_id"], source=configs[1], **role),
        Config(
            type="oidc_role_arn",
            oidc_provider_arn=ISSUER_ARN,
            oidc_token_file_path=SECRETS["oidc_token_file_path"],
            **role,
        ),
    ]
    every = [resolve(config, environment) for config in configs]
    providers = [build(settings, environment, transport) for settings in every]
    providers.append(build_chain(environment, transport, strict=False))
    profile = Profile(file="/home/you/.aliyun/config.json", name="work", fields=PROFILE_FIELDS)
    providers += [of.build_profile(profile, environment, transport) for of in (cloud_sso, oauth, external)]
    session = Session(providers[0], testing.clock)
    session.renew()
    issued = Issued(credential(), fifteen_minutes)
    error = CredentialException("It broke.")
    return [
        Answer(200, SECRETS["security_token"].encode(), 14, None),
        Tokens(SECRETS["security_token"], SECRETS["bearer_token"], 0),
        Config(type="sts", **SECRETS),
        credential(),
        environment,
        transport,
        *configs,
        *every,
        profile,
        *providers,
        session,
        session.held,
        Held(credential()),
        issued,
        schedule(0.0, 1.0, fifteen_minutes),
        Outage(error, 1, 0.0, 1.0, True, 0),
        Attempt("env", "reason", error),
        NoCredentialError((Attempt("env", "reason", error),)),
        Flight(0.0),
        Terms(1.0, 1.0, 1.0, {"all": SECRETS["proxy"]}),
        Reply(200, SECRETS["bearer_token"].encode()),
        NoReply("broke.", connected=True),
        *[Client(config) for config in configs],
    ]


@pytest.mark.parametrize("value", every_value(), ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda v: repr([v]), lambda v: repr({"a": (v,)})])
def test_no_value_shows_a_secret(value, show, canary):
    """Debuggers, logs and assertion messages call repr; it names the kind, not the content."""
    assert canary not in show(value)


def test_no_value_shows_more_than_the_end_of_a_key_id():
    """Four characters, in every place."""
    assert masked(SECRETS["access_key_id"]) == "...1234"
    for value in every_value():
        assert "LTAI" not in repr(value)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("spoil", ["{}\n", " {}", "\x00{}", "{}\u2028"])
def test_no_configuration_error_shows_the_value(expose, canary, name, spoil):
    """The parameter is named, and its owner knows the value."""
    for kind in (*KINDS, canary):
        config = Config(type=kind, **{**SECRETS, name: spoil.format(SECRETS[name])})
        over = Config(type="ram_role_arn", role_arn=ROLE_ARN, source=config)
        for wrong in (config, over):
            seen, _ = expose(lambda wrong=wrong: Client(wrong))
            assert canary not in seen


@pytest.mark.parametrize("name", Config.part_names())
@pytest.mark.parametrize("kind", ["ecs_ram_role", "ram_role_arn", "oidc_role_arn", "rsa_key_pair"])
def test_no_error_shows_what_was_given_in_the_wrong_place(expose, canary, kind, name):
    """A secret that was mistaken for another parameter is still a secret."""
    for value in (canary, [canary], {canary: canary}, canary.encode(), f"/../{canary}"):
        config = Config(**{"type": kind, name: value})
        seen, _ = expose(lambda config=config: Client(config))
        assert canary not in seen


@pytest.mark.parametrize(
    "variable",
    [
        "ACCESS_KEY_ID",
        "ACCESS_KEY_SECRET",
        "SECURITY_TOKEN",
        "ECS_METADATA",
        "IMDS_ENDPOINT",
        "CREDENTIALS_URI",
        "ROLE_ARN",
        "ROLE_SESSION_NAME",
        "OIDC_PROVIDER_ARN",
        "OIDC_TOKEN_FILE",
        "STS_ENDPOINT",
        "STS_REGION",
    ],
)
@pytest.mark.parametrize("form", ["{}\n", " {}", "/../{}", "http://{}:x/", "ftp://{}/"])
def test_no_error_or_log_shows_a_variable(expose, monkeypatch, canary, variable, form):
    """The default chain tells of broken variables by name."""
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("ALIBABA_CLOUD_ROLE_ARN", ROLE_ARN)
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", ISSUER_ARN)
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nowhere/token")
    monkeypatch.setenv(f"ALIBABA_CLOUD_{variable}", form.format(canary))
    seen, outcome = expose(lambda: Client().get_credential())
    assert isinstance(outcome, CredentialException)
    assert canary not in seen


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_uri_that_cannot_be_reached_is_not_shown(expose, canary, scheme):
    """Neither by alicred nor by the libraries below it, which put whole URLs into their errors."""
    uri = SECRETS["credentials_uri"].replace("http:", f"{scheme}:")
    seen, outcome = expose(
        lambda: Client(Config(type="credentials_uri", credentials_uri=uri)).get_credential()
    )
    assert "127.0.0.1" in str(outcome)
    assert canary not in seen


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_cannot_be_reached_is_not_shown(expose, canary, scheme):
    """Its URL may hold a password."""
    config = Config(type="credentials_uri", credentials_uri=f"{scheme}://h/", proxy=SECRETS["proxy"])
    seen, outcome = expose(lambda: Client(config).get_credential())
    assert "proxy" in str(outcome)
    assert canary not in seen


ANSWERS = {
    "html": b"<html>cAnArY0SeCrEt7</html>",
    "half a document": b'{"Code": "Success", "AccessKeySecret": "cAnArY0SeCrEt7", "SecurityToken": "cAnAr',
    "a missing field": b'{"Code": "Success", "AccessKeyId": "x", "AccessKeySecret": "cAnArY0SeCrEt7"}',
    "a code": b'{"Code": "cAnArY0SeCrEt7"}',
    "invalid UTF-8": b'{"AccessKeySecret": "cAnArY0SeCrEt7\xff"}',
}


@pytest.mark.parametrize("kind", ["ecs_ram_role", "credentials_uri", None])
@pytest.mark.parametrize("status", [200, 302, 403, 404, 500])
@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_is_shown(serve, expose, monkeypatch, canary, kind, status, body):
    """Neither token, credential nor page; headers neither, at any level of any logger."""

    def handle(peer):
        while head := peer.read_request():
            if head.startswith("PUT"):
                peer.answer(f"{canary}-token".encode())
            else:
                headers = (f"Location: /{canary}", f"X-Secret: {canary}", f"Set-Cookie: {canary}={canary}")
                peer.answer(body, status=status, headers=headers)

    server = serve(handle)
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", server.url)
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA", "EcsRole")
    monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_URI", server.url)
    seen, outcome = expose(lambda: Client(kind and Config(type=kind)).get_credential())
    assert isinstance(outcome, CredentialException)
    assert canary not in seen


STS_ANSWERS = {
    **ANSWERS,
    "half a credential": b'{"Credentials": {"AccessKeyId": "x", "AccessKeySecret": "cAnArY0SeCrEt7"}}',
    "a message": b'{"Code": "SignatureDoesNotMatch", "Message": "cAnArY0SeCrEt7", "RequestId": "cAnArY"}',
}


@pytest.fixture(scope="module")
def private_key():
    """One for all tests: to make one takes longer than most of them."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def over_sts(tmp_path, private_key):
    """Configurations of all types that ask STS, full of secrets, by the address that they ask."""
    (tmp_path / "key").write_bytes(private_key)
    (tmp_path / "token").write_text(SECRETS["bearer_token"])

    def over_sts(address):
        role = {"role_arn": ROLE_ARN, "policy": GOOD_POLICY, "sts_endpoint": address}
        key = {n: SECRETS[n] for n in ("access_key_id", "access_key_secret", "security_token")}
        return [
            Config(type="ram_role_arn", external_id=SECRETS["external_id"], **key, **role),
            Config(type="ram_role_arn", source=Config(type="sts", **key), **role),
            Config(
                type="oidc_role_arn",
                oidc_provider_arn=ISSUER_ARN,
                oidc_token_file_path=str(tmp_path / "token"),
                **role,
            ),
            Config(
                type="rsa_key_pair",
                public_key_id=SECRETS["public_key_id"],
                private_key_file=str(tmp_path / "key"),
                sts_endpoint=address,
            ),
        ]

    return over_sts


@pytest.mark.parametrize("status", [200, 302, 400, 403, 500])
@pytest.mark.parametrize("body", STS_ANSWERS.values(), ids=STS_ANSWERS)
def test_nothing_that_sts_is_sent_or_answers_is_shown(serve, expose, over_sts, canary, status, body):
    """Token, secret, policy, external id: in no log, no error, and no local variable of a traceback."""

    def handle(peer):
        while peer.read_request():
            headers = (f"Location: /{canary}", f"X-Secret: {canary}", "Connection: close")
            peer.answer(body, status=status, headers=headers)

    for config in over_sts(serve(handle).url):
        seen, outcome = expose(lambda config=config: Client(config).get_credential())
        assert isinstance(outcome, CredentialException)
        assert canary not in seen
        told = traceback.TracebackException.from_exception(outcome, capture_locals=True)
        ours = [frame for frame in told.stack if f"{os.sep}alicred{os.sep}" in frame.filename]
        assert [name for frame in ours for name, text in frame.locals.items() if canary in text] == []


def test_nothing_that_sts_is_sent_is_shown_where_nobody_is_there(expose, over_sts, canary):
    """The libraries below put whole URLs into their errors."""
    for config in over_sts("http://127.0.0.1:1"):
        seen, outcome = expose(lambda config=config: Client(config).get_credential())
        assert "STS on 127.0.0.1:1 could not be connected to" in str(outcome)
        assert canary not in seen


def test_no_session_is_logged_when_sts_grants_it(serve, expose, over_sts, granted, canary):
    """Neither what was sent nor what came back."""
    testing.use_clock(lambda: 1_800_000_000.0)

    def handle(peer):
        while peer.read_request():
            peer.answer(granted(), headers=("Connection: close",))

    for config in over_sts(serve(handle).url)[:3]:
        seen, outcome = expose(lambda config=config: Client(config).get_credential())
        assert outcome.has_keys()
        assert canary not in seen


def test_no_credential_is_logged_when_all_goes_well(serve, expose, monkeypatch, document, canary):
    """Nobody learns a secret from a debug log."""

    def handle(peer):
        while head := peer.read_request():
            peer.answer(f"{canary}-imds".encode() if head.startswith("PUT") else document())

    testing.use_clock(lambda: 1_800_000_000.0)
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", serve(handle).url)
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA", "EcsRole")
    seen, outcome = expose(lambda: Client().get_credential())
    assert outcome.has_keys()
    assert canary not in seen


@pytest.mark.parametrize("kind", ["ecs_ram_role", "credentials_uri", None])
def test_a_traceback_with_local_variables_shows_no_answer(serve, monkeypatch, canary, kind):
    """Error trackers print every local variable, so none that holds an answer is on the way up."""

    def handle(peer):
        while head := peer.read_request():
            peer.answer(f"{canary}-t".encode() if head.startswith("PUT") else ANSWERS["a missing field"])

    server = serve(handle)
    for variable in ("IMDS_ENDPOINT", "CREDENTIALS_URI"):
        monkeypatch.setenv(f"ALIBABA_CLOUD_{variable}", server.url)
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA", "EcsRole")
    with pytest.raises(CredentialException) as caught:
        Client(kind and Config(type=kind)).get_credential()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if f"{os.sep}alicred{os.sep}" in frame.filename]
    assert ours
    assert [name for frame in ours for name, text in frame.locals.items() if canary in text] == []
    behind = [attempt.error for attempt in getattr(caught.value, "attempts", ()) if attempt.error]
    assert [error.__traceback__ for error in behind] == [None] * len(behind)


def test_a_client_whose_construction_failed_has_a_repr(canary):
    """The traceback of a wrong configuration can be printed with its local variables."""
    with pytest.raises(CredentialException) as caught:
        Client(Config(type=canary))
    constructor = caught.traceback[1]
    assert canary not in repr(constructor.locals["self"])


def test_a_traceback_of_a_wrong_configuration_shows_no_value(canary):
    """The secret is there, another part is wrong, and no local variable tells the secret."""
    for wrong in ({"timeout": -1}, {"access_key_id": ""}, {"access_key_id": "two\nlines"}):
        config = Config(**{"type": "access_key", "access_key_id": "x", "access_key_secret": canary, **wrong})
        with pytest.raises(CredentialException) as caught:
            Client(config)
        told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [frame for frame in told.stack if f"{os.sep}alicred{os.sep}" in frame.filename]
        assert [name for frame in ours for name, text in frame.locals.items() if canary in text] == []


@pytest.mark.parametrize("way", ["direct", "through a proxy"])
def test_an_application_that_debugs_its_own_requests_sees_none_of_ours(
    serve, expose, monkeypatch, document, canary, way
):
    """`http.client` prints requests, headers and bodies, of whoever uses it, once it is told to."""

    def handle(peer):
        while head := peer.read_request():
            peer.answer(f"{canary}-imds".encode() if head.startswith("PUT") else document())

    server = serve(handle)
    testing.use_clock(lambda: 1_800_000_000.0)
    monkeypatch.setattr(HTTPConnection, "debuglevel", 1)
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", server.url)
    config = Config(type="ecs_ram_role", role_name="r", proxy=None if way == "direct" else server.url)
    seen, outcome = expose(lambda: Client(config).get_credential())
    assert outcome.has_keys()
    assert canary not in seen


def test_a_credentials_uri_is_not_logged_on_its_way_through_a_proxy(serve, expose, document, canary):
    """The HTTP client's debug log shows neither path nor query nor userinfo."""

    def handle(peer):
        while peer.read_request():
            peer.answer(document())

    testing.use_clock(lambda: 1_800_000_000.0)
    uri = f"http://{canary}:{canary}@service.example/{canary}?token={canary}"
    config = Config(type="credentials_uri", credentials_uri=uri, proxy=serve(handle).url)
    seen, outcome = expose(lambda: Client(config).get_credential())
    assert outcome.has_keys()
    assert canary not in seen
