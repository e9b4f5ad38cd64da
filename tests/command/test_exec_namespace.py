"""`exec --isolation namespace`: inside, Alibaba Cloud's names are the fakes, and there is nothing else.

One program of each user is asked all questions.
"""

import contextlib
import json
import os
import re
import socket
import sys
import threading
from pathlib import Path

import pytest

from alicred_emulator.hosts import EMULATED_HOSTS, HOST_PORTS, METADATA_ADDRESS
from alicred_emulator.remote import RemoteEmulator

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")

NOBODY = 65534
ANSWERS = r"""
import errno, http.client, json, os, re, socket, ssl, sys, urllib.error, urllib.request

def status(host, port, bundle):
    # The system's own bundle is trusted, by its place and by nothing else.
    options = {} if port == 80 else {"context": ssl.create_default_context(cafile=bundle)}
    connect = http.client.HTTPConnection if port == 80 else http.client.HTTPSConnection
    connection = connect(host, port, timeout=10, **options)
    connection.request("GET", "/")
    return connection.getresponse().status

def fetch(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None

def connect(address, port):
    with socket.socket() as sock:
        return errno.errorcode.get(sock.connect_ex((address, port)), "connected")

def exists(name):
    try:
        return bool(socket.getaddrinfo(name, 443))
    except socket.gaierror:
        return False

def say(name, port):
    try:
        with socket.create_connection((name, port)) as sock:
            sock.sendall(b"hello")
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(100), b"")).decode()
    except (ConnectionResetError, BrokenPipeError):
        return "not answered"

def variable(name):
    return os.environ[name]

def ids():
    return [os.getuid(), os.getgid(), os.geteuid()]

def content(path):
    return open(path).read()

for line in sys.stdin:
    question, *arguments = json.loads(line)
    print(json.dumps(globals()[question](*arguments)), flush=True)
"""
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def answer(client):
    """Answer a client with what it says, in capitals, once it has said all."""
    with client:
        said = b"".join(iter(lambda: client.recv(100), b""))
        client.sendall(said.upper())


@contextlib.contextmanager
def echo(family, address):
    """Answer each client; yield the port."""
    with socket.create_server((address, 0), family=family) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    answer(server.accept()[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture(scope="module")
def ports():
    """Ports of the machine's loopback to be forwarded: one of each version of IP, and an unused one."""
    with (
        echo(socket.AF_INET, "127.0.0.1") as of_ipv4,
        echo(socket.AF_INET6, "::1") as of_ipv6,
        socket.socket() as unused,
    ):
        unused.bind(("127.0.0.1", 0))
        yield {"IPv4": of_ipv4, "IPv6": of_ipv6, "unused": unused.getsockname()[1]}


class Inside:
    """A program in a namespace.

    Attributes:
        says: The line that the command has printed before.
    """

    def __init__(self, process, says):
        self._process = process
        self.says = says

    def ask(self, question, *arguments):
        """Have it call one of its functions, and return the result."""
        print(json.dumps([question, *arguments]), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def emulator(self):
        """Return its emulator, as whoever is outside drives it."""
        return RemoteEmulator(self.ask("variable", "ALICRED_EMULATOR_CONTROL"))


@pytest.fixture(scope="module")
def inside(exec_command, user, ports):
    """A program that answers questions, run by whoever the test is about; a port is forwarded twice."""
    forwarded = [f"--forward={port}" for port in (*ports.values(), ports["IPv4"])]
    options = ["--isolation", "namespace", "--identity", "uri", *forwarded]
    with exec_command.open_folder() as folder, (folder / "says").open("w+") as says:
        process = exec_command.start(
            [*options, "--", sys.executable, "-c", ANSWERS], folder, user, stderr=says
        )
        with process:
            inside = Inside(process, "")
            inside.ask("ids")
            inside.says = (folder / "says").read_text(encoding="utf-8")
            yield inside
            process.stdin.close()
        assert process.returncode == 0


def test_every_emulated_name_is_a_fake(inside):
    """In whatever region, on the ports of the real hosts, over TLS that the system's bundle vouches for."""
    bundle = next((place for place in BUNDLES if Path(place).is_file()), None)
    if bundle is None:
        pytest.skip("this system has no bundle of authorities")
    hosts = [
        (pattern.replace("*", region), port)
        for pattern, service in EMULATED_HOSTS.items()
        for region in (("cn-hangzhou", "us-east-1") if "*" in pattern else ("",))
        for port in HOST_PORTS[service]
    ]
    with inside.emulator() as emulator:
        emulator.journal.clear()
        statuses = {(host, port): inside.ask("status", host, port, bundle) for host, port in hosts}
        assert {asked for asked, status in statuses.items() if status >= 500} == set()
        assert {entry.service for entry in emulator.journal} == set(EMULATED_HOSTS.values())


@pytest.mark.parametrize(("port", "result"), [(80, "connected"), (443, "ECONNREFUSED")])
def test_a_port_that_the_real_host_refuses_is_refused(inside, port, result):
    """Metadata is not served over TLS."""
    assert inside.ask("connect", METADATA_ADDRESS, port) == result


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8"])
def test_nothing_else_is_reachable(inside, address):
    """Not even a route leads there, so nobody waits for a time-out."""
    assert inside.ask("connect", address, 443) == "ENETUNREACH"


@pytest.mark.parametrize("name", ["example.com", "oss-cn-hangzhou.aliyuncs.com", "sts.a.b.aliyuncs.com"])
def test_another_name_does_not_exist(inside, name):
    """It is refused at once, Alibaba Cloud's own included."""
    assert inside.ask("exists", "sts.aliyuncs.com")
    assert not inside.ask("exists", name)


def test_localhost_is_the_programs_own(inside):
    """What listens on the machine's loopback is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert inside.ask("connect", "127.0.0.1", server.getsockname()[1]) == "ECONNREFUSED"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_forwarded_port_reaches_the_machines_loopback(inside, ports, name):
    """A database of the developer's, for instance; half-closed connections included."""
    assert inside.ask("say", name, ports["IPv4"]) == "HELLO"


def test_forwarded_ports_are_named(inside, ports):
    """One that was named twice by mistake is forwarded once."""
    listed = ", ".join(map(str, sorted(ports.values())))
    assert f"but for ports {listed} of this machine's loopback" in inside.says


def test_a_forwarded_port_may_listen_on_ipv6_alone(inside, ports):
    """`localhost` is that for some servers."""
    assert inside.ask("say", "127.0.0.1", ports["IPv6"]) == "HELLO"


def test_a_forwarded_port_that_nobody_listens_on_ends_the_connection(inside, ports):
    """As near to a refusal as it comes."""
    assert inside.ask("say", "127.0.0.1", ports["unused"]) == "not answered"


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("ALIBABA_CLOUD_IMDS_ENDPOINT", "/latest/meta-data/region-id"),
        ("ALIBABA_CLOUD_CREDENTIALS_URI", ""),
        ("ALICRED_EMULATOR_CONTROL", "/healthz"),
    ],
)
def test_the_loopback_addresses_of_the_fakes_are_the_same_inside(inside, variable, path):
    """What a variable says holds on both sides, for the control API too."""
    assert inside.ask("fetch", inside.ask("variable", variable) + path) == 200


def test_the_control_api_reaches_a_running_program_from_outside(inside):
    """A fault that somebody adds there is what the program meets."""
    url = f"http://{METADATA_ADDRESS}/latest/meta-data/"
    with inside.emulator() as emulator:
        emulator.faults.add("imds_down")
        assert inside.ask("fetch", url) != 200
        emulator.faults.clear()
    assert inside.ask("fetch", url) == 200


def test_the_program_is_who_started_it(inside, user):
    """Its uid and gid are the user's, and files that it writes are theirs."""
    uid, gid = (NOBODY, NOBODY) if user else (os.geteuid(), os.getegid())
    assert inside.ask("ids") == [uid, gid, uid]


def test_nobody_gains_rights_inside(inside, user):
    """Whoever is in a user namespace could undo what was done, if they kept its capabilities."""
    rights = [
        re.search(r"CapEff:\t(\w+)", status)[1]
        for status in (inside.ask("content", "/proc/self/status"), Path("/proc/self/status").read_text())
    ]
    assert rights[0] == ("0" * 16 if user else rights[1])


def test_the_machines_own_files_are_untouched(inside):
    """Files are laid over others in the mounts of the program alone."""
    assert "sts.aliyuncs.com" in inside.ask("content", "/etc/hosts")
    assert "sts.aliyuncs.com" not in Path("/etc/hosts").read_text(encoding="utf-8")
