"""docs/migrating-from-the-sdk.md: what its table says of both libraries is what both do."""

import asyncio
import importlib.metadata
import inspect
import logging
import pickle
import re
import threading
import warnings

import pytest
from packaging.requirements import Requirement

from alicred import Client, Config, ConfigWarning, CredentialException
from alicred.parameters import TYPES
from tests.docs.blocks import text_of

# The SDK calls what Python deprecates from 3.12 on.
pytestmark = pytest.mark.filterwarnings(r"ignore:datetime\.datetime\.utcnow\(\):DeprecationWarning")

PAGE = text_of("docs/migrating-from-the-sdk.md")
IGNORED = {"duration_seconds", "enable_imds_v2", "metadata_token_duration", "host"}
SILENTLY = (None, [])


@pytest.fixture
def sdk(alicred_on_ecs):
    """Alibaba's SDK, among the fakes."""
    from alibabacloud_credentials import client, models

    logging.getLogger("credentials").disabled = True
    yield {"Client": client.Client, "Config": models.Config}
    logging.getLogger("credentials").disabled = False


def error_of(call):
    """Return what a call raises, None if nothing: the SDK has errors of many families."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - which they are is the question
        return error
    return None


def built(client, config, **parameters):
    """Build a client: the name of its error, and the kinds of warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        error = error_of(lambda: client(config(**parameters)))
    return error and type(error).__name__, [warning.category for warning in caught]


def public(what):
    """Return the public names of an object."""
    return {name for name in dir(what) if not name.startswith("_")}


def of_role(emulator):
    """Return what assumes the default role with the default user's key."""
    key = {
        "access_key_id": emulator.user.access_key_id,
        "access_key_secret": emulator.user.access_key_secret,
    }
    return {"type": "ram_role_arn", "role_arn": emulator.role.arn, **key}


def test_the_version_is_the_one_that_the_page_speaks_of():
    """A newer one has to be looked at anew."""
    assert f"alibabacloud_credentials {importlib.metadata.version('alibabacloud_credentials')};" in PAGE


def test_parameters_are_the_same_but_for_those_that_are_named(sdk):
    """Four are gone, one is new; what a type does not take is ignored there and warned of here."""
    theirs = set(inspect.signature(sdk["Config"].__init__).parameters) - {"self"}
    ours = set(Config().parts())
    assert (theirs - ours, ours - theirs) == (IGNORED, {"source"})
    for name in IGNORED:
        assert built(sdk["Client"], sdk["Config"], type="ecs_ram_role", **{name: 1}) == SILENTLY
        assert built(Client, Config, type="ecs_ram_role", **{name: 1}) == ("TypeError", [])
    besides = {"type": "ecs_ram_role", "role_arn": "acs:ram::1:role/x"}
    assert built(sdk["Client"], sdk["Config"], **besides) == SILENTLY
    assert built(Client, Config, **besides) == (None, [ConfigWarning])


def test_what_is_missing_is_told_when_the_client_is_built(sdk):
    """For each type that needs something; a bearer token the SDK does not miss."""
    needy = [kind for kind, parameters in TYPES.items() if parameters.required]
    for kind in needy:
        expected = SILENTLY if kind == "bearer" else ("ValueError", [])
        assert built(sdk["Client"], sdk["Config"], type=kind) == expected, kind
        assert built(Client, Config, type=kind) == ("ConfigurationError", [])
    assert len(TYPES) == 8


def test_values_are_the_same_to_read_and_frozen(sdk):
    """Whatever the SDK's have but its generated checks; ours cannot be changed."""
    credential = Client().get_credential()
    theirs = sdk["Client"]().get_credential()
    left_out = {name for name in public(theirs) if name.startswith(("validate", "from_map"))}
    assert public(theirs) - left_out <= public(credential)
    assert theirs.to_map().keys() == credential.to_map().keys()
    for value in (credential, Config(type="ecs_ram_role")):
        with pytest.raises(AttributeError):
            value.type = "sts"
    assert credential.access_key_secret not in repr(credential)


def test_types_and_names_of_credentials(alicred_on_ecs, sdk):
    """The same, but for the type of the default chain's and the name of a bearer token's."""
    for kwargs, types, names in (
        ({"type": "ecs_ram_role"}, ("ecs_ram_role",) * 2, ("ecs_ram_role",) * 2),
        (of_role(alicred_on_ecs), ("ram_role_arn",) * 2, ("ram_role_arn/static_ak",) * 2),
        ({"type": "bearer", "bearer_token": "t"}, ("bearer",) * 2, (None, "bearer")),
        (None, ("default", "ecs_ram_role"), ("default/ecs_ram_role",) * 2),
    ):
        theirs = sdk["Client"](kwargs and sdk["Config"](**kwargs)).get_credential()
        ours = Client(kwargs and Config(**kwargs)).get_credential()
        assert (theirs.type, ours.type) == types
        assert (theirs.provider_name, ours.provider_name) == names
    assert Client().get_type() == "default"


def test_getters_of_the_client(sdk):
    """Deprecated there, and not here; `get_credentials` is another thing."""
    with pytest.warns(DeprecationWarning, match="get_access_key_id"):
        sdk["Client"]().get_access_key_id()
    client = Client()
    assert client.get_access_key_id() == client.get_credentials().access_key_id
    assert list(inspect.signature(sdk["Client"].get_credentials).parameters) == ["config"]
    assert client.get_security_token() == client.get_credential().security_token


def test_every_provider_class_is_named():
    """Fourteen, each with what stands in for it; the types are those of alicred."""
    from alibabacloud_credentials import provider

    rows = re.findall(r"^\| (`\w+CredentialsProvider`.*?) \| (.*) \|$", PAGE, re.MULTILINE)
    named = [name for cells, _ in rows for name in re.findall(r"`(\w+)`", cells)]
    assert sorted(named) == sorted(provider.__all__)
    assert len(named) == 14
    types = [kind for _, instead in rows for kind in re.findall(r'type="(\w+)"', instead)]
    assert sorted([*types, "bearer"]) == sorted(TYPES)


def test_the_environment_is_read_at_another_moment(sdk, monkeypatch):
    """At import there, when a client is built here."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIlate")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "late")
    assert sdk["Client"]().get_credential().access_key_id != "LTAIlate"
    assert Client().get_credential().access_key_id == "LTAIlate"


def test_a_proxy_variable_is_not_for_the_metadata_service(sdk, monkeypatch):
    """The SDK sends the instance's token and credential through it, alicred asks the instance itself."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert Client(Config(type="ecs_ram_role")).get_credential()
    error = error_of(sdk["Client"](sdk["Config"](type="ecs_ram_role")).get_credential)
    assert "Unable to connect to proxy" in str(error)


def test_errors_are_of_one_family_and_tell_nothing_of_an_answer(alicred_on_ecs, sdk):
    """The SDK's has the answer in its text, or is what it stumbled over; alicred has its own words."""
    role = {**of_role(alicred_on_ecs), "role_arn": "acs:ram::1:role/nobody"}
    theirs = error_of(sdk["Client"](sdk["Config"](**role)).get_credential)
    ours = error_of(Client(Config(**role)).get_credential)
    assert "HostId" in theirs.message
    assert "HostId" not in str(ours)
    assert not hasattr(ours, "message")
    assert (ours.code, bool(ours.request_id), bool(ours.remedy)) == ("EntityNotExist.Role", True, True)
    alicred_on_ecs.credentials_uri.set_response("[]")
    uri = {"type": "credentials_uri", "credentials_uri": alicred_on_ecs.credentials_uri.url}
    assert type(error_of(sdk["Client"](sdk["Config"](**uri)).get_credential)) is AttributeError
    assert isinstance(error_of(Client(Config(**uri)).get_credential), CredentialException)


def test_time_outs(sdk):
    """The defaults of STS are the other way round; the SDK's documentation says what alicred does."""
    from alibabacloud_credentials.provider import RamRoleArnCredentialsProvider as Theirs

    from alicred.providers import terms

    assert (Theirs.DEFAULT_CONNECT_TIMEOUT, Theirs.DEFAULT_READ_TIMEOUT) == (5000, 10000)
    assert (terms._CONNECT_MILLISECONDS, terms._READ_MILLISECONDS) == (10000, 5000)
    told = inspect.getdoc(sdk["Config"].__init__)
    assert re.search(r"`timeout`(?s:.*)`ram_role_arn`: 5000ms(?s:.*)`connect_timeout`(?s:.*): 10000ms", told)


def test_a_session_of_900_seconds(alicred_on_ecs, sdk):
    """The SDK fetches it at every read, alicred once."""
    role = {**of_role(alicred_on_ecs), "role_session_expiration": 900}
    for client, config, fetches in ((sdk["Client"], sdk["Config"], 3), (Client, Config, 1)):
        alicred_on_ecs.sts.journal.clear()
        one = client(config(**role))
        for _ in range(3):
            one.get_credential()
        assert alicred_on_ecs.sts.journal.count("AssumeRole") == fetches


@pytest.mark.parametrize("instance", [True, False], ids=["instance", "role"])
def test_a_refresh_that_fails(instance, alicred_on_ecs, alicred_frozen_process, sdk):
    """While it is good the SDK serves an instance's credential alone, and goes on when that has ended."""
    parameters = {"type": "ecs_ram_role"} if instance else of_role(alicred_on_ecs)
    clients = [sdk["Client"](sdk["Config"](**parameters)), Client(Config(**parameters))]
    for client in clients:
        client.get_credential()
    alicred_on_ecs.faults.add("imds_error" if instance else "sts_error")
    lifetime = 6 * 3600 if instance else 3600

    def served():
        return [error_of(client.get_credential) is None for client in clients]

    alicred_frozen_process.shift(lifetime - 60)
    assert served() == [instance, True]
    alicred_frozen_process.shift(120)
    assert served() == [instance, False]


def test_requests_of_a_refresh(alicred_on_ecs, alicred_frozen_process, sdk):
    """Four or two there; three and then one here. AssumeRole travels by GET there and by POST here."""
    journal = alicred_on_ecs.imds.journal

    def asked(client):
        journal.clear()
        client.get_credential()
        return len(list(journal))

    named = sdk["Config"](type="ecs_ram_role", role_name=alicred_on_ecs.role.name)
    assert asked(sdk["Client"]()) == 4
    assert asked(sdk["Client"](named)) == 2
    client = Client()
    assert asked(client) == 3
    alicred_frozen_process.shift(hours=5, minutes=45)
    assert asked(client) == 1
    role = of_role(alicred_on_ecs)
    for made in (sdk["Client"](sdk["Config"](**role)), Client(Config(**role))):
        made.get_credential()
    assert [entry.method for entry in alicred_on_ecs.sts.journal] == ["GET", "POST"]


def test_threads_and_pickles(sdk):
    """A client of an instance's role has a thread from the start there, none here; ours travels."""
    before = threading.active_count()
    ours = Client(Config(type="ecs_ram_role"))
    ours.get_credential()
    assert threading.active_count() == before
    theirs = sdk["Client"](sdk["Config"](type="ecs_ram_role"))
    assert threading.active_count() == before + 1
    theirs.get_credential()
    with pytest.raises(TypeError):
        pickle.dumps(theirs)
    assert pickle.loads(pickle.dumps(ours)).get_credential() == ours.get_credential()


def test_async_is_by_another_package(sdk):
    """Both have the method; the SDK's needs aiohttp."""
    assert asyncio.run(Client().get_credential_async()) == Client().get_credential()
    assert inspect.iscoroutinefunction(sdk["Client"].get_credential_async)
    assert "aiohttp" in brought_by("alibabacloud-tea")
    assert "aiohttp" not in brought_by("alicred")


def test_logs(sdk):
    """The SDK's logger prints from its import on; alicred's does not print."""
    assert {type(one) for one in logging.getLogger("credentials").handlers} == {logging.StreamHandler}
    assert {type(one) for one in logging.getLogger("alicred").handlers} == {logging.NullHandler}


def test_what_each_brings_along():
    """The packages that the page names."""
    theirs = brought_by("alibabacloud_credentials")
    assert theirs == {"alibabacloud-tea", "alibabacloud-credentials-api", "aiofiles", "apscheduler"}
    assert brought_by("alicred") == {"requests"}


def brought_by(package):
    """Return what a plain install of a package requires, in lower case."""
    requirements = [Requirement(line) for line in importlib.metadata.requires(package) or ()]
    return {
        one.name.lower() for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})
    }
