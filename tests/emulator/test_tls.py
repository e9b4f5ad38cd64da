"""One port, two languages: everything that a connection can do, it does over TLS as well."""

import asyncio
import contextlib
import logging
import multiprocessing
import re
import socket
import ssl
import threading
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import urllib3
from werkzeug import Response

from alicred_emulator import listener, tls
from alicred_emulator.connection import Connection
from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.messages import Reply
from alicred_emulator.tls import TlsStream

LISTING = b"GET /latest/meta-data/ram/security-credentials/ HTTP/1.1\r\nHost: x\r\n\r\n"
CREDENTIAL = "/latest/meta-data/ram/security-credentials/demo-role"
ROLE_NAME = "/latest/meta-data/ram/security-credentials/"


@pytest.fixture
def trusting(world):
    """What a client needs that trusts the fakes."""
    return ssl.create_default_context(cadata=world.ca_certificate)


@pytest.fixture
def dial(world):
    """Open raw connections to the metadata service, closed at the end."""
    with contextlib.ExitStack() as stack:

        def dial():
            return stack.enter_context(socket.create_connection(("127.0.0.1", world.imds.port), timeout=10))

        yield dial


@pytest.fixture
def connect(dial, trusting):
    """Open TLS connections to the metadata service that mind how they end, closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect(name="localhost", context=trusting):
            sock = context.wrap_socket(dial(), server_hostname=name, suppress_ragged_eofs=False)
            return stack.enter_context(sock)

        yield connect


def read_answer(sock):
    """Read one answer by its length; return head and body."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = sock.recv(65536)
        assert piece, received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


def read_end(sock):
    """Read until the server hangs up, politely or not."""
    received = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := sock.recv(65536):
            received += piece
    return received


def eventually(condition):
    """Wait until something is true, not for long."""
    for _ in range(10_000):
        if condition():
            return
        threading.Event().wait(0.001)
    pytest.fail("it never became true")


class TestPort:
    """Who is answered in which language."""

    def test_every_service_answers_both_on_its_one_port(self, world):
        """The URLs differ by the scheme alone."""
        for service in world.services.values():
            assert service.tls_url == service.url.replace("http://", "https://")
            for url in (service.url, service.tls_url):
                answer = requests.get(url, timeout=10, verify=str(world.ca_bundle))
                assert answer.status_code < 500
                assert answer.url.startswith(url)

    def test_a_request_says_how_it_came(self, world, dial, connect, monkeypatch):
        """What counts is the connection, whatever the target or the Host field says."""
        seen = []

        def answer(request, _generation):
            seen.append((request.secure, request.host))
            return Reply()

        monkeypatch.setattr(world.imds, "answer", answer)
        for sock in (dial(), connect()):
            for target, host in (("/", "sts.aliyuncs.com"), ("https://sts.aliyuncs.com/", "x")):
                sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                read_answer(sock)
        assert seen == [(secure, "sts.aliyuncs.com") for secure in (False, False, True, True)]

    def test_the_client_chooses_by_the_name_it_asks_for(self, connect):
        """On one port a client finds whichever emulated host it came for."""
        for name in ("sts.aliyuncs.com", "sts-vpc.cn-hangzhou.aliyuncs.com", "127.0.0.1", "100.100.100.200"):
            sock = connect(name)
            sock.sendall(LISTING)
            assert read_answer(sock)[1] == b"demo-role"

    def test_a_server_elsewhere_is_certified_too(self, connect):
        """The address that the client reached is in what it is shown, whatever that is."""
        with Emulator(host="0.0.0.0") as world:
            context = ssl.create_default_context(cadata=world.ca_certificate)
            for address in ("127.0.0.1", "127.0.0.9"):
                try:
                    reached = socket.create_connection((address, world.imds.port), timeout=10)
                except OSError:
                    pytest.skip("this system has one loopback address")
                with reached, context.wrap_socket(reached, server_hostname=address) as sock:
                    sock.sendall(LISTING)
                    assert read_answer(sock)[1] == b"demo-role"

    def test_the_end_of_a_handshake_is_answered_at_once(self, connect):
        """A client whose system waits for that before it sends its request is not kept waiting."""
        sock = connect()
        assert socket.socket.recv(sock, 1, socket.MSG_PEEK)

    def test_http_1_is_what_is_agreed_on(self, connect, trusting):
        """A client that would rather speak HTTP/2 is told that this is not spoken here."""
        trusting.set_alpn_protocols(["h2", "http/1.1"])
        assert connect().selected_alpn_protocol() == "http/1.1"


class TestHandshake:
    """Clients that do not get through it."""

    def test_a_silent_client_stalls_nobody(self, dial, connect):
        """One that stops in the middle of it, or before it, has a thread of its own."""
        dial()
        dial().sendall(b"\x16\x03\x01\x02\x00")
        sock = connect()
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    @pytest.mark.parametrize("sent", [b"\x16", b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00\x01\x00"])
    def test_a_half_handshake_is_hung_up_on(self, world, dial, caplog, monkeypatch, sent):
        """A client that goes silent there is not waited for for ever, and nobody is told."""
        monkeypatch.setattr(tls, "HANDSHAKE_SECONDS", 0.01)
        sock = dial()
        sock.sendall(sent)
        assert read_end(sock) == b""
        assert (len(world.journal), caplog.messages) == (0, [])

    def test_a_dripping_handshake_has_an_end(self):
        """Each piece leaves less time for the next, so that all together is a multiple of the first."""
        patience = []

        class Dripping(socket.socket):
            def settimeout(self, value):
                patience.append(value)

            def gettimeout(self):
                return patience[-1]

            def recv(self, *_arguments):
                if patience[-1] < 0.01:
                    raise TimeoutError
                return b"\x16" if len(patience) == 1 else b"\x03"

        with Dripping() as sock, pytest.raises((TimeoutError, ssl.SSLError)):
            TlsStream(sock, lambda _name: pytest.fail("it is whole"))
        assert patience[0] == tls.HANDSHAKE_SECONDS
        assert sum(patience) < 11 * tls.HANDSHAKE_SECONDS

    def test_a_client_without_trust_is_told_of(self, world, dial, caplog):
        """Its own error says what it misses, and our log what to do; it made no request, and stops nobody."""
        stranger = ssl.create_default_context()
        for _ in range(2):
            with pytest.raises(ssl.SSLCertVerificationError):
                stranger.wrap_socket(dial(), server_hostname="localhost")
        eventually(lambda: len(caplog.records) == 2)
        message = caplog.messages[0]
        assert message.startswith("imds: the client does not accept the certificate")
        assert "ca_bundle" in message
        assert (caplog.records[0].name, caplog.records[0].levelno) == ("alicred_emulator", logging.WARNING)
        assert (len(world.journal), world.imds.handler_errors) == (0, [])

    @pytest.mark.parametrize(
        "sent",
        [
            b"\x16GET / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x00\x05hello",
            b"\x16\x03\x01\xff\xff" + b"x" * 100,
            b"\x16" * 100_000,
        ],
    )
    def test_garbage_is_hung_up_on(self, world, dial, connect, caplog, sent):
        """What begins like TLS and is none ends in an alert or at once; no request was made."""
        sock = dial()
        with contextlib.suppress(ConnectionError):
            sock.sendall(sent)
        assert read_end(sock)[:1] in {b"", b"\x15"}
        eventually(lambda: bool(caplog.messages))
        assert "not understood" in caplog.messages[0]
        assert len(world.journal) == 0
        sock = connect()
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_a_client_that_vanishes_is_nobodys_concern(self, world, dial, connect, trusting, caplog):
        """One that hangs up before, within or after the handshake leaves no trace."""
        dial().close()
        sock = dial()
        sock.sendall(b"\x16\x03\x01")
        sock.close()
        connect().close()
        sock = connect()
        sock.sendall(LISTING)
        read_answer(sock)
        assert (len(world.journal), caplog.messages) == (1, [])

    def test_a_name_that_is_not_ascii_is_no_error_of_ours(self, dial, trusting, caplog):
        """Python's own way of reading it would print a traceback."""
        to_server = ssl.MemoryBIO()
        client = trusting.wrap_bio(ssl.MemoryBIO(), to_server, server_hostname="sts.aliyuncs.com")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        sock = dial()
        sock.sendall(to_server.read().replace(b"sts.", b"\xff\xfe\xfd."))
        assert sock.recv(1) == b"\x16"
        assert caplog.messages == []


class TestConnections:
    """Keeping and closing connections."""

    def test_a_connection_is_kept(self, world, connect):
        """Requests follow each other, also several in one record and one in several."""
        sock = connect()
        for _ in range(3):
            sock.sendall(LISTING)
            assert read_answer(sock)[1] == b"demo-role"
        for position in range(len(LISTING)):
            sock.sendall(LISTING[position : position + 1])
        assert read_answer(sock)[1] == b"demo-role"
        sock.sendall(LISTING + LISTING)
        eventually(lambda: len(world.journal) == 6)

    def test_a_connection_may_be_idle_for_long(self, world, connect):
        """The limit of the handshake ends with it."""
        sock = connect()
        sock.sendall(LISTING)
        read_answer(sock)
        assert [connection._socket.gettimeout() for connection in world.imds._listener._connections] == [None]

    def test_a_large_body_travels_both_ways(self, world, connect):
        """Many records long: the one is read whole, the other sent whole."""
        body = b"x" * 1_000_000
        world.imds.expect_request("/echo", method="POST").respond_with_handler(
            lambda request: Response(request.data)
        )
        sock = connect()
        sock.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert read_answer(sock)[1] == body

    def test_a_body_is_asked_for(self, world, connect):
        """`Expect: 100-continue` is answered before the body comes."""
        sock = connect()
        sock.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"{}")
        assert read_answer(sock)[0].startswith(b"HTTP/1.1 ")

    def test_an_end_is_said_to_be_one(self, connect):
        """A client can tell an end from a cut: an answer that closes is followed by TLS's goodbye."""
        sock = connect()
        sock.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        read_answer(sock)
        assert sock.recv(1) == b""

    def test_a_clients_goodbye_is_returned(self, connect):
        """A client that closes the TLS layer and waits for ours gets it, also while it is kept waiting."""
        sock = connect()
        sock.sendall(LISTING)
        read_answer(sock)
        sock.unwrap()

    def test_a_goodbye_ends_a_silence(self, world, connect):
        """A client that gives up waiting with a goodbye is not kept waiting for ours."""
        world.faults.add("imds_silent")
        sock = connect()
        sock.sendall(LISTING)
        eventually(lambda: len(world.journal) == 1)
        sock.unwrap()

    @pytest.mark.parametrize(
        ("raw", "status"),
        [
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
            (b"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 1_000_000, 413),
        ],
    )
    def test_hostile_input_gets_an_answer(self, world, connect, raw, status):
        """A malformed request gets its status and a goodbye, also if it was not read to its end."""
        sock = connect()
        sock.sendall(raw)
        received = b""
        while piece := sock.recv(65536):
            received += piece
        assert received.startswith(f"HTTP/1.1 {status} ".encode())
        assert [entry.status for entry in world.journal] == [status]

    def test_a_reset_of_the_world_ends_them(self, world, connect):
        """Idle, halfway through a request, or waiting for an answer: all are over at once."""
        threads = set(threading.enumerate())
        idle, halfway, waiting = (connect() for _ in range(3))
        idle.sendall(LISTING)
        read_answer(idle)
        halfway.sendall(LISTING[:20])
        world.imds.faults.add("imds_silent")
        waiting.sendall(LISTING)
        eventually(lambda: len(world.journal) == 2)
        world.reset()
        assert set(threading.enumerate()) <= threads
        for sock in (idle, halfway, waiting):
            assert read_end(sock) == b""
        sock = connect()
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
    def test_stop_leaves_no_thread_and_no_socket(self):
        """After a stop nothing is left, wherever the handshake or the answer was."""
        threads, files = set(threading.enumerate()), len(list(Path("/proc/self/fd").iterdir()))
        world = Emulator()
        world.start()
        context = ssl.create_default_context(cadata=world.ca_certificate)
        world.imds.faults.add(Fault.delay(3600))
        with contextlib.ExitStack() as stack:
            halfway, waiting = (
                stack.enter_context(socket.create_connection(("127.0.0.1", world.imds.port), timeout=10))
                for _ in range(2)
            )
            halfway.sendall(b"\x16\x03\x01")
            wrapped = stack.enter_context(context.wrap_socket(waiting, server_hostname="localhost"))
            wrapped.sendall(LISTING)
            eventually(lambda: len(world.journal) == 1)
            world.stop()
            assert (read_end(wrapped), read_end(halfway)) == (b"", b"")
        assert set(threading.enumerate()) <= threads
        assert len(list(Path("/proc/self/fd").iterdir())) == files

    def test_the_idlest_goes_first(self, world, dial, connect, monkeypatch):
        """A handshake that never ends makes room before a connection that does something."""
        monkeypatch.setattr(listener, "MOST_CONNECTIONS", 2)
        connections = world.imds._listener._connections
        stuck = dial()
        stuck.sendall(b"\x16\x03")
        eventually(lambda: len(connections) == 1)
        busy = connect()
        busy.sendall(LISTING[:10])
        eventually(lambda: [connection.busy for connection in connections] == [False, True])
        late = connect()
        assert read_end(stuck) == b""
        late.sendall(LISTING)
        read_answer(late)
        busy.sendall(LISTING[10:])
        assert read_answer(busy)[1] == b"demo-role"

    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs fork")
    def test_a_forked_child_says_nothing_to_the_peers(self, world, connect):
        """The child lets go of an encrypted connection without a goodbye, and the parent goes on."""
        sock = connect()
        sock.sendall(LISTING)
        read_answer(sock)

        def child():
            world.reset()
            world.stop()

        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join()
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"
        assert process.exitcode == 0
        assert world.ca_bundle.exists()


def by_requests(service, path, bundle, timeout):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(service.tls_url + path, verify=bundle, timeout=timeout).content


def by_urllib3(service, path, bundle, timeout):
    with urllib3.PoolManager(ca_certs=bundle, retries=False, timeout=timeout) as pool:
        return pool.request("GET", service.tls_url + path).data


def by_httpx(service, path, bundle, timeout):
    context = ssl.create_default_context(cafile=bundle)
    with httpx.Client(verify=context, trust_env=False, timeout=timeout) as client:
        return client.get(service.tls_url + path).content


def run(service, coroutine):
    """Run a client in a loop of its own, to the very end of its connections."""

    async def to_the_end():
        try:
            return await coroutine
        finally:
            # A client that gave up says goodbye and would wait for an answer longer than its loop lives.
            await asyncio.to_thread(service.close_connections)
            for _ in range(10):
                await asyncio.sleep(0)

    return asyncio.run(to_the_end())


def by_httpx_async(service, path, bundle, timeout):
    async def get():
        context = ssl.create_default_context(cafile=bundle)
        async with httpx.AsyncClient(verify=context, trust_env=False, timeout=timeout) as client:
            return (await client.get(service.tls_url + path)).content

    return run(service, get())


def by_aiohttp(service, path, bundle, timeout):
    async def get():
        context = ssl.create_default_context(cafile=bundle)
        limit = aiohttp.ClientTimeout(total=timeout)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(service.tls_url + path, ssl=context) as answer,
        ):
            return await answer.read()

    return run(service, get())


CLIENTS = {
    "requests": (by_requests, requests.RequestException),
    "urllib3": (by_urllib3, urllib3.exceptions.HTTPError),
    "httpx": (by_httpx, httpx.HTTPError),
    "httpx async": (by_httpx_async, httpx.HTTPError),
    "aiohttp": (by_aiohttp, (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError)),
}


@pytest.fixture(params=CLIENTS)
def client(request):
    """Each client in turn, and what it raises."""
    return CLIENTS[request.param]


@pytest.fixture
def get(world, client):
    """Ask the metadata service with that client."""
    return lambda path, timeout=10: client[0](world.imds, path, str(world.ca_bundle), timeout)


class TestFaults:
    """What goes wrong, as real clients see it."""

    def test_the_answer_comes_whole(self, get):
        """Without a fault every client is served."""
        assert get(ROLE_NAME) == b"demo-role"

    # Before Python 3.11 asyncio leaves the transport of a TLS connection that breaks to the collector.
    @pytest.mark.filterwarnings("ignore:.*_SSLProtocolTransport:pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize("fault", [Fault.reset(), Fault.truncate(10), Fault.truncate(0)])
    def test_a_connection_that_breaks_is_an_error(self, world, client, get, fault):
        """Whether it is reset or ends too soon, however often the client tries; the next is answered."""
        with world.imds.faults.add(fault) as handle, pytest.raises(client[1]):
            get(CREDENTIAL)
        assert handle.hits > 0
        assert get(ROLE_NAME) == b"demo-role"

    @pytest.mark.parametrize("fault", [Fault.silence(), Fault.delay(3600), Fault.drip(1, 3600)])
    def test_an_answer_that_does_not_come_is_a_timeout(self, world, client, get, fault):
        """Silence, a delay and a drip last longer than the client's patience, and then are over."""
        with world.imds.faults.add(fault), pytest.raises(client[1]):
            get(ROLE_NAME, 0.1)
        assert get(ROLE_NAME) == b"demo-role"

    @pytest.mark.parametrize("headers", [True, False])
    def test_a_drip_arrives_whole(self, world, get, headers):
        """An answer in many records is one answer."""
        world.imds.faults.add(Fault.drip(7, 0.0001, headers=headers))
        assert get(ROLE_NAME) == b"demo-role"


def test_a_reset_is_seen_as_a_reset(world, connect):
    """The peer gets an RST, with no goodbye before it."""
    world.faults.add("imds_down")
    sock = connect()
    sock.sendall(LISTING)
    # What comes over the wire: Python takes a reset under TLS for an end. First comes the handshake's rest.
    with pytest.raises(ConnectionResetError):
        b"".join(iter(lambda: socket.socket.recv(sock, 65536), b""))


def test_a_truncated_body_ends_in_order(world, connect):
    """It is HTTP that is cut short, not TLS: so that a client finds the fault where it was put."""
    world.faults.add(Fault.truncate(10))
    sock = connect()
    sock.sendall(f"GET {CREDENTIAL} HTTP/1.1\r\n\r\n".encode())
    received = b""
    while piece := sock.recv(65536):
        received += piece
    assert len(received.partition(b"\r\n\r\n")[2]) == 10


def test_a_drip_starts_before_it_ends(world, connect):
    """Each piece is a record of its own, and is there while the rest is still to come."""
    world.imds.faults.add(Fault.drip(5, 3600))
    sock = connect()
    sock.sendall(LISTING)
    assert sock.recv(100) == b"HTTP/"


def test_a_handshake_that_our_own_end_breaks_off_is_no_news(
    world: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that is cut off in its middle, since the fakes are stopped, has made no mistake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        connection = Connection(server.accept()[0])
    with client:
        client.sendall(b"\x16\x03\x01\x00\x05hello")
        connection.end()
        world.sts.serve(connection)
    connection.close()
    assert caplog.records == []
