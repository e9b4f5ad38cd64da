"""What real sockets may do to a conversation, and what comes out of it."""

import gc
import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from alicred import Client, Config, clock
from alicred.connections import PhaseTimeout, _bounded
from alicred.deadline import DeadlineSocket, Phases
from alicred.exceptions import CredentialException, ServiceUnreachableError
from alicred.http import HttpTransport
from alicred.transport import NoReply, Terms

QUICK = Terms(connect_seconds=0.2, read_seconds=0.2, total_seconds=0.5, proxies={})
PATIENT = Terms(connect_seconds=5.0, read_seconds=5.0, total_seconds=10.0, proxies={})
LARGEST = 64 * 1024
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def ask(now):
    """Ask a URL in a conversation of its own."""

    def ask(url, terms=PATIENT, **options):
        with HttpTransport().open(terms, now=now) as conversation:
            return conversation.send("GET", url, **options)

    return ask


@pytest.fixture
def outcome(ask):
    """Ask a URL that gives no reply, and return what happened instead."""

    def outcome(url, terms=PATIENT, **options):
        with pytest.raises(NoReply) as caught:
            ask(url, terms, **options)
        assert caught.value.__context__ is caught.value.__cause__ is None
        assert caught.value.what.endswith(".")
        return caught.value

    return outcome


@pytest.fixture
def answering(serve):
    """Serve the same bytes to every request, and close."""

    def answering(data):
        def handle(peer):
            peer.read_request()
            peer.send(data)

        return serve(handle).url

    return answering


def open_sockets():
    """Count the sockets of this process."""
    gc.collect()
    return sum(path.is_socket() for path in Path("/proc/self/fd").iterdir())


# Deadlines


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 ", b"O"),
        (OK, b"X-Drip: 1\r\n"),
        (OK + b"X-Drip: ", b"1"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Content-Length: 1000\r\n\r\n", b" "),
        (OK + b"\r\n", b" "),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: 1\r\n"),
    ],
    ids=[
        "status line",
        "reason",
        "headers",
        "one header",
        "interim answers",
        "body",
        "body without a length",
        "chunks",
        "a chunk's length",
        "trailers",
    ],
)
def test_a_slow_drip_does_not_outlast_the_deadline(serve, outcome, first, then):
    """Bytes that keep coming in, headers or body, do not prolong an answer."""

    def handle(peer):
        peer.read_request()
        peer.send(first)
        peer.drip(then)

    found = outcome(serve(handle).url, QUICK)
    assert found.what == "had not answered in full within 0.2 s."
    assert found.connected


def test_a_server_that_stays_silent_is_given_up(serve, outcome):
    """The error tells how long was waited."""

    def handle(peer):
        peer.read_request()
        peer.stay_silent()

    found = outcome(serve(handle).url, QUICK)
    assert found.what == "had not answered in full within 0.2 s."
    assert found.connected


def test_one_request_that_is_not_answered_leaves_time_for_the_next(serve, now):
    """An answer has a deadline of its own, so that normal mode can be tried when hardened mode is silent."""
    silent = serve(lambda peer: peer.read_request() and peer.stay_silent())
    good = serve(lambda peer: peer.read_request() and peer.answer(b"x"))
    terms = Terms(connect_seconds=0.2, read_seconds=0.2, total_seconds=2.0, proxies={})
    with HttpTransport().open(terms, now=now) as conversation:
        with pytest.raises(NoReply):
            conversation.send("PUT", silent.url)
        assert conversation.send("GET", good.url).body == b"x"


def test_the_deadline_of_an_answer_begins_anew_with_the_next(serve, now):
    """A request does not inherit what the answer before has left of its time."""

    def handle(peer):
        peer.read_request()
        for _ in range(3):
            peer.pause()
        peer.answer(b"x")

    server = serve(handle)
    terms = Terms(1.0, 0.2, 10.0, {})
    with HttpTransport().open(terms, now=now) as conversation:
        assert [conversation.send("GET", server.url).body for _ in range(5)] == [b"x"] * 5


def test_all_requests_of_a_conversation_share_one_deadline(serve, now):
    """Requests that are each in time are not in time for ever."""

    def handle(peer):
        while peer.read_request():
            peer.pause()
            peer.answer(b"x")

    server = serve(handle)

    def ask_for_long(conversation):
        for _ in range(100):
            conversation.send("GET", server.url)

    terms = QUICK._replace(total_seconds=0.1)
    with HttpTransport().open(terms, now=now) as conversation, pytest.raises(NoReply) as caught:
        ask_for_long(conversation)
    assert caught.value.connected
    assert "within" in caught.value.what


def test_a_conversation_whose_time_is_up_sends_nothing(serve, now):
    """There is no request for which no time is left."""
    server = serve(lambda peer: peer.answer())
    with (
        HttpTransport().open(QUICK._replace(total_seconds=0.0), now=now) as conversation,
        pytest.raises(NoReply, match="in all"),
    ):
        conversation.send("GET", server.url)
    assert server.connections == 0


def test_a_proxy_that_drips_its_answer_to_connect_does_not_outlast_the_deadline(serve, outcome):
    """The way to a TLS service is part of the conversation."""
    outlasted = []

    def handle(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        peer.drip(b"X-Drip: 1\r\n")
        outlasted.append(True)

    proxy = serve(handle)
    outcome("https://127.0.0.1:1/", QUICK._replace(proxies={"all": proxy.url}))
    assert not outlasted
    assert proxy.request_lines()[0].startswith("CONNECT 127.0.0.1:1 ")


def test_a_server_that_never_finishes_its_handshake_is_given_up(serve, outcome):
    """TLS is part of the conversation as well, and its bytes may drip, too."""

    def handle(peer):
        peer.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        peer.drip(b"\x03")

    server = serve(handle)
    assert " within 0.2 s" in outcome(server.url.replace("http:", "https:"), QUICK).what


# One deadline for all that connecting takes


@pytest.fixture
def time_passes(monkeypatch):
    """Stop the clock of deadlines; what is returned makes time pass."""
    passed = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: passed[0])

    def time_passes(seconds):
        passed[0] += seconds

    return time_passes


@pytest.fixture
def resolve_to(monkeypatch):
    """Let every name have these addresses of 127.0.0.1, in this order, from now on."""

    def resolve_to(*ports, then=lambda: None):
        def getaddrinfo(*_args, **_options):
            then()
            kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
            return [(*kind, ("127.0.0.1", port)) for port in ports]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return resolve_to


@pytest.fixture
def dead_port():
    """A port that does not react, as a host that is not there would."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture
def handshakes(monkeypatch):
    """The time-outs under which TLS was begun."""
    seen = []
    begin = ssl.SSLContext.wrap_socket

    def wrap_socket(self, sock, *args, **options):
        if not options.get("server_side"):
            seen.append(sock.gettimeout())
        return begin(self, sock, *args, **options)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap_socket)
    return seen


@pytest.mark.parametrize("dead", [1, 2, 5])
def test_dead_addresses_of_a_name_share_the_time_of_one(resolve_to, time_passes, monkeypatch, outcome, dead):
    """A name with five of them is given up when the time for a connection is over."""
    waited = []

    def connect(self, address):
        waited.append(self.gettimeout())
        time_passes(waited[-1])
        raise TimeoutError("timed out")

    resolve_to(*range(1, dead + 1))
    monkeypatch.setattr(socket.socket, "connect", connect)
    assert outcome("http://service.example/").what == "could not be connected to within 5 s."
    assert len(waited) == dead
    assert waited == pytest.approx([5.0 / dead] * dead)


def test_a_dead_address_leaves_time_for_the_next(serve, ask, resolve_to, dead_port):
    """A host whose IPv6 leads nowhere is reached by IPv4."""
    server = serve(lambda peer: peer.read_request() and peer.answer(b"x"))
    resolve_to(dead_port, server.port)
    terms = Terms(connect_seconds=0.6, read_seconds=5.0, total_seconds=10.0, proxies={})
    assert ask("http://service.example/", terms).body == b"x"
    assert server.headers()["host"] == "service.example"


def test_a_refused_address_is_followed_by_the_next(serve, ask, outcome, resolve_to):
    """The last one decides what is said."""
    server = serve(lambda peer: peer.read_request() and peer.answer(b"x"))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refused = closed.getsockname()[1]
    resolve_to(refused, refused, server.port)
    assert ask("http://service.example/").body == b"x"
    resolve_to(refused, refused)
    assert outcome("http://service.example/").what == "could not be connected to."


def test_a_name_without_an_address_says_so(outcome, resolve_to, monkeypatch):
    """Whether the resolver says nothing or that there is nothing."""
    resolve_to()
    assert outcome("http://service.example/").what == "could not be connected to."

    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert outcome("http://service.example/").what == "could not be connected to."


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_is_resolved_too_late_is_not_connected_to(
    serve, outcome, resolve_to, time_passes, scheme
):
    """Asking for the address is part of connecting."""
    server = serve(lambda peer: peer.answer())
    resolve_to(server.port, then=lambda: time_passes(6))
    assert outcome(f"{scheme}://service.example/").what == "could not be connected to within 5 s."
    assert server.connections == 0


def test_tls_has_what_connecting_has_left(serve, outcome, time_passes, monkeypatch, handshakes):
    """A connection counts as made when it is secured."""
    connect = socket.socket.connect

    def connect_slowly(self, address):
        connect(self, address)
        time_passes(3)

    monkeypatch.setattr(socket.socket, "connect", connect_slowly)
    server = serve(lambda peer: peer.connection.recv(1))
    outcome(server.url.replace("http:", "https:"))
    assert handshakes == pytest.approx([2.0])


def test_tls_through_a_proxy_has_what_connect_has_left(serve, outcome, time_passes, handshakes):
    """A proxy that takes its time does not give the handshake more."""

    def handle(peer):
        peer.read_request()
        peer.pause()  # The answer is waited for by now.
        time_passes(4)
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        peer.connection.recv(1)

    outcome("https://service.example/", PATIENT._replace(proxies={"all": serve(handle).url}))
    assert handshakes == pytest.approx([1.0])


def test_a_proxy_that_answers_too_late_is_given_up(serve, outcome, time_passes, handshakes):
    """Then there is no time for TLS, and none is begun."""

    def handle(peer):
        peer.read_request()
        peer.pause()  # The answer is waited for by now.
        time_passes(6)
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        peer.stay_silent()

    found = outcome("https://service.example/", PATIENT._replace(proxies={"all": serve(handle).url}))
    assert found.what == "could not be connected to within 5 s."
    assert handshakes == []


def test_no_phase_outlasts_the_conversation(time_passes):
    """However often urllib3 begins anew, connecting and reading end with all of it."""
    timeout = PhaseTimeout(Phases(connect=10.0, read=5.0, until=12.0))
    assert (timeout.connect_timeout, timeout.read_timeout) == (10.0, 5.0)
    time_passes(9)
    again = timeout.clone().clone()
    assert (again.connect_timeout, again.read_timeout) == (3.0, 3.0)
    time_passes(9)
    assert (again.connect_timeout, again.read_timeout) == (0.0, 0.0)


@pytest.fixture
def steps(monkeypatch):
    """The time-outs under which something was sent or read, in order."""
    seen = []
    tighten = DeadlineSocket.tighten

    def noting(self):
        tighten(self)
        seen.append(self.gettimeout())

    monkeypatch.setattr(DeadlineSocket, "tighten", noting)
    return seen


def test_what_connecting_took_is_not_given_once_more(serve, resolve_to, time_passes, steps, ask):
    """One second of five is left to send the request, and two of six to read its answer."""
    server = serve(lambda peer: peer.read_request() and peer.answer(b"x"))
    resolve_to(server.port, then=lambda: time_passes(4))
    assert ask("http://service.example/", PATIENT._replace(total_seconds=6.0)).body == b"x"
    assert steps == pytest.approx([1.0] + [2.0] * (len(steps) - 1))


def test_what_connecting_by_tls_took_is_not_given_once_more(
    secure, bundle, resolve_to, time_passes, steps, ask
):
    """A connection that is secured counts as one that was there before, but its time is over all the same."""
    resolve_to(int(secure.rpartition(":")[2]), then=lambda: time_passes(4))
    terms = PATIENT._replace(total_seconds=6.0, ca_bundle=bundle)
    assert ask(secure, terms).status == 200
    assert steps == pytest.approx([1.0] + [2.0] * (len(steps) - 1))


def test_a_server_that_does_not_take_the_request_is_given_up(serve, now):
    """A body that fills every buffer on the way is sent within the same time."""
    server = serve(lambda peer: peer._stopped.wait(10))
    with HttpTransport().open(QUICK, now=now) as conversation, pytest.raises(NoReply) as caught:
        conversation.send("POST", server.url, body=b"x" * 20_000_000)
    assert caught.value.what == "had not answered in full within 0.2 s."


# Nobody there


def test_a_refused_port_says_so(outcome):
    """Nobody listens: that is another thing than an answer that makes no sense."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    found = outcome(f"http://127.0.0.1:{port}/")
    assert found.what == "could not be connected to."
    assert not found.connected


def test_a_host_that_does_not_react_says_so(outcome, dead_port):
    """A listener whose queue is full drops connections, as a host that is not there would."""
    found = outcome(f"http://127.0.0.1:{dead_port}/", QUICK)
    assert found.what == "could not be connected to within 0.2 s."
    assert not found.connected


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(outcome, scheme):
    """Whoever reads it looks at the proxy, not at the service."""
    found = outcome(f"{scheme}://service.example/", PATIENT._replace(proxies={"all": "http://127.0.0.1:1"}))
    assert found.what == "could not be reached through the proxy."
    assert not found.connected


def test_a_proxy_that_refuses_is_named(serve, outcome):
    """A CONNECT that is answered with 403 reaches nobody."""

    def handle(peer):
        peer.read_request()
        peer.answer(b"cAnArY0SeCrEt7", status=403)

    found = outcome("https://service.example/", PATIENT._replace(proxies={"all": serve(handle).url}))
    assert "proxy" in found.what


@pytest.mark.parametrize("proxy", ["ftp://p:1", "http://", "http://[::1", "http://p:port"])
def test_a_proxy_that_is_none_is_an_outcome(outcome, proxy):
    """Variables hold what they hold; it ends in one sentence."""
    assert "cannot be used" in outcome("http://127.0.0.1:1/", PATIENT._replace(proxies={"all": proxy})).what


def test_a_socks_proxy_without_its_package_names_the_package(outcome, monkeypatch):
    """requests speaks SOCKS only with PySocks."""

    def missing(*_args, **_options):
        from requests.exceptions import InvalidSchema

        raise InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", missing)
    found = outcome("http://127.0.0.1:1/", PATIENT._replace(proxies={"all": "socks5://127.0.0.1:1"}))
    assert "PySocks" in found.what


def test_a_socks_proxy_is_connected_to_in_its_own_way(serve, resolve_to):
    """It resolves the name itself, so nobody here is asked for an address, and the deadline holds."""
    server = serve(lambda peer: peer.stay_silent())

    class SocksConnection(HTTPConnection):
        def _new_conn(self):
            connected = socket.socket()
            connected.connect(("127.0.0.1", server.port))
            return connected

    class SocksPool(HTTPConnectionPool):
        ConnectionCls = SocksConnection

    resolve_to()
    connection = _bounded(SocksPool).ConnectionCls("service.example", 80, timeout=5.0)
    connection.connect()
    assert isinstance(connection.sock, DeadlineSocket)
    assert 0 < connection.sock.gettimeout() <= 5.0
    connection.close()


# Answers that are none


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"cAnArY0SeCrEt7",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"HTTP/1.1 200 " + b"O" * 100_000,
        OK + b"X: " + b"y" * 100_000,
        OK + b"X: y\r\n" * 1000 + b"\r\n",
        OK + b"Content-Length: 10\r\n\r\ncAnAr",
        OK + b"Content-Length: 10\r\n",
        OK + b"Content-Length: ten\r\n\r\n1234567890",
        OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n1234",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\ncAn",
        OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\ncAnArY\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 100_000,
    ],
)
def test_an_answer_that_is_not_http_or_breaks_off_is_an_outcome(answering, outcome, data):
    """Half an answer is none, and no other exception gets out."""
    found = outcome(answering(data))
    assert found.connected
    assert "cAnAr" not in repr(found)


@pytest.mark.parametrize("way", [BrokenPipeError, ConnectionResetError, ConnectionAbortedError])
def test_an_answer_that_comes_before_the_request_is_taken_is_read(answering, ask, monkeypatch, way):
    """Each system has its own word for a peer that has stopped listening, Windows the last one."""
    real = DeadlineSocket.sendall

    def sendall(connected, data):
        real(connected, data)
        raise way

    monkeypatch.setattr(DeadlineSocket, "sendall", sendall)
    assert ask(answering(OK + b"Content-Length: 2\r\n\r\nok")).body == b"ok"


def test_a_connection_that_is_reset_is_an_outcome(serve, outcome):
    """A RST is no answer."""

    def handle(peer):
        peer.read_request()
        peer.reset()

    assert outcome(serve(handle).url).what == "broke the connection, or answered with what is not HTTP."


@pytest.mark.parametrize(
    "data",
    [
        OK + b"Content-Length: 4\r\n\r\nbody",
        OK + b"\r\nbody",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n",
        b"HTTP/1.0 200\r\n\r\nbody",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 4\r\n\r\nbody",
        OK + b"Content-Length: 4\r\n\r\nbodyrest of it",
        OK + b"X-\xff: \xfe\r\nContent-Length: 4\r\n\r\nbody",
        OK + b"Content-Length: 4\r\nDate: nonsense\r\n\r\nbody",
        OK + b"Content-Length: 4\r\nSet-Cookie: \xff=;;;\r\n\r\nbody",
    ],
)
def test_whatever_http_allows_is_read(answering, ask, data):
    """A body ends with its length, its last chunk or the connection."""
    reply = ask(answering(data))
    assert (reply.status, reply.body, reply.server_ahead) == (200, b"body", 0.0)


# Bodies


def test_a_body_is_read_up_to_the_cap(answering, ask):
    """64 KiB are enough for any credential."""
    head = OK + f"Content-Length: {LARGEST}\r\n\r\n".encode()
    assert len(ask(answering(head + b"x" * LARGEST)).body) == LARGEST


@pytest.mark.parametrize(
    "head", [b"Content-Length: 10000000\r\n\r\n", b"\r\n", b"Content-Length: 65537\r\n\r\n"]
)
def test_a_body_beyond_the_cap_is_not_read(serve, outcome, head):
    """Ten megabytes are not taken in, whether they are announced or just keep coming."""

    def handle(peer):
        peer.read_request()
        peer.send(OK + head)
        for _ in range(160):
            peer.send(b"x" * 65_536)

    assert outcome(serve(handle).url).what == "answered with more than 64 KiB."


def test_a_compressed_body_is_not_inflated(answering, ask):
    """Ten megabytes in ten kilobytes stay ten kilobytes; nobody asked for compression."""
    bomb = gzip.compress(b"x" * 10_000_000)
    head = OK + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    assert ask(answering(head + bomb)).body == bomb


def test_a_redirect_has_no_longer_a_body_than_other_answers(serve, outcome):
    """A body that never ends is read up to the cap, whatever the status."""

    def handle(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")
        while True:
            peer.send(b"x" * 65_536)

    assert outcome(serve(handle).url, QUICK).what == "answered with more than 64 KiB."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve, ask, status):
    """A token must not travel where the service that holds it sends it."""
    elsewhere = serve(lambda peer: peer.read_request() and peer.answer(b"stolen"))

    def handle(peer):
        peer.read_request()
        peer.answer(b"moved", status=status, headers=(f"Location: {elsewhere.url}/",))

    reply = ask(serve(handle).url, headers={"X-aliyun-ecs-metadata-token": "t1"})
    assert (reply.status, reply.body) == (status, b"moved")
    assert elsewhere.connections == 0


# Connections


def test_each_request_in_the_clear_has_a_connection_of_its_own(serve, now):
    """It says so, whatever the statuses and bodies, and no socket is left open."""
    answers = [(200, b"x"), (404, b"y" * 2000), (200, b""), (500, b"z"), (302, b"")]
    rest, said = iter(answers), []

    def handle(peer):
        said.append("Connection: close" in peer.read_request())
        status, body = next(rest)
        peer.answer(body, status=status)

    before = open_sockets()
    server = serve(handle)
    with HttpTransport().open(PATIENT, now=now) as conversation:
        replies = [conversation.send("GET", server.url) for _ in answers]
    assert [(reply.status, reply.body) for reply in replies] == answers
    assert said == [True] * len(answers) == [True] * server.connections
    server.stop()
    assert open_sockets() == before


@pytest.mark.parametrize("data", [b"", b"nonsense", OK + b"\r\n" + b"x" * 100_000, OK + b"\r\nbody"])
def test_no_socket_is_left_after_a_failure(serve, now, data):
    """The block closes what it opened, however the conversation went."""

    def handle(peer):
        peer.read_request()
        peer.send(data)

    before = open_sockets()
    server = serve(handle)
    with HttpTransport().open(PATIENT, now=now) as conversation:
        for _ in range(2):
            with suppress(NoReply):
                conversation.send("GET", server.url)
    server.stop()
    assert open_sockets() == before


@pytest.mark.parametrize("word", [("Connection: close",), ()], ids=["says so", "without a word"])
def test_a_server_may_hang_up_after_each_answer(serve, now, word):
    """No request is ever on its way over a connection that the server is about to close."""
    server = serve(lambda peer: peer.read_request() and peer.answer(b"x", headers=word))
    with HttpTransport().open(PATIENT, now=now) as conversation:
        assert [conversation.send("GET", server.url).body for _ in range(30)] == [b"x"] * 30


@pytest.mark.parametrize("interim", ["101 Switching Protocols", "103 Early Hints"])
def test_an_answer_that_is_not_the_last_word_answers_nothing(serve, now, interim):
    """What comes after it is nobody's: the next request does not take it for its own answer."""
    is_asked_again = threading.Event()

    def handle(peer):
        if peer.read_request():
            peer.send(f"HTTP/1.1 {interim}\r\n\r\n".encode())
            if peer.read_request():
                is_asked_again.set()
                peer.answer(b"meant for the first")

    server = serve(handle)
    with HttpTransport().open(PATIENT, now=now) as conversation:
        for _ in range(2):
            with pytest.raises(NoReply, match="what is not HTTP"):
                conversation.send("GET", server.url)
    assert server.connections == 2
    assert not is_asked_again.is_set()


def test_a_conversation_may_ask_one_host_after_another(serve, now):
    """No request goes to a host that it is not meant for, and no connection is left open."""

    def handle(peer):
        while peer.read_request():
            peer.answer(str(peer.connection.getsockname()[1]).encode())

    before = open_sockets()
    servers = [serve(handle) for _ in range(2)]
    with HttpTransport().open(PATIENT, now=now) as conversation:
        for server in servers * 2:
            assert conversation.send("GET", server.url).body == str(server.port).encode()
    for server in servers:
        server.stop()
    assert open_sockets() == before


@pytest.mark.parametrize("url", ["http:///path", "http://[", "http://x:99999/", "http://x" + "x" * 64])
def test_an_address_that_is_none_is_an_outcome(outcome, url):
    """What cannot be asked is not asked, and above all not this machine."""
    assert outcome(url).what == "has an address, or a proxy, that cannot be used."


def test_in_the_clear_neither_requests_nor_urllib3_is_loaded(serve):
    """The metadata service is asked with what Python brings, so that the first credential is soon there."""
    server = serve(lambda peer: peer.read_request() and peer.answer(b"x"))
    program = (
        "import sys\n"
        "from alicred.http import HttpTransport\n"
        "from alicred.transport import Terms\n"
        "with HttpTransport().open(Terms(5, 5, 5, {}), now=0.0) as conversation:\n"
        f"    print(conversation.send('GET', {server.url!r}).status, end=' ')\n"
        "print(*{'requests', 'urllib3'} & sys.modules.keys())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200"]


def test_cookies_are_not_sent_back(serve, now):
    """No state is kept for a service but what its protocol says."""

    def handle(peer):
        while peer.read_request():
            peer.answer(b"x", headers=("Set-Cookie: a=b",))

    server = serve(handle)
    with HttpTransport().open(PATIENT, now=now) as conversation:
        conversation.send("GET", server.url)
        conversation.send("GET", server.url)
    assert "cookie" not in server.headers()


def test_an_empty_put_says_that_it_is_empty(serve, now):
    """The token request has Content-Length: 0, as some servers insist on."""

    def handle(peer):
        peer.read_request()
        peer.answer(b"t1")

    server = serve(handle)
    with HttpTransport().open(PATIENT, now=now) as conversation:
        conversation.send("PUT", server.url + "/latest/api/token", {"X-Ttl": "21600"})
    assert server.request_lines() == ["PUT /latest/api/token HTTP/1.1"]
    assert server.headers()["content-length"] == "0"
    assert server.headers()["x-ttl"] == "21600"
    assert server.headers()["accept-encoding"] == "identity"


def test_a_request_takes_no_proxy_of_its_own_accord(answering, ask, monkeypatch):
    """Only the terms say which way it goes, never the environment of the process."""
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert ask(answering(OK + b"\r\nbody")).body == b"body"


def test_instance_metadata_is_asked_without_the_proxy_of_the_environment(serve, document, monkeypatch):
    """A token and a credential in plain HTTP are nothing for a proxy's operator."""
    proxy = serve(lambda peer: peer.read_request() and peer.answer(status=502))

    def handle(peer):
        while head := peer.read_request():
            peer.answer(b"t1" if head.startswith("PUT") else document(Expiration=later))

    later = "2027-01-15T14:00:00Z"
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", serve(handle).url)
    from alicred import testing

    testing.use_clock(lambda: 1_800_000_000.0)
    assert Client(Config(type="ecs_ram_role", role_name="r")).get_credential().has_keys()
    assert proxy.connections == 0


# The server's clock


@pytest.mark.parametrize("off", [-86_400, -3600, -6, 6, 3600, 86_400])
def test_a_clock_that_differs_by_more_than_five_seconds_is_reported(answering, ask, now, off):
    """The Date of the answer tells by how much."""
    data = OK + f"Date: {formatdate(now + off, usegmt=True)}\r\nContent-Length: 0\r\n\r\n".encode()
    assert ask(answering(data)).server_ahead == pytest.approx(off, abs=2)


@pytest.mark.parametrize("off", [-4, -1, 0, 1, 4])
def test_a_clock_that_differs_by_less_counts_as_right(answering, ask, now, off):
    """A Date has whole seconds and travels for a while."""
    data = OK + f"Date: {formatdate(now + off, usegmt=True)}\r\nContent-Length: 0\r\n\r\n".encode()
    assert ask(answering(data)).server_ahead == 0.0


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 15 Jan 2027 09:00:00 GMT",
        "Fri, 15 Jan 2027 09:00:00 -0000",
        "Fri, 15 Jan 2027 09:00:00",
        "Fri, 15 Jan 2027 17:00:00 +0800",
        "Fri Jan 15 09:00:00 2027",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_every_form_of_a_date_is_in_utc_unless_it_says_otherwise(answering, ask, monkeypatch, date, zone):
    """The zone of this machine has nothing to do with it."""
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        reply = ask(answering(OK + f"Date: {date}\r\nContent-Length: 0\r\n\r\n".encode()))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert reply.server_ahead == pytest.approx(3600, abs=2)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "now",
        "0",
        "Fri, 32 Jan 2027 09:00:00 GMT",
        "Fri, 15 Jan 99999 09:00:00 GMT",
        "Fri, 15 Jan 2027 09:00:00 +9999",
        "Fri, 15 Jan 2027 99:00:00 GMT",
        "1800003600",
        ",,,,",
        "\xff",
    ],
)
def test_a_date_that_is_none_is_ignored(answering, ask, date):
    """A server without a clock is taken to have ours."""
    data = OK + f"Date: {date}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    assert ask(answering(data)).server_ahead == 0.0


# TLS


@pytest.fixture(scope="module")
def authority():
    """An authority that nobody knows."""
    return trustme.CA()


@pytest.fixture
def secure(serve, authority, document):
    """Serve credentials over TLS for 127.0.0.1, and return the URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def handle(peer):
        with context.wrap_socket(peer.connection, server_side=True) as secured:
            while secured.recv(65536):
                body = document(Expiration="2027-01-15T14:00:00Z")
                secured.sendall(OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    return serve(handle).url.replace("http:", "https:")


@pytest.fixture
def bundle(authority, tmp_path):
    """A file that names the authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure, outcome):
    """The error speaks of the certificate."""
    found = outcome(secure)
    assert found.what == "showed a certificate that is not trusted here, or no TLS."
    assert not found.connected


def test_a_server_that_stays_silent_behind_tls_is_given_up(serve, outcome, authority, bundle):
    """As one in the clear is."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def handle(peer):
        with context.wrap_socket(peer.connection, server_side=True) as secured:
            while secured.recv(65536):
                pass

    silent = serve(handle).url.replace("http:", "https:")
    found = outcome(silent, QUICK._replace(connect_seconds=5.0, total_seconds=10.0, ca_bundle=bundle))
    assert (found.what, found.connected) == ("had not answered in full within 0.2 s.", True)


def test_a_certificate_of_another_host_is_refused(secure, outcome, bundle):
    """An authority vouches for names, not for anybody."""
    found = outcome(secure.replace("127.0.0.1", "localhost"), PATIENT._replace(ca_bundle=bundle))
    assert "certificate" in found.what


def test_several_requests_share_a_tls_connection(secure, bundle, now):
    """Deadlines and keep-alive hold on top of TLS, too."""
    with HttpTransport().open(PATIENT._replace(ca_bundle=bundle), now=now) as conversation:
        assert {conversation.send("GET", secure).status for _ in range(3)} == {200}


@pytest.fixture
def secure_proxy(serve, authority):
    """Serve a proxy that is reached by TLS and passes on what it is sent, and return its URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def relay(source, target):
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)

    def handle(peer):
        with context.wrap_socket(peer.connection, server_side=True) as secured:
            port = int(secured.recv(65536).split(b" ")[1].rpartition(b":")[2])
            with socket.create_connection(("127.0.0.1", port)) as beyond:
                secured.sendall(OK + b"\r\n")
                back = threading.Thread(target=relay, args=(beyond, secured))
                back.start()
                relay(secured, beyond)
                beyond.shutdown(socket.SHUT_RDWR)
                back.join()

    return serve(handle).url.replace("http:", "https:")


def test_tls_goes_through_a_proxy_that_is_reached_by_tls(secure, secure_proxy, bundle, now):
    """One TLS lies within the other, and several requests share both."""
    terms = PATIENT._replace(ca_bundle=bundle, proxies={"all": secure_proxy})
    with HttpTransport().open(terms, now=now) as conversation:
        assert [conversation.send("GET", secure).status for _ in range(3)] == [200] * 3


def test_an_answer_through_both_may_end_with_the_connection(serve, ask, authority, secure_proxy, bundle):
    """It is read to its end, although the connection counts as closed while it is."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def handle(peer):
        with context.wrap_socket(peer.connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(OK + b"Connection: close\r\n\r\n")
            peer.pause()
            secured.sendall(b"body")
            secured.unwrap()

    terms = PATIENT._replace(ca_bundle=bundle, proxies={"all": secure_proxy})
    assert ask(serve(handle).url.replace("http:", "https:"), terms).body == b"body"


def test_tls_within_tls_does_not_outlast_the_deadline(serve, outcome, authority, bundle):
    """A handshake that drips within another connection is given up as any other."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    outlasted = []

    def handle(peer):
        with context.wrap_socket(peer.connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(OK + b"\r\n")
            secured.recv(65536)
            secured.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
            peer.connection = secured
            peer.drip(b"\x03")
            outlasted.append(True)

    proxy = serve(handle).url.replace("http:", "https:")
    terms = QUICK._replace(ca_bundle=bundle, proxies={"all": proxy})
    outcome("https://service.example/", terms)
    assert not outlasted


def test_a_server_without_tls_is_an_outcome(serve, outcome):
    """https in place of http is a mistake that the error points at."""
    server = serve(lambda peer: peer.connection.recv(65536) and peer.send(OK + b"\r\n"))
    assert "TLS" in outcome(server.url.replace("http:", "https:")).what


def test_a_bundle_that_is_not_there_is_named(outcome, secure):
    """A wrong variable must not look like a service that broke down."""
    found = outcome(secure, PATIENT._replace(ca_bundle="/nowhere/authority.pem"))
    assert "file of CA certificates" in found.what


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_bundle_that_holds_nothing_is_named(outcome, secure, tmp_path, content):
    """It is found unusable only when TLS begins, and the service's certificate is not to blame for that."""
    empty = tmp_path / "authority.pem"
    empty.write_text(content)
    found = outcome(secure, PATIENT._replace(ca_bundle=str(empty)))
    assert found.what == "was not asked: the file of CA certificates cannot be read, or holds none."


@pytest.mark.skipif(os.name == "nt", reason="Windows tells of a folder as of any file that cannot be read")
def test_a_folder_of_authorities_is_a_bundle(outcome, secure, tmp_path):
    """There is no certificate of this service in it, so it is the certificate that is told of."""
    found = outcome(secure, PATIENT._replace(ca_bundle=str(tmp_path)))
    assert found.what == "showed a certificate that is not trusted here, or no TLS."


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_authorities_of_the_environment_are_trusted(secure, bundle, monkeypatch, variable):
    """Any of the usual variables names them, read when the client is built."""
    from alicred import testing

    testing.use_clock(lambda: 1_800_000_000.0)
    monkeypatch.setenv(variable, bundle)
    client = Client(Config(type="credentials_uri", credentials_uri=secure))
    monkeypatch.delenv(variable)
    assert client.get_credential().has_keys()


def test_a_client_says_that_the_certificate_is_the_problem(secure):
    """What a user reads names the provider, the host, the certificate and what to do."""
    with pytest.raises(ServiceUnreachableError) as caught:
        Client(Config(type="credentials_uri", credentials_uri=secure)).get_credential()
    message = str(caught.value)
    assert message.startswith("credential_uri: The credentials URI on 127.0.0.1 showed a certificate that")
    assert message.endswith("Check that the service runs and that the URI names its address and port.")


# Through a client


@pytest.mark.parametrize("kind", ["ecs_ram_role", "credentials_uri"])
@pytest.mark.parametrize(
    "data", [b"", b"nonsense", OK + b"Content-Length: 9\r\n\r\nx", OK + b"\r\n" + b"x" * 70_000]
)
def test_whatever_a_socket_does_ends_in_a_credential_exception(answering, monkeypatch, kind, data):
    """The provider is named, and nothing of HTTP gets out."""
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", answering(data))
    monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_URI", answering(data))
    with pytest.raises(CredentialException) as caught:
        Client(Config(type=kind)).get_credential()
    assert caught.value.provider in ("ecs_ram_role", "credential_uri")
    assert caught.value.temporary
    assert caught.value.__context__ is None
