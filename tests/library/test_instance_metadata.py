"""How an instance's credential is asked for: which requests, in which order, in which mode."""

import logging

import pytest

from alicred.environment import Environment
from alicred.exceptions import (
    ConfigurationError,
    CredentialException,
    CredentialRefusedError,
    ServiceUnreachableError,
)
from alicred.providers.ecs_ram_role import build
from alicred.settings import Settings
from alicred.transport import NoReply, Reply

ROLE = "EcsRole"
TOKEN = "PUT /latest/api/token"
LIST = "GET /latest/meta-data/ram/security-credentials/"
HARDENED_LIST = f"{LIST} +token"
NORMAL = f"{LIST}{ROLE}"
HARDENED = f"{LIST}{ROLE} +token"

SILENCE = NoReply("had not answered in full within 1 s.", connected=True)
RESET = NoReply("broke the connection.", connected=True)
NOBODY = NoReply("could not be connected to.", connected=False)
NO_TOKEN = {
    "400": 400,
    "401": 401,
    "403": 403,
    "404": 404,
    "405": 405,
    "429": 429,
    "500": 500,
    "503": 503,
    "a redirect": 302,
    "no content": 204,
    "a page in place of a token": "<html>\ncAnArY0SeCrEt7</html>",
    "an empty token": "",
    "an endless token": "t" * 2049,
    "a token with a line break": "cAnArY0SeCrEt7\r\nX-Evil: 1",
    "reset": RESET,
    "silence": SILENCE,
}
no_token = pytest.mark.parametrize("no_token", NO_TOKEN.values(), ids=NO_TOKEN)


@pytest.fixture
def log(caplog):
    """Return the texts of what alicred logged since the last look."""
    caplog.set_level(logging.INFO, "alicred")

    def log():
        texts = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return texts

    return log


# Requests


def test_the_first_fetch_asks_for_a_token_the_role_and_its_credential(script, ecs, document, now):
    """Nothing is known at first: three requests in one conversation, all but the first with the token."""
    transport = script("t1", ROLE, document())
    assert ecs(transport).fetch(now).credential.has_keys()
    assert [(m, u) for m, u, _ in transport.sent] == [
        ("PUT", "http://100.100.100.200/latest/api/token"),
        ("GET", "http://100.100.100.200/latest/meta-data/ram/security-credentials/"),
        ("GET", "http://100.100.100.200/latest/meta-data/ram/security-credentials/EcsRole"),
    ]
    assert [h for _, _, h in transport.sent] == [
        {"X-aliyun-ecs-metadata-token-ttl-seconds": "21600"},
        {"X-aliyun-ecs-metadata-token": "t1"},
        {"X-aliyun-ecs-metadata-token": "t1"},
    ]
    assert transport.conversations == 1
    assert transport.open_conversations == 0


def test_a_refresh_costs_one_request(script, ecs, document, now):
    """The token and the role that was discovered are kept."""
    transport = script("t1", ROLE, document(), document())
    provider = ecs(transport)
    provider.fetch(now)
    transport.requests()
    provider.fetch(now + 5.75 * 3600)
    assert transport.requests() == [HARDENED]


def test_a_role_that_is_given_is_not_asked_for(script, ecs, document, now):
    """role_name saves the listing."""
    transport = script("t1", document())
    ecs(transport, role_name=ROLE).fetch(now)
    assert transport.requests() == [TOKEN, HARDENED]


@pytest.mark.parametrize(("age", "requests"), [(21479, [HARDENED]), (21480, [TOKEN, HARDENED])])
def test_a_token_is_renewed_two_minutes_before_it_ends(script, ecs, document, now, age, requests):
    """A token of six hours is used for six hours less two minutes."""
    later = document(Expiration="2027-01-15T20:00:00Z")
    transport = script("t1", document(), *["t2"] * (len(requests) - 1), later)
    provider = ecs(transport, role_name=ROLE)
    provider.fetch(now)
    transport.requests()
    provider.fetch(now + age)
    assert transport.requests() == requests


def test_a_refused_kept_token_is_replaced_before_anything_counts_as_failed(script, ecs, document, now, log):
    """A 401 to a kept token means one new token and one more try, and no fall-back."""
    transport = script("t1", document(), 401, "t2", document())
    provider = ecs(transport, role_name=ROLE)
    provider.fetch(now)
    transport.requests()
    provider.fetch(now + 1)
    assert transport.sent[-1][2] == {"X-aliyun-ecs-metadata-token": "t2"}
    assert transport.requests() == [HARDENED, TOKEN, HARDENED]
    assert log() == []


def test_a_refused_new_token_leads_to_normal_mode(script, ecs, document, now):
    """A token is replaced once a refresh, not for ever."""
    transport = script("t1", document(), 401, "t2", 401, document())
    provider = ecs(transport, role_name=ROLE)
    provider.fetch(now)
    transport.requests()
    provider.fetch(now + 1)
    assert transport.requests() == [HARDENED, TOKEN, HARDENED, NORMAL]


def test_a_new_token_is_fetched_when_the_last_one_could_not_be_had(script, ecs, document, now):
    """A token that was given up is not sent again."""
    transport = script("t1", document(), 401, 403, document(), "t3", document())
    provider = ecs(transport, role_name=ROLE)
    for second in range(3):
        provider.fetch(now + second)
    assert transport.requests() == [TOKEN, HARDENED, HARDENED, TOKEN, NORMAL, TOKEN, HARDENED]


def test_white_space_around_token_and_role_is_stripped(script, ecs, document, now):
    """Some servers end their answers with a line break."""
    transport = script("t1\n", f"{ROLE}\r\n", document())
    ecs(transport).fetch(now)
    assert transport.sent[-1][2] == {"X-aliyun-ecs-metadata-token": "t1"}
    assert transport.requests()[-1] == HARDENED


# The role


def test_a_discovered_role_that_is_gone_is_looked_up_once_more(script, ecs, document, now):
    """When the attached role was swapped, the refresh finds the new one."""
    transport = script("t1", "Old", document(), 404, ROLE, document())
    provider = ecs(transport)
    provider.fetch(now)
    transport.requests()
    provider.fetch(now + 1)
    assert transport.requests() == [f"{LIST}Old +token", HARDENED_LIST, HARDENED]


def test_a_detached_role_is_a_refusal_and_its_name_is_forgotten(script, ecs, document, now):
    """Without a role there is no credential, and mode has nothing to do with it; one that comes is found."""
    transport = script("t1", "Old", document(), 404, 404, ROLE, document())
    provider = ecs(transport)
    provider.fetch(now)
    transport.requests()
    with pytest.raises(CredentialRefusedError, match=r"404.*Attach a RAM role") as caught:
        provider.fetch(now + 1)
    assert caught.value.absent
    assert transport.requests() == [f"{LIST}Old +token", HARDENED_LIST]
    provider.fetch(now + 2)
    assert transport.requests() == [HARDENED_LIST, HARDENED]


def test_a_role_that_is_listed_but_unknown_is_not_looked_up_for_ever(script, ecs, document, now):
    """One more listing a refresh; the error does not speak of a role_name that nobody gave."""
    transport = script("t1", ROLE, document(), 404, ROLE, 404)
    provider = ecs(transport)
    provider.fetch(now)
    transport.requests()
    with pytest.raises(CredentialRefusedError) as caught:
        provider.fetch(now + 1)
    assert transport.requests() == [HARDENED, HARDENED_LIST, HARDENED]
    assert "role_name" not in str(caught.value)
    assert not caught.value.absent


def test_a_given_role_that_is_unknown_is_a_refusal_that_names_the_parameter(script, ecs, now):
    """Another role is never taken for the one that was asked for."""
    transport = script("t1", 404)
    with pytest.raises(CredentialRefusedError, match="Check role_name") as caught:
        ecs(transport, role_name=ROLE).fetch(now)
    assert transport.requests() == [TOKEN, HARDENED]
    assert not caught.value.absent


@pytest.mark.parametrize(
    "name",
    [
        "a/../b",
        "/../cAnArY0SeCrEt7",
        "../../api/token",
        "..",
        ".",
        "a\nb",
        "a\r\nX-Evil: 1",
        "a b",
        "a?b",
        "a#b",
        "a%2fb",
        "a\\b",
        "",
        " \n",
        "<html>cAnArY0SeCrEt7</html>",
        "r" * 65,
        "Rolle\u00e4",
        b"\xff\xfe",
        b"Role\x00",
    ],
)
def test_a_role_name_that_is_none_never_gets_into_a_url(script, ecs, now, name, told, canary):
    """What cannot be a role's name ends the refresh, and is not quoted."""
    transport = script("t1", name)
    with pytest.raises(
        ServiceUnreachableError, match="the role's name with something that is no name"
    ) as caught:
        ecs(transport).fetch(now)
    assert transport.requests() == [TOKEN, HARDENED_LIST]
    assert canary not in told(caught.value)


@pytest.mark.parametrize("name", ["r", "R" * 64, "a-b", "a.b", "a_b", "...a", "2"])
def test_every_name_that_a_role_may_have_is_used(script, ecs, document, now, name):
    """Letters, digits, dots, dashes and underscores, up to 64 of them."""
    transport = script("t1", name, document())
    ecs(transport).fetch(now)
    assert transport.requests()[-1] == f"{LIST}{name} +token"


# Normal mode


@no_token
def test_without_a_token_normal_mode_is_used(script, ecs, document, now, no_token):
    """Whatever keeps the token back, the same is asked without one."""
    transport = script(no_token, ROLE, document())
    assert ecs(transport).fetch(now).credential.has_keys()
    assert transport.requests() == [TOKEN, LIST, NORMAL]
    assert transport.conversations == 1


@no_token
def test_disable_imds_v1_raises_without_a_token(script, ecs, now, no_token, told, canary):
    """Hardened mode or nothing: the failure is raised, says what it was, and nothing else is asked."""
    transport = script(no_token)
    with pytest.raises(CredentialException) as caught:
        ecs(transport, disable_imds_v1=True).fetch(now)
    assert transport.requests() == [TOKEN]
    assert caught.value.provider == "ecs_ram_role"
    assert caught.value.remedy.endswith(".")
    assert caught.value.__context__ is None
    assert canary not in told(caught.value)


@pytest.mark.parametrize("failure", [400, 401, 403, 429, 500, 302, RESET, SILENCE], ids=str)
@pytest.mark.parametrize("step", [1, 2], ids=["listing", "document"])
def test_a_request_that_fails_with_a_token_is_made_without_one(script, ecs, document, now, failure, step):
    """Hardened mode is more than its token: any request of it may fail, and normal mode starts over."""
    answers = ["t1", ROLE][:step]
    known = step == 2
    transport = script(*answers, failure, *([] if known else [ROLE]), document())
    ecs(transport).fetch(now)
    hardened = [TOKEN, HARDENED_LIST, HARDENED][: step + 1]
    assert transport.requests() == [*hardened, *([] if known else [LIST]), NORMAL]


@pytest.mark.parametrize("failure", [400, 401, 403, 500, RESET, SILENCE], ids=str)
def test_disable_imds_v1_raises_when_a_request_with_a_token_fails(script, ecs, now, failure):
    """No request is made without a token, wherever hardened mode fails."""
    transport = script("t1", failure)
    with pytest.raises(CredentialException):
        ecs(transport, role_name=ROLE, disable_imds_v1=True).fetch(now)
    assert transport.requests() == [TOKEN, HARDENED]


def test_each_refresh_begins_with_hardened_mode(script, ecs, document, now):
    """A fall-back is for one refresh, however often it was needed."""
    transport = script(403, document(), 403, document(), "t1", document())
    provider = ecs(transport, role_name=ROLE)
    for second in range(3):
        provider.fetch(now + second)
    assert transport.requests() == [TOKEN, NORMAL, TOKEN, NORMAL, TOKEN, HARDENED]


def test_a_fall_back_is_logged_once_a_change_of_state(script, ecs, document, now, log):
    """One line when normal mode begins to be used, one when it is over, none in between."""
    good = document()
    provider = ecs(script(403, good, 500, good, 403, good, "t1", good, good, 401, 403, good), role_name=ROLE)
    provider.fetch(now)
    (line,) = log()
    assert "normal mode is used" in line
    assert "403" in line
    provider.fetch(now + 1)
    provider.fetch(now + 2)
    assert log() == []
    provider.fetch(now + 3)
    assert log() == ["instance metadata: hardened mode is used again"]
    provider.fetch(now + 4)
    assert log() == []
    provider.fetch(now + 5)
    assert len(log()) == 1


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(403, CredentialRefusedError), (500, ServiceUnreachableError), (SILENCE, ServiceUnreachableError)],
    ids=str,
)
def test_an_error_of_normal_mode_tells_what_hardened_mode_met(script, ecs, now, failure, kind):
    """The first failure is often the telling one."""
    with pytest.raises(
        kind, match=r"Before that, in hardened mode: .* a token with HTTP status 405"
    ) as caught:
        ecs(script(405, failure), role_name=ROLE).fetch(now)
    assert "Before that" in repr(caught.value)
    assert caught.value.__context__ is None


def test_a_refusal_of_normal_mode_does_not_make_an_outage_of_hardened_mode_one(script, ecs, now):
    """Where tokens are required normal mode is refused as it must be; what matters may recover."""
    with pytest.raises(
        ServiceUnreachableError, match=r"HTTP status 500.* After that, in normal mode: .* HTTP status 403"
    ) as caught:
        ecs(script(500, 403), role_name=ROLE).fetch(now)
    assert "After that" in repr(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("code", ["Failed", None])
def test_a_document_that_says_no_is_not_asked_for_in_normal_mode(script, ecs, document, now, code):
    """A role that has no credential has none in either mode."""
    transport = script("t1", document(Code=code))
    with pytest.raises(CredentialRefusedError, match="Code"):
        ecs(transport, role_name=ROLE).fetch(now)
    assert transport.requests() == [TOKEN, HARDENED]


# Nobody there


def test_a_host_that_cannot_be_connected_to_is_not_asked_twice(script, ecs, now):
    """Off the cloud, one failed connection is enough."""
    transport = script(NOBODY)
    with pytest.raises(ServiceUnreachableError, match="Is this an ECS instance") as caught:
        ecs(transport).fetch(now)
    assert transport.requests() == [TOKEN]
    assert caught.value.absent
    assert caught.value.temporary
    assert caught.value.__context__ is None
    assert transport.open_conversations == 0


def test_an_instance_whose_service_vanishes_is_still_an_instance(script, ecs, now):
    """After one answer nobody says that this is no ECS instance, and the chain must not pass in silence."""
    with pytest.raises(ServiceUnreachableError) as caught:
        ecs(script("t1", NOBODY), role_name=ROLE).fetch(now)
    assert not caught.value.absent


def test_a_kept_token_survives_an_outage(script, ecs, document, now):
    """The token is good until it ends, whatever happened to the service."""
    transport = script("t1", document(), NOBODY, document())
    provider = ecs(transport, role_name=ROLE)
    provider.fetch(now)
    with pytest.raises(ServiceUnreachableError):
        provider.fetch(now + 1)
    transport.requests()
    provider.fetch(now + 2)
    assert transport.requests() == [HARDENED]


# Settings


def test_times_are_a_second_each_and_five_in_all(script, document, now):
    """Instance metadata is near; a proxy that the environment names has no business there."""
    transport = script("t1", ROLE, document())
    environment = Environment({"http_proxy": "http://proxy:3128", "ALL_PROXY": "http://proxy:3128"})
    build(Settings("ecs_ram_role", {}), environment, transport).fetch(now)
    (terms,) = transport.terms
    assert (terms.connect_seconds, terms.read_seconds, terms.total_seconds) == (1.0, 1.0, 5.0)
    assert terms.proxies == {}


def test_times_and_proxy_that_are_given_hold(script, document, now):
    """Who waits longer than five seconds for one answer has to be given it."""
    values = {"timeout": 6000, "connect_timeout": 2000, "proxy": "http://proxy:3128"}
    transport = script("t1", ROLE, document())
    build(Settings("ecs_ram_role", values), Environment({}), transport).fetch(now)
    (terms,) = transport.terms
    assert (terms.connect_seconds, terms.read_seconds, terms.total_seconds) == (2.0, 6.0, 8.0)
    assert terms.proxies == {"all": "http://proxy:3128"}


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8100", "http://127.0.0.1:8100/", "http://[::1]:8100"])
def test_the_endpoint_variable_moves_the_service(script, document, environment, now, endpoint):
    """ALIBABA_CLOUD_IMDS_ENDPOINT is where all requests go, with or without a slash at its end."""
    transport = script("t1", ROLE, document())
    build(Settings("ecs_ram_role", {}), environment(IMDS_ENDPOINT=endpoint), transport).fetch(now)
    assert transport.sent[0][1] == endpoint.rstrip("/") + "/latest/api/token"


@pytest.mark.parametrize(
    "endpoint",
    [
        "127.0.0.1:8100",
        "imds",
        "ftp://imds",
        "http://",
        "http://a b",
        "http://h:99999",
        "http://h:0",
        "http://h\n",
        "http://h\t/",
        "http://[::1",
        "/latest",
        "http://h/?x=1",
        "http://h/#x",
    ],
)
def test_an_endpoint_that_is_none_is_a_configuration_error(script, environment, endpoint):
    """The variable is named; nothing is asked anywhere."""
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_IMDS_ENDPOINT") as caught:
        build(Settings("ecs_ram_role", {}), environment(IMDS_ENDPOINT=endpoint), script())
    assert caught.value.provider == "ecs_ram_role"
    assert "100.100.100.200" in caught.value.remedy


@pytest.mark.parametrize("value", ["true", "TRUE", " True "])
def test_metadata_that_is_disabled_is_not_asked_for(script, environment, value):
    """ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids the type, too, when it is asked for by name."""
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        build(Settings("ecs_ram_role", {}), environment(ECS_METADATA_DISABLED=value), script())


def test_an_answer_that_no_status_explains_is_an_error_all_the_same(script, ecs, now):
    """A status that HTTP does not know is refused like others."""
    with pytest.raises(CredentialRefusedError, match="999"):
        ecs(script("t1", Reply(999, b""), Reply(999, b"")), role_name=ROLE).fetch(now)
