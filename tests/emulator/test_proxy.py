import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from pytest_httpserver import HTTPServer

from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.proxy.destinations import Elsewhere, Fake, Refused, destination
from alicred_emulator.proxy.server import ProxyServer

LISTING = "http://100.100.100.200/latest/meta-data/ram/security-credentials/"
IDENTITY = "https://sts.cn-hangzhou.aliyuncs.com/?Action=GetCallerIdentity&Version=2015-04-01"


@pytest.fixture(scope="module")
def world() -> Iterator[Emulator]:
    """An emulator that listens, for the tests of this file."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def proxy(world: Emulator) -> Iterator[ProxyServer]:
    """A proxy before a world that is as at the start, which lets one host pass."""
    world.reset()
    with ProxyServer(world.services, world.journal, world.clock, allow=["localhost"]) as proxy:
        yield proxy


@pytest.fixture
def session(world: Emulator, proxy: ProxyServer) -> Iterator[requests.Session]:
    """A client that asks everything of the proxy, and trusts the fakes."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": proxy.url, "https": proxy.url}
        session.verify = str(world.ca_bundle)
        yield session


def say(proxy: ProxyServer, *pieces: bytes) -> bytes:
    """Send bytes to the proxy and return all that it answers before it hangs up."""
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10) as sock:
        for piece in pieces:
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := sock.recv(65536):
                received += piece
    return received


@pytest.mark.parametrize(
    ("authority", "port", "expected"),
    [
        ("100.100.100.200", 80, Fake("imds")),
        ("STS.aliyuncs.com.:443", 0, Fake("sts")),
        ("sts-vpc.eu-central-1.aliyuncs.com:443", 0, Fake("sts")),
        ("signin-us.alibabacloudsso.com:443", 0, Fake("cloud_sso")),
        ("friend.example:8443", 0, Elsewhere("friend.example", 8443)),
        ("Friend.example", 80, Elsewhere("friend.example", 80)),
        ("[::1]:9000", 0, Elsewhere("::1", 9000)),
    ],
)
def test_a_host_is_a_fake_or_was_allowed(authority: str, port: int, expected: object) -> None:
    """Names are told apart without regard to case and a final dot, and a port in the request counts."""
    assert destination(authority, port, {"friend.example", "::1"}) == expected


@pytest.mark.parametrize(
    ("authority", "status", "words"),
    [
        ("example.com:443", 403, "--allow example.com"),
        ("oss-cn-hangzhou.aliyuncs.com:443", 403, "not emulated"),
        ("kms.aliyuncs.com:443", 403, "not emulated"),
        ("100.100.100.200:8080", 403, "port 80 alone"),
        ("sts.aliyuncs.com:22", 403, "port 443 and 80 alone"),
        ("sts.aliyuncs.com", 400, "no host and port"),
        ("sts.aliyuncs.com:0", 400, "no host and port"),
        ("sts.aliyuncs.com:99999", 400, "no host and port"),
        ("user@sts.aliyuncs.com:443", 400, "no host and port"),
        ("", 400, "no host and port"),
    ],
)
def test_everything_else_is_refused(authority: str, status: int, words: str) -> None:
    """No host is reached by accident; Alibaba Cloud's are not even when they are allowed."""
    refused = destination(authority, 0, {"kms.aliyuncs.com"})
    assert isinstance(refused, Refused)
    assert refused.status == status
    assert words in refused.reason


def test_whole_urls_reach_the_fake(session: requests.Session, world: Emulator) -> None:
    """A request with a whole URL in it is answered by the fake of its host."""
    assert session.get(LISTING).text == world.role.name
    world.imds.journal.assert_requests(["RoleName"])


def test_a_tunnel_ends_in_the_fake(session: requests.Session, world: Emulator) -> None:
    """Through CONNECT a client speaks TLS with the fake, which shows a certificate of the host's name."""
    answer = session.get(IDENTITY)
    assert answer.status_code == 400
    assert "AccessKeyId" in answer.text
    assert world.sts.journal.count("GetCallerIdentity") == 1


def test_a_tunnel_to_the_metadata_service_is_in_the_clear(proxy: ProxyServer, world: Emulator) -> None:
    """A client that tunnels whatever it does (curl --proxytunnel) reads metadata, too."""
    port = int(proxy.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"CONNECT 100.100.100.200:80 HTTP/1.1\r\nHost: 100.100.100.200:80\r\n\r\n")
        assert sock.recv(65536) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        sock.sendall(b"GET /latest/meta-data/instance-id HTTP/1.0\r\n\r\n")
        received = b"".join(iter(lambda: sock.recv(65536), b""))
    assert received.endswith(str(world.instance.metadata["instance-id"]).encode())


def test_one_connection_serves_several_fakes(session: requests.Session, world: Emulator) -> None:
    """Requests for different hosts may follow each other on a connection to the proxy."""
    assert session.get(LISTING).ok
    assert "NeedSsl" in session.get("http://sts.aliyuncs.com/?Action=GetCallerIdentity").text
    assert session.get(LISTING).ok
    assert [entry.service for entry in world.journal] == ["imds", "sts", "imds"]


def test_faults_act_through_the_proxy(session: requests.Session, world: Emulator) -> None:
    """What goes wrong with an answer goes wrong on the way through the proxy too."""
    world.imds.faults.add(Fault.status(503), times=1)
    world.imds.faults.add(Fault.reset(), times=1)
    assert session.get(LISTING).status_code == 503
    with pytest.raises(requests.ConnectionError):
        session.get(LISTING)
    assert session.get(LISTING).ok


def test_a_refusal_is_told_and_entered(session: requests.Session, world: Emulator) -> None:
    """A host that is not emulated gets 403 with a sentence, and stands in the journal as unplaced."""
    answer = session.get("http://example.com/secret?token=abc")
    assert answer.status_code == 403
    assert "--allow example.com" in answer.text
    [entry] = world.journal.unplaced
    assert (entry.service, entry.path, entry.status) == ("proxy", "example.com", 403)
    assert "abc" not in world.journal.render()


def test_a_refused_tunnel_is_told(session: requests.Session, world: Emulator) -> None:
    """A tunnel to anywhere is not opened."""
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        session.get("https://example.com/")
    assert world.journal.unplaced[0].path == "example.com:443"


def test_an_allowed_host_is_passed_on_to(session: requests.Session, httpserver: HTTPServer) -> None:
    """A host that was named is reached, with the method, the query and the body that the client sent."""
    expected = httpserver.expect_request("/a", method="POST", query_string="b=%20c", data=b"body")
    expected.respond_with_data("ok")
    fields = {"Proxy-Authorization": "x"}
    answer = session.post(httpserver.url_for("/a?b=%20c"), data=b"body", headers=fields)
    assert answer.text == "ok"
    request, _ = httpserver.log[0]
    assert request.headers["Host"] == f"{httpserver.host}:{httpserver.port}"
    assert "Proxy-Authorization" not in request.headers


def test_a_tunnel_to_an_allowed_host_carries_what_is_said(proxy: ProxyServer, httpserver: HTTPServer) -> None:
    """Bytes pass both ways through a tunnel to a host that was named, until both sides have said all."""
    httpserver.expect_request("/a").respond_with_data("ok")
    place = f"localhost:{httpserver.port}".encode()
    port = int(proxy.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"CONNECT " + place + b" HTTP/1.1\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
        sock.sendall(b"GET /a HTTP/1.0\r\nHost: " + place + b"\r\n\r\n")
        sock.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: sock.recv(65536), b""))
    assert received.endswith(b"ok")


def test_an_allowed_host_that_is_away_is_a_502(session: requests.Session) -> None:
    """A host that cannot be reached is named, with the reason."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answer = session.get(f"http://localhost:{closed.getsockname()[1]}/")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: sts.aliyuncs.com\r\n\r\n", b"400"),
        (b"GET ftp://example.com/ HTTP/1.1\r\n\r\n", b"400"),
        (b"CONNECT / HTTP/1.1\r\n\r\n", b"400"),
        (b"CONNECT sts.aliyuncs.com:443 HTTP/1.1\r\n\r\n\x16\x03\x01", b"400"),
        (b"\x16\x03\x01\x00\x05hello", b"400"),
        (b"garbage\r\n\r\n", b"400"),
        (b"GET http://100.100.100.200/" + b"a" * 70000, b"431"),
    ],
)
def test_what_is_no_request_for_a_proxy_is_refused(proxy: ProxyServer, said: bytes, status: bytes) -> None:
    """Origin-form, other schemes, bytes ahead of a tunnel and garbage get 4xx; other clients are served."""
    assert say(proxy, said).split(b" ")[1] == status
    assert b" 200 " in say(proxy, f"GET {LISTING} HTTP/1.0\r\n\r\n".encode())


def test_leaving_ends_open_tunnels(world: Emulator, httpserver: HTTPServer) -> None:
    """No thread and no tunnel outlives the proxy, whatever the two ends are doing."""
    before = set(threading.enumerate())
    with ProxyServer(world.services, world.journal, world.clock, allow=["127.0.0.1"]) as proxy:
        sock = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10)
        sock.sendall(f"CONNECT 127.0.0.1:{httpserver.port} HTTP/1.1\r\n\r\n".encode())
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
    with sock:
        assert sock.recv(1) == b""
    assert {thread for thread in threading.enumerate() if "proxy" in thread.name} <= before


def test_leaving_ends_what_waits_for_an_answer(world: Emulator) -> None:
    """A host that was asked and says nothing does not keep the proxy, and is told as well."""
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with ProxyServer(world.services, world.journal, world.clock, allow=["127.0.0.1"]) as proxy:
            sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
            sock.sendall(f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n".encode())
            asked, _ = silent.accept()
            asked.settimeout(10)
            assert asked.recv(65536).startswith(b"GET / ")
        with sock, asked:
            assert (sock.recv(1), asked.recv(1)) == (b"", b"")
    assert {thread for thread in threading.enumerate() if "proxy" in thread.name} <= before
