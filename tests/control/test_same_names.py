"""An emulator elsewhere has the names of one here, or there is a reason why not."""

import inspect

import pytest
import requests
from pytest_httpserver import HTTPServer

from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.remote.resource import Fact, Resource, Switch

NEEDLESS = "what the emulator's own parts need of each other"
SECRET = "whoever was given the credential has it"

# What has no counterpart elsewhere, and why.
EXCEPTIONS = {
    "emulator": {
        "start": "who drives it from elsewhere did not start it",
        "stop": "who drives it from elsewhere did not start it",
    },
    "clock": {"on_move": "a function does not travel", "ahead_at": NEEDLESS},
    "faults": dict.fromkeys(["apply", "ended", "view"], NEEDLESS),
    "fault": {},
    "journal": {},
    "ledger": {"issue": NEEDLESS, "record_use": NEEDLESS},
    "credential": {"access_key_secret": SECRET, "security_token": SECRET, "document": SECRET},
    "instance": {"credential_of": NEEDLESS, "reanchor_if_unshown": NEEDLESS, "visible_metadata": NEEDLESS},
    "ram": {},
    "root": {},
    "user": {},
    "access_key": {},
    "key_pair": {"public_key": "an object of a library; public_key_pem is the same key"},
    "role": {"trust": NEEDLESS},
    "oidc_provider": {},
    "saml_provider": {},
    "saml": {"reset": NEEDLESS},
    "token_file": dict.fromkeys(["close", "forget", "renew_if_due", "reset"], NEEDLESS),
    "access_configuration": {"assign": "name the accounts when it is made"},
    **{
        service: {
            **dict.fromkeys(["adopt", "answer", "note_malformed", "release", "respond", "serve"], NEEDLESS),
            **dict.fromkeys(["close_connections", "generation", "keep_error", "overlaid"], NEEDLESS),
        }
        for service in ("imds", "sts", "credentials_uri", "oidc", "ecs_api", "cloud_sso", "oauth")
    },
}
# Parameters that a method elsewhere does not have.
FEWER_PARAMETERS = {("faults", "add"): {"condition": "a function does not travel"}}
# What only an emulator elsewhere has.
MORE = {"emulator": {"close", "from_ready_file"}}
# A handler is code of the test's process: over a fake elsewhere, one lays a fault with a body. And `start`
# may take another port, where stop and resume keep the one that clients know.
OF_SERVERS = {name for name in dir(HTTPServer) if not name.startswith("_")} | {
    # Attributes of its instances.
    *("handlers", "oneshot_handlers", "ordered_handlers", "permanently_failed", "handler_errors"),
    *("assertions", "log", "server", "server_thread", "ssl_context", "no_handler_status_code", "threaded"),
    *("default_waiting_settings", "startup_timeout"),
}
FEW_OF_SERVERS = {"host", "port", "is_running", "stop"}
OF_RESOURCES = {name for name in dir(Resource) if not name.startswith("_")}


def pairs(emulator):
    """Yield each kind of thing by its name, as a way to it from either emulator."""
    ways = {
        "emulator": lambda world: world,
        "clock": lambda world: world.clock,
        "faults": lambda world: world.faults,
        "fault": lambda world: world.faults.add("imds_error"),
        "journal": lambda world: world.journal,
        "ledger": lambda world: world.ledger,
        "credential": lambda world: world.ledger.credentials[0],
        "instance": lambda world: world.instance,
        "ram": lambda world: world.ram,
        "root": lambda world: world.ram.root,
        "user": lambda world: world.user,
        "access_key": lambda world: world.user.access_keys[0],
        "key_pair": lambda world: world.key_pair,
        "role": lambda world: world.role,
        "oidc_provider": lambda world: world.ram.oidc_provider("ack-rrsa-demo"),
        "saml_provider": lambda world: world.ram.saml_provider("demo-idp"),
        "saml": lambda world: world.saml,
        "token_file": lambda world: world.oidc.projected_token,
        "access_configuration": lambda world: world.cloud_sso.access_configuration,
    }
    return {**ways, **{name: lambda world, name=name: world.services[name] for name in emulator.services}}


KINDS = sorted(EXCEPTIONS)


@pytest.fixture(params=KINDS)
def both(request, emulator, remote):
    """A kind of thing: its name, the one here, the one elsewhere."""
    way = pairs(emulator)[request.param]
    if request.param == "credential":
        requests.get(emulator.credentials_uri.url, timeout=10)
    return request.param, way(emulator), way(remote)


def names_of(thing):
    """Return the public names of a thing, without what every server of pytest-httpserver has."""
    names = {name for name in dir(thing) if not name.startswith("_")}
    if isinstance(thing, HTTPServer):
        names -= OF_SERVERS - FEW_OF_SERVERS
        names = {name for name in names if not name.isupper()}
    return names


def kind_of(thing, name):
    """Tell what a name stands for: a method, an attribute, or one that can be set."""
    of_class = inspect.getattr_static(type(thing), name, None)
    if isinstance(of_class, property):
        return "attribute" if of_class.fset is None else "setting"
    if isinstance(of_class, Fact):
        return "setting" if isinstance(of_class, Switch) else "attribute"
    return "method" if callable(getattr(thing, name)) else "plain"


def parameters_of(thing, name):
    """Return a method's parameters: name, kind and default."""
    parameters = inspect.signature(getattr(thing, name)).parameters.values()
    return [(one.name, one.kind, one.default) for one in parameters]


def test_the_names_are_the_same(both):
    """A name is there on both sides, or is an exception with its reason."""
    kind, here, elsewhere = both
    missing = names_of(here) - names_of(elsewhere)
    assert missing == set(EXCEPTIONS[kind])
    more = names_of(elsewhere) - names_of(here) - OF_RESOURCES
    assert more == MORE.get(kind, set())


def test_methods_take_the_same(both):
    """The same call works on both sides."""
    kind, here, elsewhere = both
    for name in names_of(here) & names_of(elsewhere):
        if kind_of(here, name) == "method":
            dropped = FEWER_PARAMETERS.get((kind, name), {})
            expected = [one for one in parameters_of(here, name) if one[0] not in dropped]
            assert parameters_of(elsewhere, name) == expected, name


def test_what_can_be_set_here_can_be_set_there(both):
    """And what cannot, cannot."""
    _, here, elsewhere = both
    for name in names_of(here) & names_of(elsewhere):
        if kind_of(here, name) in {"attribute", "setting"} and kind_of(elsewhere, name) != "plain":
            assert kind_of(elsewhere, name) == kind_of(here, name), name


def test_every_kind_of_thing_is_compared(emulator):
    """A service that is added is compared too."""
    assert set(pairs(emulator)) == set(EXCEPTIONS)


def test_faults_of_a_service_have_the_names_of_all(emulator, remote):
    """A service's board is the same kind of thing."""
    assert isinstance(emulator.imds.faults, FaultBoard)
    assert type(remote.imds.faults) is type(remote.faults)
    assert type(remote.imds.journal) is type(remote.journal)
