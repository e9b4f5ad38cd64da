"""Whatever is sent to the control API, it is done or refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alicred_emulator.control import table
from alicred_emulator.control.server import ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Headers, Request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WRITING = [route for route in table.ROUTES if route.body is not None]


@st.composite
def bodies(draw, route):
    """A body that is nearly right: keys that are known, with values of any kind."""
    known = list(route.body.get("properties", {"name": {}, "status": {}, "delay": {}, "after": {}}))
    if not known:
        return draw(JSON)
    keys = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
    return {key: draw(JSON) for key in keys}


PLACES = {
    "access_key_id": "LTAI5tFAKE",
    "account_id": "1234567890123456",
    "configuration_id": "ac-00fake000000000001",
    "oidc_provider": "ack-rrsa-demo",
    "role": "demo-role",
    "saml_provider": "demo-idp",
    "service": "oauth",
    "user": "demo-user",
}


@pytest.fixture(scope="module")
def emulator():
    """One that runs only where it is told to by what is sent."""
    return Emulator()


@pytest.fixture(autouse=True)
def stopped_in_the_end(emulator):
    """Whichever of its services was started by chance is stopped with the test."""
    assert emulator.ca_bundle.exists()
    assert emulator.oidc.token_file.exists()
    yield
    emulator.stop()


@pytest.fixture(scope="module")
def idle(emulator):
    """Its control API, without a socket."""
    return ControlServer(emulator)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_body_makes_it_fail(idle, data):
    """Whatever JSON is sent to whichever route, it is done or refused: nothing is a mistake of the API's."""
    route = data.draw(st.sampled_from(WRITING))
    body = data.draw(bodies(route))
    headers = Headers([("host", "127.0.0.1:0"), ("content-type", "application/json")])
    request = Request.of(route.method, route.path.format(**PLACES), headers, json.dumps(body).encode())
    reply = idle.answer(request)
    assert reply.status < 500, (route.operation, body, reply.payload)
