"""Who may ask: programs on this machine, and neither pages in a browser nor other machines."""

import socket
import threading

import pytest

from alicred_emulator.control import table
from alicred_emulator.control.callers import LONGEST_BODY
from alicred_emulator.local_server import is_loopback
from alicred_emulator.messages import Reply


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LocalHost"])
def test_the_names_of_loopback_are_welcome(wire, control, host):
    """Whoever asks for loopback by one of its names, with the port, is answered."""
    answer = wire(f"GET /healthz HTTP/1.1\r\nHost: {host}:{control.port}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"status":"ok"}')


@pytest.mark.parametrize(
    "fields",
    [
        "Host: rebound.example.com:{port}",
        "Host: 127.0.0.1.example.com:{port}",
        "Host: 127.0.0.1",
        "Host: 127.0.0.1:1",
        "Host: 100.100.100.200:{port}",
        "Host: 127.0.0.1:{port}\r\nHost: rebound.example.com:{port}",
        "Host:",
        "X-Host: 127.0.0.1:{port}",
    ],
)
def test_another_host_is_refused(wire, control, emulator, fields):
    """A name that was made to resolve to loopback (DNS rebinding) reaches nothing."""
    emulator.clock.freeze()
    before = emulator.clock.now()
    body = b'{"shift": 1}'
    head = f"POST /clock HTTP/1.1\r\n{fields.format(port=control.port)}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    assert wire(head.encode() + body).startswith(b"HTTP/1.1 403 ")
    assert emulator.clock.now() == before


@pytest.mark.parametrize(
    ("target", "header", "status"),
    [
        ("127.0.0.1:{port}", "127.0.0.1:{port}", b"200"),
        ("rebound.example.com", "127.0.0.1:{port}", b"403"),
        ("127.0.0.1:{port}", "rebound.example.com", b"403"),
    ],
)
def test_a_whole_url_must_name_this_host_too(wire, control, target, header, status):
    """Neither the target nor the header may name another host."""
    request = f"GET http://{target}/healthz HTTP/1.1\r\nHost: {header}\r\n\r\n"
    assert wire(request.format(port=control.port).encode()).split()[1] == status


@pytest.mark.parametrize("origin", ["https://example.com", "http://127.0.0.1:{port}", "null", ""])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_every_origin_is_refused(wire, control, emulator, origin, method):
    """A browser's page, from whichever site, cannot ask; not even whether it may."""
    emulator.faults.add("imds_error")
    origin = origin.format(port=control.port)
    request = f"{method} /faults HTTP/1.1\r\nHost: 127.0.0.1:{control.port}\r\nOrigin: {origin}\r\n\r\n"
    answer = wire(request.encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"access-control" not in answer.lower()
    assert len(emulator.faults.in_force) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_what_a_page_embeds_is_refused(ask, site):
    """An image of a page carries no Origin, but says that a page asks; a typed address does not."""
    assert ask("GET", "/journal", sec_fetch_site=site).status == 403
    assert ask("GET", "/journal", sec_fetch_site="none").status == 200


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "text/plain; application/json",
        None,
    ],
)
def test_a_body_that_does_not_say_json_is_refused(ask, emulator, kind):
    """What a form can send without asking first is not read, even if it is JSON."""
    emulator.clock.freeze()
    before = emulator.clock.now()
    assert ask("POST", "/clock", {"shift": 60}, content_type=kind).status == 415
    assert emulator.clock.now() == before


def test_an_empty_form_is_refused(ask):
    """Without a body, it is the type that betrays a form."""
    assert ask("POST", "/reset", content_type="application/x-www-form-urlencoded").status == 415
    assert ask("POST", "/reset").status == 204


def test_json_may_name_its_charset(ask):
    """Some clients do."""
    assert ask("POST", "/clock", {"shift": 60}, content_type="Application/JSON; charset=utf-8").status == 200


def test_a_body_has_an_end(ask):
    """A body that is longer than anything here is refused before it is read as JSON."""
    body = b'{"shift": 1}' + b" " * LONGEST_BODY
    assert ask("POST", "/clock", raw=body).status == 413


def test_peers_are_of_loopback():
    """The listener is bound to loopback, and a peer from elsewhere would be let go."""
    assert is_loopback("127.0.0.1")
    assert is_loopback("127.8.9.10")
    assert is_loopback("::1")
    assert not is_loopback("192.0.2.1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("::ffff:192.0.2.1")


def test_a_peer_from_elsewhere_is_hung_up_on(wire, control, monkeypatch):
    """Not a byte is read or answered."""
    monkeypatch.setattr("alicred_emulator.connection.Connection.peer", "192.0.2.1")
    assert wire(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{control.port}\r\n\r\n".encode()) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00\xff\xfe garbage",
        b"GET /healthz",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /healthz HTTP/2.0\r\n\r\n",
        b"POST /clock HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
        b"POST /clock HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST /clock HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_or_hung_up_on(wire, ask, sent):
    """Garbage, halves and bombs get a 4xx, a 505 or nothing, and the next client is served."""
    answer = wire(sent)
    assert answer == b"" or answer.split()[1][:1] == b"4" or answer.split()[1] == b"505"
    assert ask("GET", "/healthz").status == 200


def test_a_silent_client_keeps_nobody_waiting(control, wire):
    """Calls are done one at a time, but a call begins when it has arrived whole."""
    with socket.create_connection(("127.0.0.1", control.port), timeout=10) as silent:
        silent.sendall(b"POST /clock HTTP/1.1\r\nContent-Length: 10\r\n\r\n{")
        answer = wire(f"GET /healthz HTTP/1.1\r\nHost: localhost:{control.port}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_calls_are_done_one_after_the_other(ask, monkeypatch):
    """However many ask at once, each finds the emulator as the one before has left it."""
    inside, most = [], []

    def answer(*_):
        inside.append(1)
        threading.Event().wait(0.005)
        most.append(len(inside))
        inside.pop()
        return Reply()

    monkeypatch.setattr(table, "answer", answer)
    threads = [threading.Thread(target=ask, args=("GET", "/clock")) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 10
