"""The default chain: who is asked, who is passed over, who is kept."""

import os
import subprocess
import sys

import pytest

from alicred import Client, NoCredentialError
from alicred.environment import Environment
from alicred.exceptions import (
    ConfigurationError,
    CredentialException,
    CredentialRefusedError,
    ServiceUnreachableError,
)
from alicred.models import Credential
from alicred.providers.base import Issued
from alicred.providers.chain import ChainProvider, Element
from alicred.providers.registry import CHAIN, build_chain
from alicred.refresh import fifteen_minutes
from alicred.session import Session
from alicred.transport import NoReply

NOBODY = NoReply("could not be connected to.", connected=False)
SILENCE = NoReply("had not answered in full within 1 s.", connected=True)
KEY = {"ACCESS_KEY_ID": "LTAIexample", "ACCESS_KEY_SECRET": "secret"}
URI = {"CREDENTIALS_URI": "http://service.example/x"}
ROLE = {"ECS_METADATA": "EcsRole"}
TOKEN = "PUT /latest/api/token"
HARDENED = "GET /latest/meta-data/ram/security-credentials/EcsRole +token"
ASK_URI = "GET /x"
HOUR = 3600


@pytest.fixture
def chain(environment):
    """Build the default chain over a scripted transport, in an environment of these variables."""

    def chain(transport, variables=(), *, strict=False):
        return build_chain(environment(**dict(variables)), transport, strict=strict)

    return chain


class StandingClock:
    """A clock that does not move."""

    def __init__(self, now):
        self.time = lambda: now
        self.monotonic = lambda: now


class Source:
    """A provider that does as it is told."""

    name = "source"

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    def fetch(self, now, *, holding=False):
        """Bring the next outcome."""
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


# Order


def test_the_order_of_the_chain():
    """Environment, a pod's role, aliyun-cli's file, the SDKs' file, instance, credentials URI."""
    assert [place.name for place in CHAIN] == [
        "env", "oidc_role_arn", "cli_profile", "profile", "ecs_ram_role", "credential_uri",
    ]  # fmt: skip


def test_the_environment_comes_first(script, chain, now):
    """A key that is set is used, and nobody is asked."""
    transport = script()
    credential = chain(transport, {**KEY, **ROLE, **URI}).fetch(now).credential
    assert credential.type == "access_key"
    assert credential.provider_name == "default/env"
    assert transport.sent == []


def test_a_token_in_the_environment_makes_it_a_session(script, chain, now):
    """Key and token belong together."""
    credential = chain(script(), {**KEY, "SECURITY_TOKEN": "token"}).fetch(now).credential
    assert (credential.type, credential.security_token) == ("sts", "token")
    assert credential.provider_name == "default/env"


@pytest.fixture
def pod(tmp_path):
    """The variables of a pod whose token is there."""
    path = tmp_path / "token"
    path.write_text("a.b.c")
    return {
        "ROLE_ARN": "acs:ram::1234567890123456:role/demo",
        "OIDC_PROVIDER_ARN": "acs:ram::1234567890123456:oidc-provider/ack",
        "OIDC_TOKEN_FILE": str(path),
    }


def test_the_role_of_a_pod_comes_next(script, chain, pod, granted, now, log):
    """Three variables say that there is one, and then the node's own role is not asked for."""
    transport = script(granted())
    credential = chain(transport, {**pod, **ROLE, **URI}).fetch(now).credential
    assert credential.type == "oidc_role_arn"
    assert credential.provider_name == "default/oidc_role_arn"
    assert transport.requests() == ["POST /"]
    assert log() == []


def test_a_key_in_the_environment_of_a_pod_comes_before_its_role(script, chain, pod, now):
    """Somebody has set it on purpose."""
    assert chain(script(), {**KEY, **pod}).fetch(now).credential.provider_name == "default/env"


@pytest.mark.parametrize("missing", ["ROLE_ARN", "OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE"])
def test_two_of_a_pods_variables_say_nothing(script, chain, pod, document, now, log, missing):
    """A role's ARN alone is set for other purposes as well; what is missing is told with all attempts."""
    variables = {name: value for name, value in pod.items() if name != missing}
    chain(script("t1", document()), {**variables, **ROLE}).fetch(now)
    assert log() == []
    with pytest.raises(
        NoCredentialError, match=f"oidc_role_arn: ALIBABA_CLOUD_{missing} is not set"
    ) as caught:
        chain(script(NOBODY), variables).fetch(now)
    assert caught.value.attempts[1].error is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"OIDC_TOKEN_FILE": "/nowhere/token"}, "ALIBABA_CLOUD_OIDC_TOKEN_FILE names a file"),
        ({"ROLE_ARN": "demo"}, "ALIBABA_CLOUD_ROLE_ARN is not the ARN"),
        ({"VPC_ENDPOINT_ENABLED": "true"}, "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED asks"),
    ],
)
def test_a_pod_that_is_set_up_wrongly_is_passed_over_with_a_warning(
    script, chain, pod, document, now, log, changes, words
):
    """The node's role would be another identity, so the log says why; strict stops there instead."""
    chain(script("t1", document()), {**pod, **ROLE, **changes}).fetch(now)
    (line,) = log()
    assert line.startswith("WARNING oidc_role_arn: ")
    assert words in line
    with pytest.raises(ConfigurationError, match=words):
        chain(script(), {**pod, **ROLE, **changes}, strict=True).fetch(now)


def test_a_pod_whose_role_is_refused_is_told_with_the_code(script, chain, pod, refusal, now):
    """The attempts hold what STS said."""
    code = "AuthenticationFail.NoPermission"
    with pytest.raises(NoCredentialError, match=code) as caught:
        chain(script(refusal(code, 403), NOBODY), pod).fetch(now)
    assert caught.value.attempts[1].error.code == code


def test_the_instance_comes_next(script, chain, document, now, log):
    """Without a key in the environment the instance is asked, and nothing is said about it."""
    transport = script("t1", document())
    credential = chain(transport, {**ROLE, **URI}).fetch(now).credential
    assert credential.type == "ecs_ram_role"
    assert credential.provider_name == "default/ecs_ram_role"
    assert transport.requests() == [TOKEN, HARDENED]
    assert log() == []


def test_off_the_cloud_the_credentials_uri_is_asked(script, chain, document, now, log):
    """An instance that is not there is no fault, so nothing is said about it."""
    transport = script(NOBODY, document())
    credential = chain(transport, URI).fetch(now).credential
    assert credential.type == "credentials_uri"
    assert credential.provider_name == "default/credential_uri"
    assert transport.requests() == [TOKEN, ASK_URI]
    assert log() == []


@pytest.mark.parametrize("value", ["true", "TRUE"])
def test_a_disabled_instance_is_not_asked(script, chain, document, now, value):
    """ALIBABA_CLOUD_ECS_METADATA_DISABLED takes it out of the chain."""
    transport = script(document())
    chain(transport, {"ECS_METADATA_DISABLED": value, **URI}).fetch(now)
    assert transport.requests() == [ASK_URI]


def test_an_instance_is_asked_where_disabled_says_anything_but_true(script, chain, document, now):
    """As in the other SDKs."""
    transport = script("t1", document())
    chain(transport, {"ECS_METADATA_DISABLED": "false", **ROLE}).fetch(now)
    assert transport.requests() == [TOKEN, HARDENED]


@pytest.mark.parametrize("variables", [KEY, {**KEY, "SECURITY_TOKEN": "token"}])
def test_the_name_of_the_place_can_stand_in_a_header(script, chain, now, variables):
    """Product SDKs send it with every request."""
    name = chain(script(), variables).fetch(now).credential.provider_name
    assert name.isascii()
    assert name.isprintable()
    assert " " not in name


# Passed over


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"ACCESS_KEY_ID": "x"}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ({"ACCESS_KEY_SECRET": "x"}, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ({"ACCESS_KEY_ID": "x", "SECURITY_TOKEN": "x"}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ({"ACCESS_KEY_ID": "x", "ACCESS_KEY_SECRET": "x\n"}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ({"IMDS_ENDPOINT": "nonsense"}, "ALIBABA_CLOUD_IMDS_ENDPOINT"),
        ({"ECS_METADATA": "/../x"}, "ALIBABA_CLOUD_ECS_METADATA"),
    ],
)
def test_a_place_that_is_configured_and_broken_is_passed_over_with_a_warning(
    script, chain, document, now, log, variables, names
):
    """The identity may silently become another, so the log says why; strict stops there instead."""
    answers = ["t1", "EcsRole", document()] if "ACCESS" in names else [document()]
    transport = script(*answers)
    chain(transport, {**variables, **URI}).fetch(now)
    (line,) = log()
    assert line.startswith("WARNING ")
    assert names in line
    assert line.endswith("The default chain goes on.")
    with pytest.raises(ConfigurationError, match=names):
        chain(script(), {**variables, **URI}, strict=True).fetch(now)


def test_a_security_token_alone_is_no_key(script, chain, document, now, log):
    """A leftover token configures nothing."""
    chain(script(NOBODY, document()), {"SECURITY_TOKEN": "x", **URI}).fetch(now)
    assert log() == []


@pytest.mark.parametrize(
    "answers", [[403, 403], [500, 500], [SILENCE, SILENCE], ["t1", b"<html>"], ["t1", 404]], ids=str
)
def test_an_instance_that_answers_and_fails_is_broken(script, chain, document, now, log, answers):
    """Somebody is there, so the identity should be the instance's: the log says that it is not."""
    chain(script(*answers, document()), {**ROLE, **URI}).fetch(now)
    assert "goes on" in log()[-1]
    with pytest.raises(CredentialException) as caught:
        chain(script(*answers), {**ROLE, **URI}, strict=True).fetch(now)
    assert caught.value.provider == "ecs_ram_role"


@pytest.mark.parametrize("strict", [True, False])
def test_an_instance_without_a_role_is_passed_over_in_silence(script, chain, document, now, log, strict):
    """It has no identity to lend, and that is no fault."""
    chain(script("t1", 404, document()), URI, strict=strict).fetch(now)
    assert log() == []


@pytest.mark.parametrize("failure", [NOBODY, SILENCE, 404, 500, b"{}"], ids=str)
def test_a_credentials_uri_that_fails_is_broken(script, chain, now, log, failure):
    """Whoever set the variable wants it asked: never silence, not even where nobody listens."""
    with pytest.raises(NoCredentialError):
        chain(script(NOBODY, failure), URI).fetch(now)
    (line,) = log()
    assert line.startswith("WARNING credential_uri: ")
    with pytest.raises(CredentialException) as caught:
        chain(script(NOBODY, failure), URI, strict=True).fetch(now)
    assert not isinstance(caught.value, NoCredentialError)


def searched(provider, now):
    """Search for nothing."""
    with pytest.raises(NoCredentialError):
        provider.fetch(now)


def test_a_place_that_stays_broken_is_warned_of_once(script, chain, now, log):
    """A search for every call, as long as there is nothing to find, fills no log."""
    provider = chain(script(), {"ACCESS_KEY_ID": "x", "ECS_METADATA_DISABLED": "true"})
    searched(provider, now)
    assert len(log()) == 1
    searched(provider, now)
    assert log() == []


def test_a_place_that_is_broken_in_another_way_is_warned_of_again(now, log):
    """What it takes to mend it has changed; the id of a request has nothing to do with that."""
    failures = {
        CredentialRefusedError("No (RequestId 1).", code="NoPermission"): 1,
        CredentialRefusedError("No (RequestId 2).", code="NoPermission"): 0,
        CredentialRefusedError("No (RequestId 3).", code="Gone"): 1,
        ConfigurationError("One field is wrong."): 1,
        ConfigurationError("One field is wrong."): 0,
        ConfigurationError("Another field is wrong."): 1,
        ConfigurationError("It is not configured any more.", absent=True): 0,
        ConfigurationError("Another field is wrong."): 1,
    }
    source = Source(*failures)
    provider = ChainProvider([Element("place", lambda: source)])
    lines = []
    for _ in failures:
        searched(provider, now)
        lines.append(len(log()))
    assert lines == list(failures.values())


def test_a_place_that_was_broken_and_has_a_credential_is_told_of(now, log):
    """Whoever read the warning reads that it is over, and the next one is a new one."""
    issued = Issued(Credential(type="sts", provider_name="source", expires_at=now + HOUR), fifteen_minutes)
    source = Source(
        *[CredentialRefusedError("No.")] * 2, issued, issued, *[CredentialRefusedError("No.")] * 2
    )
    provider = ChainProvider([Element("place", lambda: source)])
    for _ in range(2):
        searched(provider, now)
    for _ in range(2):
        provider.fetch(now)
    for _ in range(2):
        searched(provider, now)
    assert [line.partition(" ")[2] for line in log()] == [
        "alicred: No. The default chain goes on.",
        "default: place has a credential again",
        "alicred: No. The default chain is searched again.",
    ]


@pytest.mark.parametrize("bug", [TypeError, KeyError, AttributeError, ValueError, RuntimeError, OSError])
def test_a_bug_does_not_move_the_chain_on(now, bug):
    """Only alicred's own errors mean that there is no credential; others are mistakes, and surface."""
    elements = [Element("buggy", lambda: Source(bug("oops"))), Element("good", lambda: Source(None))]
    with pytest.raises(bug, match="oops"):
        ChainProvider(elements).fetch(now)


def test_a_bug_while_a_place_is_opened_surfaces_too(now):
    """The same holds before anybody is asked."""

    def open_():
        raise TypeError("oops")

    with pytest.raises(TypeError, match="oops"):
        ChainProvider([Element("buggy", open_)]).fetch(now)


# Nothing found


def test_nothing_found_is_told_place_by_place(script, chain, now):
    """Every attempt is data, and one line of the message; nothing is chained behind it."""
    with pytest.raises(NoCredentialError) as caught:
        chain(script(NOBODY), {"ACCESS_KEY_ID": "x"}).fetch(now)
    error = caught.value
    assert [attempt.provider for attempt in error.attempts] == [place.name for place in CHAIN]
    assert [type(attempt.error) for attempt in error.attempts] == [
        ConfigurationError,
        type(None),
        type(None),
        type(None),
        ServiceUnreachableError,
        type(None),
    ]
    lines = str(error).splitlines()
    assert lines[0].startswith("default: no element of the default chain has a credential. Configure one")
    assert lines[1] == (
        "  env: type access_key needs access_key_secret, which is missing or empty. "
        "Pass it to Config, or set ALIBABA_CLOUD_ACCESS_KEY_SECRET."
    )
    assert lines[2] == (
        "  oidc_role_arn: ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_PROVIDER_ARN and "
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE are not set."
    )
    assert lines[3] == "  cli_profile: HOME is not set, nor is ALIBABA_CLOUD_CONFIG_FILE."
    assert lines[4] == "  profile: HOME is not set, nor is ALIBABA_CLOUD_CREDENTIALS_FILE."
    assert lines[5].startswith("  ecs_ram_role: The instance metadata service could not be connected to. Is")
    assert lines[6] == "  credential_uri: ALIBABA_CLOUD_CREDENTIALS_URI is not set."
    assert len(lines) == 7
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("answers", "temporary"), [([NOBODY], True), ([403, 500], True), (["t1", 404], False)]
)
def test_nothing_found_is_temporary_if_somebody_could_not_be_reached(script, chain, now, answers, temporary):
    """Then the absence is remembered for the back-off, so that not every call waits for it again."""
    with pytest.raises(NoCredentialError) as caught:
        chain(script(*answers)).fetch(now)
    assert caught.value.temporary is temporary
    assert caught.value.copy().temporary is temporary


def test_an_empty_environment_off_the_cloud(script, chain, now):
    """The commonest failure of all: each line says what would have to be set."""
    with pytest.raises(NoCredentialError) as caught:
        chain(script(NOBODY)).fetch(now)
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set." in str(caught.value)


# The winner


def test_the_winner_is_kept(script, chain, document, now):
    """A refresh asks the one that had the credential, with its token and role."""
    transport = script(NOBODY, document(), document())
    provider = chain(transport, URI)
    provider.fetch(now)
    transport.requests()
    provider.fetch(now + HOUR)
    assert transport.requests() == [ASK_URI]


def test_a_winner_that_is_refused_while_its_credential_is_valid_stays(script, chain, document, now, log):
    """The old credential still works, so the identity does not change."""
    transport = script("t1", document(), 404)
    provider = chain(transport, {**ROLE, **URI})
    provider.fetch(now)
    with pytest.raises(CredentialRefusedError):
        provider.fetch(now + 5 * HOUR, holding=True)
    assert transport.requests() == [TOKEN, HARDENED, HARDENED]
    assert log() == []


def test_an_invalidated_winner_that_is_refused_is_searched_beyond(script, chain, document, now):
    """A credential that a service refused counts as expired for the chain as well."""
    transport = script("t1", document(), 403, 403, document(Expiration="2027-01-16T00:00:00Z"))
    session = Session(chain(transport, {**ROLE, **URI}), StandingClock(now))
    session.invalidate(session.renew())
    assert session.renew().provider_name == "default/credential_uri"


def test_a_winner_that_is_refused_after_its_end_is_searched_beyond(script, chain, document, now, log):
    """A role that was detached for good gives way to the next that has a credential, and the log says so."""
    transport = script("t1", document(), 403, 403, document(Expiration="2027-01-16T00:00:00Z"))
    provider = chain(transport, {**ROLE, **URI})
    provider.fetch(now)
    transport.requests()
    credential = provider.fetch(now + 6 * HOUR).credential
    assert credential.provider_name == "default/credential_uri"
    assert transport.requests() == [TOKEN, HARDENED.removesuffix(" +token"), ASK_URI]
    assert any("searched again" in line for line in log())


def test_a_strict_chain_does_not_search_beyond_a_winner_that_is_refused(script, chain, document, now):
    """Strict means that the identity never changes because something is broken."""
    transport = script("t1", document(), 403, 403)
    provider = chain(transport, {**ROLE, **URI}, strict=True)
    provider.fetch(now)
    with pytest.raises(CredentialRefusedError):
        provider.fetch(now + 6 * HOUR)
    assert ASK_URI not in transport.requests()


def test_a_refused_winner_is_one_of_the_attempts(script, chain, document, now):
    """It is asked once, told of once, and asked again the next time."""
    transport = script("t1", document(), 403, 403, "t2", document(Expiration="2027-01-16T00:00:00Z"))
    provider = chain(transport, ROLE)
    provider.fetch(now)
    with pytest.raises(NoCredentialError, match=r"ecs_ram_role: .* HTTP status 403"):
        provider.fetch(now + 6 * HOUR)
    assert provider.fetch(now + 6 * HOUR + 1).credential.provider_name == "default/ecs_ram_role"


@pytest.mark.parametrize("failure", [[NOBODY], [SILENCE, SILENCE], [500, 500], [429, 429]], ids=str)
@pytest.mark.parametrize("later", [HOUR, 6 * HOUR, 100 * HOUR])
def test_a_winner_that_cannot_be_reached_is_never_left(script, chain, document, now, failure, later):
    """An outage does not change the identity, however long it lasts."""
    transport = script("t1", document(), *failure)
    provider = chain(transport, {**ROLE, **URI})
    provider.fetch(now)
    transport.requests()
    with pytest.raises(ServiceUnreachableError):
        provider.fetch(now + later)
    assert ASK_URI not in transport.requests()


def test_the_instance_keeps_token_and_role_while_the_chain_searches(script, chain, now):
    """A place is built once: a search that found nothing costs no new token each time."""
    transport = script("t1", 404, 404)
    provider = chain(transport)
    for _ in range(2):
        with pytest.raises(NoCredentialError):
            provider.fetch(now)
    listing = "GET /latest/meta-data/ram/security-credentials/ +token"
    assert transport.requests() == [TOKEN, listing, listing]


def test_the_last_place_is_not_kept_when_it_failed(script, chain, document, now):
    """After a pass without a credential, the next pass begins at the first place again."""
    transport = script(NOBODY, 500, "t1", document())
    provider = chain(transport, {**ROLE, **URI})
    with pytest.raises(NoCredentialError):
        provider.fetch(now)
    transport.requests()
    provider.fetch(now + 60)
    assert transport.requests() == [TOKEN, HARDENED]


# Through a client


def test_a_client_without_a_configuration_is_the_chain(monkeypatch):
    """Client() needs nothing, and asks nobody before it is asked."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIexample")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    client = Client()
    assert client.get_type() == "default"
    assert client.get_provider_name() == "default"
    assert client.get_credential().provider_name == "default/env"


def test_a_strict_client_stops_at_what_is_broken(monkeypatch):
    """Client(strict=True) raises what a lenient one logs."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIexample")
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        Client(strict=True).get_credential()


def test_an_endless_key_is_never_searched_beyond(now):
    """A key of the environment does not expire, so the chain stays with it."""
    provider = build_chain(
        Environment({f"ALIBABA_CLOUD_{name}": value for name, value in KEY.items()}), None, strict=False
    )
    assert provider.fetch(now) == provider.fetch(now + 10**9)


def test_a_key_of_the_environment_loads_nothing_that_others_need():
    """Neither files nor HTTP, neither JSON nor a thread: whoever sets two variables waits for none of it."""
    code = (
        "import sys, _thread; before = set(sys.modules); from alicred import Client\n"
        "assert Client().get_credential().provider_name == 'default/env'\n"
        "print(_thread._count(), *sys.modules.keys() - before)"
    )
    variables = {f"ALIBABA_CLOUD_{name}": value for name, value in KEY.items()}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    threads, *loaded = ran.stdout.split()
    assert threads == "0"
    unwanted = {"json", "requests", "urllib3", "ssl", "asyncio", "threading", "logging", "alicred.profiles"}
    assert unwanted.isdisjoint(loaded)
    assert "alicred.providers.static" in loaded
    assert "alicred.providers.ecs_ram_role" not in loaded


def test_the_table_of_the_chain_tells_what_the_documentation_needs():
    """Each place says when it applies and what it reads."""
    for place in CHAIN:
        assert place.applies
        assert place.reads
        assert not place.applies.endswith(".")
