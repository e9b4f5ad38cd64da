"""What product SDKs, and programs around them, may do with a client and a credential."""

import asyncio
import copy
import gc
import inspect
import logging
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
from datetime import datetime, timezone
from unittest import mock

import pytest

import alicred
from alicred import Client, Config, ConfigurationError, ConfigWarning, Credential, clock, testing
from alicred.exceptions import Attempt, CredentialException, CredentialRefusedError, NoCredentialError
from alicred.models import masked
from alicred.providers.base import Issued
from alicred.refresh import fifteen_minutes
from alicred.session import Session

KEY = Config(type="access_key", access_key_id="LTAIexample", access_key_secret="secret")
STS = Config(type="sts", access_key_id="STS.example", access_key_secret="secret", security_token="token")
BEARER = Config(type="bearer", bearer_token="bearer")
GETTERS = ("get_access_key_id", "get_access_key_secret", "get_security_token", "get_bearer_token")
PARTS = ("access_key_id", "access_key_secret", "security_token", "bearer_token")


def session(**changes):
    """Return a credential of one hour."""
    parts = {
        "type": "sts",
        "provider_name": "static_sts",
        "access_key_id": "STS.exampleKeyId1234",
        "access_key_secret": "secret",
        "security_token": "token",
        "expiration": datetime(2027, 1, 15, 9, tzinfo=timezone.utc),
        "expires_at": 1_800_003_600.0,
    }
    return Credential(**{**parts, **changes})


# What product SDKs call


@pytest.mark.parametrize(
    ("config", "parts", "name"),
    [
        (KEY, ("LTAIexample", "secret", None, None), "static_ak"),
        (STS, ("STS.example", "secret", "token", None), "static_sts"),
        (BEARER, (None, None, None, "bearer"), "bearer"),
    ],
    ids=["access_key", "sts", "bearer"],
)
def test_a_credential_and_its_client_answer_every_getter_of_the_sdks(config, parts, name):
    """Attributes and getters say the same; the older getters sit on the client itself."""
    client = Client(config)
    credential = client.get_credential()
    assert tuple(getattr(credential, part) for part in PARTS) == parts
    assert tuple(getattr(credential, getter)() for getter in GETTERS) == parts
    assert tuple(getattr(client, getter)() for getter in GETTERS) == parts
    assert credential.type == credential.get_type() == client.get_type() == config.type
    assert credential.provider_name == credential.get_provider_name() == client.get_provider_name() == name
    assert credential.has_keys() is (parts[0] is not None)
    assert credential.expiration is None
    assert credential.is_expired() is False


@pytest.mark.asyncio
async def test_every_getter_that_may_wait_has_an_async_twin():
    """A twin gives the same, and holds up no loop."""
    client = Client(STS)
    credential = await client.get_credential_async()
    assert credential is client.get_credential()
    assert await client.get_credentials_async() is credential
    for getter, part in zip(GETTERS, PARTS, strict=True):
        assert await getattr(client, f"{getter}_async")() == getattr(credential, part)


def test_the_twins_are_coroutine_functions():
    """Callers look at that to decide whether to await."""
    twins = [name for name in dir(Client) if name.endswith("_async")]
    assert len(twins) == 6
    assert all(inspect.iscoroutinefunction(getattr(Client, name)) for name in twins)
    assert all(hasattr(Client, name.removesuffix("_async")) for name in twins)


def test_both_names_of_the_main_method_are_one():
    """OSS, Log Service, Table Store and MaxCompute say it in the plural."""
    client = Client(KEY)
    assert client.get_credentials() is client.get_credential()


def test_reading_from_inside_a_loop_without_awaiting_works():
    """The async client of OSS v2 calls the synchronous method in the loop."""

    async def read():
        return Client(STS).get_credentials()

    assert asyncio.run(read()).security_token == "token"


def test_the_map_has_the_keys_of_alibabas_sdk_and_only_what_is_there():
    """What a test or a log of the user's own may want; secrets included, so it is asked for by name."""
    assert session().to_map() == {
        "accessKeyId": "STS.exampleKeyId1234",
        "accessKeySecret": "secret",
        "securityToken": "token",
        "type": "sts",
        "providerName": "static_sts",
    }
    assert Client(BEARER).get_credential().to_map() == {
        "bearerToken": "bearer",
        "type": "bearer",
        "providerName": "bearer",
    }


# Values


def test_a_credential_is_expired_from_its_last_second_on():
    """At its very end it is dead, as it is for the services."""
    credential = session()
    testing.use_clock(lambda: 1_800_003_599.999)
    assert not credential.is_expired()
    testing.use_clock(lambda: 1_800_003_600.0)
    assert credential.is_expired()


@pytest.mark.parametrize("value", [KEY, session()], ids=["Config", "Credential"])
def test_a_value_cannot_be_changed(value):
    """Whoever holds one may rely on it."""
    for change in (
        lambda: setattr(value, "access_key_id", "other"),
        lambda: setattr(value, "anything", 1),
        lambda: delattr(value, "access_key_id"),
    ):
        with pytest.raises(AttributeError, match="never changed"):
            change()


@pytest.mark.parametrize("value", [KEY, session()], ids=["Config", "Credential"])
def test_a_value_survives_copying_and_pickling(value):
    """Equal, of the same hash, and still unchangeable."""
    copies = [copy.copy(value), copy.deepcopy(value)]
    copies += [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for one in copies:
        assert one == value
        assert hash(one) == hash(value)
        assert repr(one) == repr(value)
        with pytest.raises(AttributeError):
            one.access_key_id = "other"


@pytest.mark.parametrize(
    "change",
    [
        {"access_key_id": "other"},
        {"access_key_secret": "other"},
        {"security_token": None},
        {"expiration": None},
        {"type": "other"},
        {"provider_name": "other"},
    ],
    ids=str,
)
def test_credentials_are_equal_if_all_their_parts_are(change):
    """One part that differs makes another credential; what the local clock thinks of its end does not."""
    assert session() == session(expires_at=1.0)
    assert hash(session()) == hash(session(expires_at=1.0))
    assert session() != session(**change)
    assert session() != "text"
    assert len({session(), session(), session(**change)}) == 2


def test_configurations_of_the_same_parts_are_equal():
    """A parameter left out and one that is None are the same."""
    assert Config(type="sts", role_name=None) == Config(type="sts")
    assert Config(type="sts") != Config(type="access_key")
    assert Config(type="sts") != session()


def test_a_value_needs_its_parts_by_name():
    """A credential without a type is none."""
    with pytest.raises(TypeError, match="needs 'provider_name'"):
        Credential(type="sts")
    with pytest.raises(TypeError):
        Credential("sts", "x")


@pytest.mark.parametrize(
    ("key_id", "shown"),
    [(None, None), ("", ""), ("LTAI5tExample", "...mple"), ("abcd", "...cd"), ("a", "...")],
)
def test_four_characters_of_a_key_id_are_shown(key_id, shown):
    """Enough to tell one from another, and never the whole."""
    assert masked(key_id) == shown


# Clients


def test_a_client_is_copied_and_pickled_as_its_configuration():
    """A copy has a cache of its own; tablestores and pyodps pickle their providers."""
    client = Client(STS)
    held = client.get_credential()
    for one in (copy.copy(client), copy.deepcopy(client), pickle.loads(pickle.dumps(client))):
        assert one is not client
        assert one.get_type() == "sts"
        assert one.get_credential() == held
        assert one.get_credential() is not held
    client.close()
    assert copy.copy(client).get_credential() == held


def test_a_pickled_chain_reads_the_environment_where_it_is_unpickled(monkeypatch):
    """Configuration travels, credentials and environments do not; strictness is configuration."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "here")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "cAnArY0SeCrEt7")
    pickled = pickle.dumps(Client(strict=True))
    assert b"cAnArY0SeCrEt7" not in pickled
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "there")
    assert pickle.loads(pickled).get_credential().access_key_id == "there"
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    with pytest.raises(ConfigurationError):
        pickle.loads(pickled).get_credential()


def test_a_closed_client_says_so():
    """In both ways of asking, and however it was closed; closing twice does no harm."""
    with Client(KEY) as client:
        assert client.get_credential().has_keys()
    client.close()
    with pytest.raises(ConfigurationError, match=r"has been closed.*Build another one"):
        client.get_credential()
    with pytest.raises(ConfigurationError, match="has been closed"):
        asyncio.run(client.get_credential_async())
    with pytest.raises(ConfigurationError, match="has been closed"):
        client.get_access_key_id()


def test_a_client_can_be_patched_in_a_test():
    """Test authors replace the method of the one client that they have."""
    client = Client(KEY)
    with mock.patch.object(client, "get_credential", return_value="patched"):
        assert client.get_credential() == client.get_credentials() == "patched"
    assert client.get_credential() == client.get_credentials()


def test_a_subclass_stays_what_it_is():
    """Its override counts under every name, and a copy is of its kind."""

    class Counting(Client):
        reads = 0

        def get_credential(self):
            Counting.reads += 1
            return super().get_credential()

    copied = copy.copy(Counting(KEY))
    copied.get_credentials()
    copied.get_access_key_id()
    assert (type(copied), Counting.reads) == (Counting, 2)


def test_a_logger_that_is_there_gets_its_handler_with_the_first_client():
    """An application that has set up logging sees no record of ours on stderr unasked."""
    printed = run(
        "import logging\n"
        "from alicred import Client, Config\n"
        "Client(Config(type='bearer', bearer_token='x'))\n"
        "print(logging.getLogger('alicred').handlers)"
    )
    assert printed == "[<NullHandler (NOTSET)>]\n"


def test_a_client_can_be_referred_to_weakly():
    """Caches of SDKs do, and an idle client is not kept alive by anything of ours."""
    import weakref

    reference = weakref.ref(Client(KEY))
    gc.collect()
    assert reference() is None


def test_an_invalidated_credential_is_fetched_anew():
    """Only the current one counts; any other leaves the cache alone."""
    client = Client(KEY)
    held = client.get_credential()
    client.invalidate(session())
    assert client.get_credential() is held
    client.invalidate(held)
    assert client.get_credential() == held


@pytest.mark.parametrize("config", [None, KEY, Config(type="ecs_ram_role"), Config(type="credentials_uri")])
def test_building_a_client_asks_nobody(config, monkeypatch):
    """No socket is opened before a credential is asked for."""
    monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/")

    def refuse(*_args, **_options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    assert repr(Client(config)).startswith("Client(type='")


# Exceptions


def every_error():
    """Return one of each."""
    return [
        CredentialException("What happened.", remedy="What to do.", provider="p"),
        CredentialRefusedError("It said no.", remedy="Ask.", provider="p", absent=True),
        alicred.ServiceUnreachableError("It was gone.", provider="p"),
        ConfigurationError("It is wrong."),
        NoCredentialError(
            (Attempt("a", "because", ConfigurationError("It is wrong.")), Attempt("b", "not set"))
        ),
    ]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_every_error_is_one_of_the_family_and_travels(error):
    """Process pools pickle them; a copy is equal in all that it says."""
    assert isinstance(error, CredentialException)
    for one in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error), error.copy()):
        assert type(one) is type(error)
        assert one is not error
        assert str(one) == str(error)
        assert repr(one) == repr(error)
        assert (one.provider, one.temporary, one.absent) == (error.provider, error.temporary, error.absent)


def test_an_error_says_who_what_and_what_to_do():
    """In one line, and in parts."""
    error = CredentialException("What happened.", remedy="What to do.", provider="p")
    assert str(error) == "p: What happened. What to do."
    assert (error.provider, error.problem, error.remedy) == ("p", "What happened.", "What to do.")
    assert str(CredentialException("What happened.")) == "alicred: What happened."


# The package


def run(program, *flags):
    """Run a program in a fresh interpreter, and return what it printed."""
    unwanted = ("PYTHON", "COV")
    environment = {k: v for k, v in os.environ.items() if k == "PYTHONPATH" or not k.startswith(unwanted)}
    done = subprocess.run(
        [sys.executable, *flags, "-c", program], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


HEAVY = {
    "requests",
    "urllib3",
    "http",
    "ssl",
    "_ssl",
    "socket",
    "asyncio",
    "logging",
    "threading",
    "concurrent",
    "email",
    "json",
    "datetime",
    "dataclasses",
    "inspect",
    "random",
    "tempfile",
    "subprocess",
    "urllib",
    "ipaddress",
    "hashlib",
    "multiprocessing",
    "certifi",
    "typing_extensions",
}


@pytest.mark.parametrize(
    "statement",
    [
        "import alicred",
        "from alicred import Client, Config",
        "import alicred.testing",
        "import alicred as a; a.Client(a.Config(type='bearer', bearer_token='x')).get_credential()",
    ],
)
def test_importing_alicred_loads_nothing_heavy(statement):
    """No HTTP library, ssl, asyncio, logging or threading; a static key needs none of them at all."""
    printed = run(f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))")
    loaded = {name.partition(".")[0] for name in printed.split()}
    assert "alicred" in loaded
    assert loaded & HEAVY == set()


def test_importing_alicred_starts_no_thread_and_touches_no_logger():
    """Import does no work."""
    printed = run(
        "import logging, threading; before = set(logging.root.manager.loggerDict)\n"
        "import alicred, alicred.session, alicred.providers.registry\n"
        "new = set(logging.root.manager.loggerDict) - before\n"
        "print(threading.active_count(), new, logging.root.handlers)"
    )
    assert printed.split("\n")[0] == "1 set() []"


def test_a_subinterpreter_of_warnings_as_errors_imports_every_module():
    """No module of the package warns when it is loaded."""
    run(
        "import pkgutil, importlib, alicred\n"
        "for module in pkgutil.walk_packages(alicred.__path__, 'alicred.'):\n"
        "    importlib.import_module(module.name)",
        "-W",
        "error",
    )


def test_the_package_exports_what_it_says():
    """`from alicred import *` gives every name of __all__, and each is documented."""
    for name in alicred.__all__:
        assert getattr(alicred, name).__doc__


def test_the_logger_has_a_null_handler_and_no_other():
    """Nothing reaches stderr unasked, even where logging was never set up."""
    printed = run(
        "import logging\n"
        "from alicred import log\n"
        "log.warning('hush'); log.warning('hush')\n"
        "found = logging.getLogger('alicred')\n"
        "print([type(h).__name__ for h in found.handlers], found.level, found.propagate, found.disabled)"
    )
    assert printed == "['NullHandler'] 0 True False\n"


def test_the_handlers_of_the_application_are_left_alone():
    """Whoever listened first goes on listening alone."""
    printed = run(
        "import logging, sys\n"
        "logging.getLogger('alicred').addHandler(logging.StreamHandler(sys.stdout))\n"
        "from alicred import log\n"
        "log.warning('heard')"
    )
    assert printed == "heard\n"


def test_a_thousand_idle_clients_have_no_thread():
    """However many are kept, nothing runs for them."""
    before = threading.active_count()
    clients = [Client(STS) for _ in range(500)] + [Client() for _ in range(500)]
    assert len({id(client.get_credential()) for client in clients[:500]}) == 500
    assert threading.active_count() == before


@pytest.mark.parametrize(
    "config",
    [
        None,
        KEY,
        STS,
        Config(type="ecs_ram_role"),
        Config(type="credentials_uri"),
        Config(type="ram_role_arn", source=Config(type="ecs_ram_role"), role_arn="acs:ram::1:role/r"),
        Config(
            type="oidc_role_arn",
            role_arn="acs:ram::1:role/r",
            oidc_provider_arn="acs:ram::1:oidc-provider/p",
            oidc_token_file_path="/run/token",
        ),
        Config(type="rsa_key_pair", public_key_id="x", private_key_file="/run/key"),
    ],
    ids=str,
)
def test_a_client_takes_at_most_four_kilobytes(config, monkeypatch):
    """Memory for what it is: a configuration, a provider, a cache."""
    monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/")
    clients = [Client(config)]
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        clients += [Client(config) for _ in range(200)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 200 <= 4096


def test_a_copy_of_a_client_does_not_warn_again():
    """The user was told where the client was built; a pickle is no place to tell it again."""
    with pytest.warns(ConfigWarning):
        client = Client(Config(type="bearer", bearer_token="x", role_name="r"))
    copy.copy(client)


def test_logging_is_loaded_only_to_say_something(caplog):
    """The logger that is used is the one that applications know."""
    from alicred import log

    caplog.set_level(logging.INFO, "alicred")
    log.info("said")
    assert caplog.record_tuples == [("alicred", logging.INFO, "said")]


def test_a_client_leaves_the_event_loop_free_while_it_fetches():
    """A task that waits for a credential does not hold up the others."""

    class Slow:
        name = "slow"
        gate = threading.Event()

        def fetch(self, now, *, holding=False):
            assert self.gate.wait(10)
            return Issued(session(expires_at=now + 3600), fifteen_minutes)

    client = Client(KEY)
    client._session = Session(Slow(), clock)

    async def run():
        waiting = asyncio.create_task(client.get_credential_async())
        await asyncio.sleep(0)
        Slow.gate.set()
        return await waiting

    assert asyncio.run(run()).has_keys()


def test_a_client_notices_a_clock_that_jumped_back():
    """What was fetched in what is now the future is fetched anew."""
    now = 1_800_000_000.0
    testing.use_clock(lambda: now)
    fetches = []

    class Counting:
        name = "counting"

        def fetch(self, now, *, holding=False):
            fetches.append(now)
            return Issued(session(expires_at=now + 3600), fifteen_minutes)

    client = Client(KEY)
    client._session = Session(Counting(), clock)
    client.get_credential()
    now -= 1
    client.get_credential()
    asyncio.run(client.get_credential_async())
    assert len(fetches) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_child_forked_while_the_http_client_is_loaded_is_not_stuck():
    """A fork waits for the import that a first fetch makes, whose lock the child would find closed."""
    printed = run(
        "import os, signal, sys, threading, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from alicred.http import HttpTransport\n"
        "from alicred.transport import NoReply, Terms\n"
        "def ask():\n"
        "    with HttpTransport().open(Terms(1, 1, 1, {}), now=0.0) as conversation:\n"
        "        try: conversation.send('GET', 'https://127.0.0.1:1/')\n"
        "        except NoReply: pass\n"
        "loader = threading.Thread(target=ask)\n"
        "loader.start()\n"
        "while 'urllib3' not in sys.modules: assert loader.is_alive()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    signal.alarm(20)\n"
        "    ask()\n"
        "    os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])\n"
        "loader.join()\n"
    )
    assert printed == "0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_child_forked_while_the_chain_loads_a_reader_of_files_is_not_stuck():
    """What the default chain loads late is waited for as well."""
    printed = run(
        "import os, signal, sys, threading, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "os.environ.update(HOME='/nowhere', ALIBABA_CLOUD_ECS_METADATA_DISABLED='true')\n"
        "from alicred import Client, NoCredentialError\n"
        "begun = threading.Event()\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'alicred.config_json':\n"
        "            begun.set()\n"
        "            threading.Event().wait(0.3)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "def ask():\n"
        "    try: Client().get_credential()\n"
        "    except NoCredentialError: pass\n"
        "loader = threading.Thread(target=ask)\n"
        "loader.start()\n"
        "begun.wait()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    signal.alarm(20)\n"
        "    ask()\n"
        "    os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])\n"
        "loader.join()\n"
    )
    assert printed == "0\n"


# A credential that is asked for part by part


def rotating(count=9):
    """Return a client with another credential at each read."""
    client = Client(KEY)
    given = iter([session(access_key_id=f"id-{n}", access_key_secret=f"secret-{n}") for n in range(count)])
    client.get_credential = lambda: next(given)
    return client


def test_the_parts_that_follow_a_key_id_are_of_its_credential():
    """A refresh between two getters mixes nothing; the next id begins anew."""
    client = rotating()
    parts = (client.get_access_key_id(), client.get_access_key_secret(), client.get_access_key_secret())
    assert parts == ("id-0", "secret-0", "secret-0")
    assert (client.get_access_key_id(), client.get_access_key_secret()) == ("id-3", "secret-3")


def test_each_thread_and_each_client_has_its_own_parts():
    """Whoever asked for an id elsewhere does not decide what is handed out here."""
    client, other = rotating(), rotating()
    assert client.get_access_key_id() == "id-0"
    assert other.get_access_key_secret() == "secret-0"
    elsewhere = []
    thread = threading.Thread(target=lambda: elsewhere.append(client.get_access_key_secret()))
    thread.start()
    thread.join()
    assert elsewhere == ["secret-1"]


def test_a_part_of_an_expired_credential_is_never_handed_out():
    """Then the current one is better than one that fits."""
    client = Client(KEY)
    given = iter([session(expires_at=0.0, access_key_secret="dead"), session()])
    client.get_credential = lambda: next(given)
    client.get_access_key_id()
    assert client.get_access_key_secret() == "secret"
