"""A role is assumed with a key, or with the credential of any other source, which is kept fresh by itself."""

from datetime import datetime, timezone

import pytest

from alicred import Client, Config, ConfigWarning, testing
from alicred.environment import Environment
from alicred.exceptions import (
    ConfigurationError,
    CredentialException,
    CredentialRefusedError,
    ServiceUnreachableError,
)
from alicred.models import Credential
from alicred.parameters import resolve
from alicred.providers.registry import build
from alicred.transport import NoReply

ROLE = "acs:ram::1234567890123456:role/demo"
NEXT = "acs:ram::1234567890123456:role/next"
KEY = {"access_key_id": "LTAIexample", "access_key_secret": "secret"}
INSTANCE = Config(type="ecs_ram_role", role_name="EcsRole")
TOKEN = "PUT /latest/api/token"
DOCUMENT = "GET /latest/meta-data/ram/security-credentials/EcsRole +token"
STS = "POST /"
DEAD = ["InvalidSecurityToken.Expired", "InvalidAccessKeyId.NotFound"]
NOBODY = NoReply("could not be connected to.", connected=False)


class Clock:
    """A clock that a test moves, for the clients of this process."""

    def __init__(self, now):
        self.now = now
        testing.use_clock(lambda: self.now)


@pytest.fixture
def clock(now):
    """The clock by which sources are kept fresh."""
    return Clock(now)


@pytest.fixture
def role(provide, clock):
    """Build a provider that assumes the role, over a transport that its source shares."""
    return lambda transport, **parameters: provide(transport, "ram_role_arn", role_arn=ROLE, **parameters)


def who_asked(transport):
    """Return the key ids that signed the calls of STS."""
    signed = [headers.get("Authorization", "") for _, _, headers in transport.sent]
    return [text.partition("Credential=")[2].partition(",")[0] for text in signed if text]


# Keys


@pytest.mark.parametrize(
    ("token", "name"), [(None, "ram_role_arn/static_ak"), ("token", "ram_role_arn/static_sts")]
)
def test_a_key_assumes_the_role(script, role, granted, now, token, name):
    """With a session's token or without; the name tells the way, as those of the SDKs do."""
    transport = script(granted())
    credential = role(transport, **KEY, security_token=token).fetch(now).credential
    assert credential.provider_name == name
    assert credential.type == "ram_role_arn"
    assert who_asked(transport) == ["LTAIexample"]


def test_the_key_may_come_from_the_environment(script, provide, granted, now):
    """All three parts of it from one place."""
    variables = {"ACCESS_KEY_ID": "env", "ACCESS_KEY_SECRET": "env", "SECURITY_TOKEN": "env"}
    transport = script(granted())
    provide(transport, "ram_role_arn", variables, role_arn=ROLE).fetch(now)
    assert who_asked(transport) == ["env"]
    assert transport.sent[0][2]["x-acs-security-token"] == "env"


@pytest.mark.parametrize("code", DEAD)
def test_a_key_that_is_refused_is_not_tried_twice(script, role, refusal, now, code):
    """There is no other key, so a second refusal would tell nothing new."""
    for token in (None, "token"):
        transport = script(refusal(code))
        with pytest.raises(CredentialRefusedError) as caught:
            role(transport, **KEY, security_token=token).fetch(now)
        assert caught.value.code == code
        assert transport.requests() == [STS]


# Sources


def test_an_instance_lends_its_credential(script, role, document, granted, now):
    """Its own type is asked as always, and the call is signed as the instance's session."""
    transport = script("t1", document(), granted())
    credential = role(transport, source=INSTANCE).fetch(now).credential
    assert credential.provider_name == "ram_role_arn/ecs_ram_role"
    assert who_asked(transport) == ["STS.exampleKeyId1234"]
    assert transport.sent[-1][2]["x-acs-security-token"].endswith("-token")
    assert transport.requests() == [TOKEN, DOCUMENT, STS]


def test_a_source_is_asked_only_when_it_is_due(script, role, document, granted, now, clock):
    """Six hours of an instance's credential do for six sessions of one hour."""
    transport = script(
        "t1",
        document(),
        granted(),
        granted(Expiration="2027-01-15T10:00:00Z"),
        document(Expiration="2027-01-15T19:30:00Z"),
        granted(Expiration="2027-01-15T14:45:00Z"),
    )
    provider = role(transport, source=INSTANCE)
    provider.fetch(now)
    transport.requests()
    clock.now = now + 3000
    provider.fetch(clock.now)
    assert transport.requests() == [STS]
    clock.now = now + 6 * 3600 - 900
    provider.fetch(clock.now)
    assert transport.requests() == [DOCUMENT, STS]


def test_a_source_that_fails_while_it_is_valid_goes_on(script, role, document, granted, now, clock):
    """An outage of the instance's metadata does not stop the refresh of the role."""
    transport = script("t1", document(), granted(), 500, 500, granted(Expiration="2027-01-15T14:45:00Z"))
    provider = role(transport, source=INSTANCE)
    provider.fetch(now)
    clock.now = now + 6 * 3600 - 900
    assert provider.fetch(clock.now).credential.has_keys()


@pytest.mark.parametrize("code", DEAD)
def test_a_source_that_sts_does_not_know_is_given_up(script, role, document, granted, refusal, now, code):
    """It is asked anew, and the role is assumed once more with what it has then."""
    transport = script("t1", document(), refusal(code, 403), document(AccessKeyId="STS.another"), granted())
    credential = role(transport, source=INSTANCE).fetch(now).credential
    assert credential.has_keys()
    assert who_asked(transport) == ["STS.exampleKeyId1234", "STS.another"]
    assert transport.requests() == [TOKEN, DOCUMENT, STS, DOCUMENT, STS]


@pytest.mark.parametrize("code", DEAD)
def test_a_source_that_has_nothing_newer_is_not_tried_again(script, role, document, refusal, now, code):
    """The same credential would be refused the same."""
    transport = script("t1", document(), refusal(code, 403), document())
    with pytest.raises(CredentialRefusedError) as caught:
        role(transport, source=INSTANCE).fetch(now)
    assert caught.value.code == code
    assert transport.requests() == [TOKEN, DOCUMENT, STS, DOCUMENT]


def test_a_second_refusal_is_the_answer(script, role, document, refusal, now):
    """A role is assumed at most twice in one fetch."""
    code = DEAD[0]
    transport = script("t1", document(), refusal(code), document(AccessKeyId="STS.another"), refusal(code))
    with pytest.raises(CredentialRefusedError) as caught:
        role(transport, source=INSTANCE).fetch(now)
    assert caught.value.code == code
    assert transport.answers == []


@pytest.mark.parametrize("code", ["NoPermission", "SignatureDoesNotMatch", "InvalidSecurityToken.Malformed"])
def test_other_refusals_are_not_about_the_source(script, role, document, refusal, now, code):
    """The source keeps what it has."""
    transport = script("t1", document(), refusal(code, 403))
    with pytest.raises(CredentialRefusedError):
        role(transport, source=INSTANCE).fetch(now)
    assert transport.requests() == [TOKEN, DOCUMENT, STS]


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ([NOBODY], ServiceUnreachableError, "could not be connected to"),
        (["t1", 404], CredentialRefusedError, "HTTP status 404"),
        ([500, 500], ServiceUnreachableError, "HTTP status 500"),
    ],
    ids=["unreachable", "refused", "broken"],
)
def test_a_source_that_fails_keeps_its_own_message(script, role, now, answers, kind, words):
    """The error is the source's in kind and words, and says for which role it was needed."""
    with pytest.raises(kind, match=words) as caught:
        role(script(*answers), source=INSTANCE).fetch(now)
    error = caught.value
    assert error.provider == "ecs_ram_role"
    assert f"It was asked for as the source that assumes {ROLE}." in str(error)
    assert error.problem in error.args
    assert error.__context__ is None
    assert error.absent is False


def test_a_source_that_fails_after_a_refusal_is_what_is_told(script, role, document, refusal, now):
    """Its failure is what keeps the role from being assumed now."""
    transport = script("t1", document(), refusal(DEAD[0]), NOBODY)
    with pytest.raises(ServiceUnreachableError, match="could not be connected to") as caught:
        role(transport, source=INSTANCE).fetch(now)
    assert caught.value.provider == "ecs_ram_role"


def test_roles_form_a_chain(script, provide, clock, granted, now):
    """A role may be assumed with the session of another one, which was assumed with a key."""
    first = Config(type="ram_role_arn", role_arn=ROLE, **KEY)
    transport = script(granted(AccessKeyId="STS.first"), granted(AccessKeyId="STS.second"))
    credential = provide(transport, "ram_role_arn", role_arn=NEXT, source=first).fetch(now).credential
    assert credential.access_key_id == "STS.second"
    assert credential.provider_name == "ram_role_arn/ram_role_arn/static_ak"
    assert who_asked(transport) == ["LTAIexample", "STS.first"]
    assert [form["RoleArn"] for form in transport.forms()] == [ROLE, NEXT]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (Config(type="access_key", **KEY), "static_ak"),
        (Config(type="sts", **KEY, security_token="token"), "static_sts"),
        (Config(type="credentials_uri", credentials_uri="http://localhost/x"), "credential_uri"),
    ],
    ids=["access_key", "sts", "credentials_uri"],
)
def test_any_type_that_has_a_key_is_a_source(script, role, document, granted, now, source, name):
    """The name tells which one it was."""
    answers = [document(), granted()] if name == "credential_uri" else [granted()]
    credential = role(script(*answers), source=source).fetch(now).credential
    assert credential.provider_name == f"ram_role_arn/{name}"


# Configuration


def refused(config, environment=()):
    """Return the error that a configuration gets."""
    with pytest.raises(ConfigurationError) as caught:
        resolve(config, Environment(dict(environment)))
    assert caught.value.__context__ is None
    assert caught.value.provider == "ram_role_arn"
    return str(caught.value)


@pytest.mark.parametrize("name", ["access_key_id", "access_key_secret", "security_token"])
@pytest.mark.parametrize("value", ["given", ""])
def test_source_and_key_exclude_each_other(name, value):
    """Nobody could tell which of the two was meant."""
    message = refused(Config(type="ram_role_arn", role_arn=ROLE, source=INSTANCE, **{name: value}))
    assert f"{name} and source exclude each other" in message


def test_with_a_source_no_key_is_taken_from_the_environment():
    """The variables of another purpose would win over what was written down."""
    variables = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "env",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "env",
    }
    config = Config(type="ram_role_arn", role_arn=ROLE, source=INSTANCE)
    assert set(resolve(config, Environment(variables)).values) == {"role_arn", "source"}


def test_without_key_and_source_both_ways_out_are_named():
    """A key, its variables, or a source."""
    message = refused(Config(type="ram_role_arn", role_arn=ROLE))
    assert "needs access_key_id and access_key_secret, which is missing" in message
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in message
    assert message.endswith("a source would do in place of a key.")


@pytest.mark.parametrize(
    "value", ["ecs_ram_role", {"type": "ecs_ram_role"}, 7, True, object()], ids=lambda v: type(v).__name__
)
def test_a_source_is_a_config(value):
    """A name or a dictionary is not taken for one."""
    message = refused(Config(type="ram_role_arn", role_arn=ROLE, source=value))
    assert "source is not an alicred.Config" in message


def test_a_bearer_token_is_no_source():
    """It has no key to sign with."""
    source = Config(type="bearer", bearer_token="token")
    assert "source is of type bearer" in refused(Config(type="ram_role_arn", role_arn=ROLE, source=source))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Config(), "source: Config has no type"),
        (Config(type="nonsense"), "source: Config has a type that is not known"),
        (Config(type="sts", **KEY), "source: type sts needs security_token"),
        (Config(type="ecs_ram_role", role_name="/"), "source: role_name is not the name of a RAM role"),
        (Config(type="ecs_ram_role", timeout=-1), "source: timeout is not a whole number"),
        (
            Config(type="ram_role_arn", role_arn=ROLE, source=Config(type="sts")),
            "source: source: type sts needs access_key_id",
        ),
    ],
)
def test_what_is_wrong_with_a_source_is_said_of_the_source(source, words):
    """The parameter is named, and where it stands."""
    assert words in refused(Config(type="ram_role_arn", role_arn=ROLE, source=source))


def test_a_source_that_the_environment_forbids_is_an_error_when_the_client_is_built(environment):
    """As it is for a client of that type."""
    settings = resolve(Config(type="ram_role_arn", role_arn=ROLE, source=INSTANCE), Environment({}))
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        build(settings, environment(ECS_METADATA_DISABLED="true"), None)


@pytest.mark.parametrize("depth", [8, 9, 5000])
def test_a_source_leads_through_eight_others_at_most(depth):
    """Each may take as long as a service may be waited for."""
    config = Config(type="access_key", **KEY)
    for _ in range(depth):
        config = Config(type="ram_role_arn", role_arn=ROLE, source=config)
    if depth == 8:
        assert resolve(config, Environment({})).type == "ram_role_arn"
    else:
        assert "more than 8 sources" in refused(config)


# Through a client


def test_a_source_that_does_not_take_a_parameter_is_warned_of_once():
    """The warning says where the parameter stands; a copy of the client does not repeat it."""
    import copy

    source = Config(type="access_key", **KEY, role_name="EcsRole")
    with pytest.warns(ConfigWarning) as caught:
        client = Client(Config(type="ram_role_arn", role_arn=ROLE, source=source, role_name="x"))
    assert [str(warning.message) for warning in caught] == [
        "role_name has no effect on type ram_role_arn: leave it out.",
        "source.role_name has no effect on type access_key: leave it out.",
    ]
    assert all(warning.filename == __file__ for warning in caught)
    copy.copy(client)


def test_a_source_where_none_is_taken_is_warned_of():
    """It is not even looked into."""
    with pytest.warns(ConfigWarning, match="^source has no effect on type access_key"):
        Client(Config(type="access_key", **KEY, source=Config(type="nonsense")))


def test_configurations_with_equal_sources_are_equal():
    """A client is remembered by its configuration, sources included."""
    one, same, other = (
        Config(type="ram_role_arn", role_arn=ROLE, source=Config(type="ecs_ram_role", role_name=name))
        for name in ("a", "a", "b")
    )
    assert one == same
    assert hash(one) == hash(same)
    assert one != other


def test_the_failure_of_a_source_is_one_verdict_for_all_callers(serve, monkeypatch):
    """A source that cannot be reached is asked once for everybody until the next attempt is due."""
    server = serve(lambda peer: peer.read_request() and peer.answer(status=503))
    monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_URI", server.url)
    client = Client(Config(type="ram_role_arn", role_arn=ROLE, source=Config(type="credentials_uri")))
    for _ in range(5):
        with pytest.raises(CredentialException, match="HTTP status 503"):
            client.get_credential()
    assert server.connections == 1


class Lender:
    """A source that lends what it is told to."""

    def __init__(self, *keys):
        self.keys = list(keys)
        self.refused = []

    def renew(self):
        return self.keys[0]

    def invalidate(self, credential):
        self.refused.append(credential)
        self.keys.pop(0)


@pytest.fixture
def borrower(environment):
    """Build a provider that assumes the role with what a lender has."""
    from alicred.providers.ram_role_arn import build

    settings = resolve(Config(type="ram_role_arn", role_arn=ROLE, **KEY), Environment({}))
    return lambda transport, lender: build(settings, environment(), transport, lender)


def test_a_key_that_is_no_sessions_is_not_given_up(script, borrower, refusal, now):
    """A long-lived key that was deleted does not come back, whoever lends it."""
    lender = Lender(Credential(type="x", provider_name="x", access_key_id="a", access_key_secret="b"))
    with pytest.raises(CredentialRefusedError):
        borrower(script(refusal("InvalidAccessKeyId.NotFound")), lender).fetch(now)
    assert lender.refused == []


def test_the_session_key_of_a_key_pair_is_given_up(script, borrower, refusal, granted, now):
    """It has no token, but it ends, and its source has another one."""
    ending = datetime(2027, 1, 15, 9, tzinfo=timezone.utc)
    one, other = (
        Credential(
            type="x",
            provider_name="rsa_key_pair",
            access_key_id=key_id,
            access_key_secret="b",
            expiration=ending,
        )
        for key_id in ("TMPSK.one", "TMPSK.other")
    )
    lender = Lender(one, other)
    transport = script(refusal("InvalidAccessKeyId.NotFound"), granted())
    assert borrower(transport, lender).fetch(now).credential.has_keys()
    assert lender.refused == [one]
    assert who_asked(transport) == ["TMPSK.one", "TMPSK.other"]
