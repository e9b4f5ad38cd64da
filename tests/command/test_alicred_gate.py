"""Who may ask `alicred serve`: the rules, without sockets."""

import hmac
from http import HTTPStatus

import pytest

from alicred.commands.gate import Gate
from alicred.endpoints import is_loopback

PATH = "/pAtH-t0ken_of-many-letters"
OURS = ("Host", "127.0.0.1:8200")
FORBIDDEN, NOT_FOUND = HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND


@pytest.fixture
def gate():
    return Gate(host="127.0.0.1", port=8200, path=PATH)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8200",
        "127.0.0.1",
        "localhost:8200",
        "LOCALHOST",
        "[::1]:8200",
        "127.8.8.8:8200",
        "[::FFFF:127.0.0.1]:8200",
    ],
)
def test_loopback_is_ours_with_port_and_without(gate, host):
    """Alibaba's SDK for Python leaves the port out of the header."""
    assert gate.refusal("GET", PATH, [("Host", host)]) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8200",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8200",
        "127.0.0.1:8201",
        "127.0.0.1:",
        "127.0.0.1:99999",
        "192.0.2.1:8200",
        "0x7f.1:8200",
        "127.0.0.1:8200, evil.example",
        "user@127.0.0.1:8200",
        "[::1",
        "",
        "١٢٧.0.0.1",
    ],
)
def test_a_foreign_host_is_refused(gate, host):
    """A page that a name has led here says that name, whatever the name's address is."""
    assert gate.refusal("GET", PATH, [("Host", host)]) == FORBIDDEN


@pytest.mark.parametrize("headers", [[], [OURS, OURS], [OURS, ("host", "evil.example")]])
def test_there_is_exactly_one_host(gate, headers):
    """None, or two of which one is ours, is nobody's honest request."""
    assert gate.refusal("GET", PATH, headers) == FORBIDDEN


@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "null"),
        ("origin", "http://127.0.0.1:8200"),
        ("Origin", ""),
        ("Sec-Fetch-Site", "none"),
        ("sec-fetch-mode", "navigate"),
        ("Sec-Fetch-Whatever-Comes", "1"),
    ],
)
def test_a_browser_is_refused(gate, header):
    """No page has any business here, not even one that says it is from here."""
    assert gate.refusal("GET", PATH, [OURS, header]) == FORBIDDEN


@pytest.mark.parametrize(
    "target", ["/", "", PATH + "/", PATH[:-1], PATH + "?", PATH + "?x=1", "*", "/é", "//" + PATH]
)
def test_another_path_is_not_found(gate, target):
    """Whoever does not know it all knows nothing."""
    assert gate.refusal("GET", target, [OURS]) == NOT_FOUND


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "get", "DELETE"])
def test_only_get_is_allowed(gate, method):
    """Those who know the path are told so; others learn nothing by the method."""
    assert gate.refusal(method, PATH, [OURS]) == HTTPStatus.METHOD_NOT_ALLOWED
    assert gate.refusal(method, "/", [OURS]) == NOT_FOUND


def test_the_path_is_compared_in_constant_time(gate, monkeypatch):
    """How long a refusal takes tells nothing of how much of the path was right."""
    compared = []
    monkeypatch.setattr(hmac, "compare_digest", lambda *both: compared.append(both))
    assert gate.refusal("GET", "/guess", [OURS]) == NOT_FOUND
    assert compared == [(b"/guess", PATH.encode())]


@pytest.mark.parametrize(
    ("listening", "host", "allowed"),
    [
        ("0.0.0.0", "192.0.2.1:8200", True),
        ("0.0.0.0", "localhost:8200", True),
        ("0.0.0.0", "evil.example:8200", False),
        ("::", "[2001:db8::1]:8200", True),
        ("keys.internal.example", "keys.internal.example:8200", True),
        ("keys.internal.example", "Keys.Internal.Example", True),
        ("keys.internal.example", "evil.example", False),
    ],
)
def test_on_a_network_addresses_and_the_name_listened_on_are_ours(listening, host, allowed):
    """An address cannot have been pointed here by somebody else, and a name can, but for the given one."""
    gate = Gate(host=listening, port=8200, path=PATH)
    assert gate.refusal("GET", PATH, [("Host", host)]) == (None if allowed else FORBIDDEN)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_of_names_localhost_alone_is_loopback(host, loopback):
    """Where another name leads may change."""
    assert is_loopback(host) is loopback
