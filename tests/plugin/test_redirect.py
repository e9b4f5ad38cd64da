"""Unmodified clients in a process that believes it runs on the instance."""

import asyncio
import errno
import http.client
import socket
import ssl
import sys
from types import ModuleType
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
import requests
import urllib3

from alicred_emulator.hosts import EMULATED_HOSTS
from alicred_emulator.messages import Reply
from alicred_emulator.redirect import redirected
from alicred_emulator.routes import Routes, ports_of

METADATA = "http://100.100.100.200/latest/meta-data/"
NOT_EMULATED = "http://oss-cn-hangzhou.aliyuncs.com/"
OUR_WORDS = r"alicred_emulator: oss-cn-hangzhou\.aliyuncs\.com .* not emulated"


def by_http_client(url):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def by_requests(url):
    with requests.get(url, timeout=5) as response:
        return response.text


def by_urllib3(url):
    with urllib3.PoolManager(retries=False) as pool:
        return pool.request("GET", url).data.decode()


def by_httpx(url):
    with httpx.Client() as client:
        return client.get(url).text


async def by_httpx_async(url):
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).text


async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


async def by_asyncio_streams(url):
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode().rpartition("\r\n")[2]


CLIENTS = {
    "http.client": by_http_client,
    "requests": by_requests,
    "urllib3": by_urllib3,
    "httpx": by_httpx,
    "httpx async": lambda url: asyncio.run(by_httpx_async(url)),
    "aiohttp": lambda url: asyncio.run(by_aiohttp(url)),
    "asyncio": lambda url: asyncio.run(by_asyncio_streams(url)),
}
clients = pytest.mark.parametrize("client", CLIENTS)


@clients
def test_reaches_the_metadata(alicred_on_ecs, client):
    """Every client reaches the metadata service at its real address."""
    assert CLIENTS[client](METADATA + "region-id") == "cn-hangzhou"
    assert alicred_on_ecs.imds.journal.count("GET", "/latest/meta-data/region-id") == 1


@clients
def test_refuses_what_is_not_emulated(alicred_on_ecs, client):
    """Every client is told that an Alibaba Cloud name which no fake stands for is refused, and by whom."""
    with pytest.raises(Exception, match=OUR_WORDS):
        CLIENTS[client](NOT_EMULATED)


@clients
def test_reaches_other_hosts_as_before(alicred_on_ecs, client):
    """Whatever is not Alibaba Cloud's is reached as without the redirect."""
    url = f"http://localhost:{alicred_on_ecs.imds.port}/latest/meta-data/region-id"
    assert CLIENTS[client](url) == "cn-hangzhou"


@clients
def test_reaches_an_emulated_name(alicred_emulator, client):
    """A name that a fake stands for is looked up and connected to like an address."""
    with redirected({("sts", 80): alicred_emulator.imds.port}):
        url = "http://sts.cn-hangzhou.aliyuncs.com/latest/meta-data/region-id"
        assert CLIENTS[client](url) == "cn-hangzhou"
    entry = alicred_emulator.journal[0]
    assert entry.headers["Host"] == "sts.cn-hangzhou.aliyuncs.com"


@pytest.mark.parametrize(
    "host",
    [
        "100.100.100.200",
        b"100.100.100.200",
        bytearray(b"100.100.100.200"),
        "100.100.25800",
        "1684301000",
        b"0x646464c8",
        "0144.100.0x64.200",
    ],
)
def test_any_spelling_of_the_host_is_known(alicred_on_ecs, host):
    """A host may be given as text or as bytes, and an address in every way that the system understands."""
    with socket.socket() as client:
        client.connect((host, 80))
        assert client.getpeername() == ("127.0.0.1", alicred_on_ecs.imds.port)


@pytest.mark.parametrize(
    "host", ["::ffff:100.100.100.200", "::ffff:6464:64c8", "::FFFF:6464:64C8", "0:0:0:0:0:ffff:6464:64c8"]
)
def test_the_metadata_address_within_ipv6_is_known(alicred_on_ecs, host):
    """A socket of both families is led to the fake as well, however the address is written."""
    with socket.socket(socket.AF_INET6) as client:
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        client.connect((host, 80, 0, 0))
        assert client.getpeername()[:2] == ("::ffff:127.0.0.1", alicred_on_ecs.imds.port)


@pytest.mark.parametrize(
    "address",
    [
        ("100.100.100.200", 8080),
        ("::ffff:100.100.100.200", 443, 0, 0),
        ("sts.aliyuncs.com", 8443),
        ("oss.aliyuncs.com", 443),
        ("aliyun.com", 80),
        ("oss\u3002aliyuncs\u3002com", 80),
    ],
)
def test_refuses_to_connect(alicred_on_ecs, address):
    """Another port of the metadata address, and a name given to connect itself, are refused at once."""
    with socket.socket() as client:
        with pytest.raises(ConnectionRefusedError, match=r"alicred_emulator: .* port .* not emulated"):
            client.connect(address)
        assert client.connect_ex(address) == errno.ECONNREFUSED


def test_connect_ex_connects(alicred_on_ecs):
    """connect_ex is redirected like connect."""
    with socket.socket() as client:
        assert client.connect_ex(("100.100.100.200", 80)) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="the real one is there, and the other tests meet it")
def test_the_event_loop_of_windows_is_redirected_too(monkeypatch):
    """It connects by a function of its own, which is given the fake's address and is then put back."""

    class IocpProactor:
        def connect(self, conn, address):
            return conn, address

    windows_events = ModuleType("asyncio.windows_events")
    windows_events.IocpProactor = IocpProactor
    monkeypatch.setitem(sys.modules, windows_events.__name__, windows_events)
    before = IocpProactor.connect
    with redirected({("imds", 80): 8100}):
        assert IocpProactor().connect("socket", ("100.100.100.200", 80)) == ("socket", ("127.0.0.1", 8100))
    assert IocpProactor.connect is before


@pytest.mark.parametrize(
    "lookup", [socket.gethostbyname, socket.gethostbyname_ex, socket.gethostbyaddr, socket.getaddrinfo]
)
def test_refuses_to_look_up(alicred_on_ecs, lookup):
    """Every function of the resolver refuses an Alibaba Cloud name that is not emulated, in any case."""
    lookup = getattr(socket, lookup.__name__)
    arguments = (80,) if lookup is socket.getaddrinfo else ()
    for name in (
        *("OSS.aliyuncs.com", "oss.aliyuncs.com.", b"oss.aliyuncs.com"),
        *("oss\u3002aliyuncs\uff0ecom", "oss\uff61aliyuncs.com", "o\uff53s.aliyuncs.com"),
    ):
        with pytest.raises(socket.gaierror, match=r"alicred_emulator: oss\.aliyuncs\.com .* not emulated"):
            lookup(name, *arguments)


def test_every_emulated_name_has_an_address_of_its_own():
    """Two names that one fake stands for can be told apart, and keep their addresses."""
    with redirected({("sts", 80): 1}):
        names = ("sts.cn-beijing.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com")
        addresses = [socket.gethostbyname(name) for name in names]
        assert len(set(addresses)) == 2
        assert socket.gethostbyname_ex(names[0])[2] == [addresses[0]]
        assert socket.gethostbyaddr(addresses[0]) == (names[0], [], [addresses[0]])
        assert {info[4] for info in socket.getaddrinfo(names[1], 80)} == {(addresses[1], 80)}
    with redirected({("sts", 80): 1}):
        assert [socket.gethostbyname(name) for name in reversed(names)] == addresses[::-1]


def test_a_name_kept_from_an_earlier_test_is_refused():
    """A client that remembers the address of a name is refused once no fake stands for it any more."""
    with redirected({("sts", 80): 1}):
        address = socket.gethostbyname("sts.cn-hangzhou.aliyuncs.com")
    with (
        redirected({("imds", 80): 1}),
        socket.socket() as client,
        pytest.raises(ConnectionRefusedError, match=r"sts\.cn-hangzhou"),
    ):
        client.connect((address, 80))


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no sockets of another family here")
def test_other_sockets_pass_unharmed(alicred_on_ecs, tmp_path, monkeypatch):
    """Sockets of other families, and wrong arguments, behave as without the redirect."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("server")
        server.listen()
        client.connect("server")
        with pytest.raises(FileNotFoundError):
            client.connect(b"nobody")
    with socket.socket() as client:
        for wrong in (("127.0.0.1",), (None, 80), (), 7):
            with pytest.raises(TypeError):
                client.connect(wrong)
    assert socket.getaddrinfo(None, 80)
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize(
    "host",
    ["::ffff:nonsense", "::fffff", "::1", "1:2", "1.2.3.4.5", "163.com", "\ud800.cn", "x" * 64 + "é.cn"],
)
def test_other_hosts_pass_as_they_came(host):
    """What only looks like an address, and a name that cannot be one, are left to the system to judge."""
    routes = Routes({("imds", 80): 1})
    assert routes.destination((host, 80)) == (host, 80)
    assert routes.address(host) is host


def test_tls_sockets_are_redirected(alicred_on_ecs):
    """A socket that was given its TLS before it was connected reaches the fake like every other."""
    context = ssl.create_default_context()
    with context.wrap_socket(socket.socket(), server_hostname="sts.aliyuncs.com") as client:
        client.connect(("sts.aliyuncs.com", 443))
        assert client.getpeername() == ("127.0.0.1", alicred_on_ecs.sts.port)


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("sts.aliyuncs.com", "sts"),
        ("sts.cn-hangzhou.aliyuncs.com", "sts"),
        ("sts-vpc.eu-central-1.aliyuncs.com", "sts"),
        ("ecs.aliyuncs.com", "ecs_api"),
        ("ecs.cn-hangzhou.aliyuncs.com", "ecs_api"),
        ("ecs-cn-hangzhou.aliyuncs.com", "ecs_api"),
        ("ecs-vpc.cn-hangzhou.aliyuncs.com", "ecs_api"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_arrives_says_where_it_was_meant_for(alicred_on_ecs, monkeypatch, scheme, host, service):
    """A fake learns which of its real hosts was asked for, and whether in the clear."""
    seen = []

    def answer(request, _generation):
        seen.append((request.secure, request.host))
        return Reply()

    monkeypatch.setattr(alicred_on_ecs.services[service], "answer", answer)
    by_requests(f"{scheme}://{host}/")
    assert seen == [(scheme == "https", host)]


def test_a_service_without_real_hosts_has_no_way_there():
    """The ports are those of the real hosts, each for as many fakes as there are."""
    ports = ports_of({"imds": 1, "sts": 2, "credentials_uri": 3})
    assert ports == {("imds", 80): 1, ("sts", 443): 2, ("sts", 80): 2}
    assert {service for service, _ in ports_of(dict.fromkeys(EMULATED_HOSTS.values(), 1))} == set(
        EMULATED_HOSTS.values()
    )


def test_everything_is_put_back():
    """Afterwards the socket class and module are exactly what they were, also after an error inside."""
    before = dict(vars(socket.socket)), dict(vars(socket))
    with pytest.raises(LookupError), redirected({}):
        raise LookupError
    assert (dict(vars(socket.socket)), dict(vars(socket))) == before
