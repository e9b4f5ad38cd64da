"""`exec --isolation namespace`: inside, Alibaba Cloud's names are the fakes, and there is nothing else."""

import contextlib
import json
import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from alicred_emulator.hosts import EMULATED_HOSTS, HOST_PORTS, METADATA_ADDRESS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")

REFUSED = "import socket, sys; sys.exit(socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))))"
LOOK_UP = "import socket, sys; print(*sorted({a[4][0] for a in socket.getaddrinfo(sys.argv[1], 443)}))"
TELLS_ALL = """
import http.client, json, socket, ssl, sys

def ask(host, port):
    # The system's own bundle is trusted, by its place and by nothing else.
    context = ssl.create_default_context(cafile=sys.argv[2])
    connect = http.client.HTTPConnection if port == 80 else http.client.HTTPSConnection
    options = {} if port == 80 else {"context": context}
    connection = connect(host, port, timeout=10, **options)
    connection.request("GET", "/")
    return connection.getresponse().status

print(json.dumps([[host, port, ask(host, port)] for host, port in json.loads(sys.argv[1])]))
"""
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@pytest.fixture
def inside(run, user):
    """Run a program of Python in a namespace, as whoever the test is about."""

    def inside(code, *arguments, options=(), **variables):
        command = ["--isolation", "namespace", *options, "--", sys.executable, "-c", code, *arguments]
        return run(*command, prefix=user, **variables)

    return inside


def test_every_emulated_name_is_a_fake(inside, folder):
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
    report = folder / "report.json"
    done = inside(TELLS_ALL, json.dumps(hosts), bundle, options=["--report", str(report)])
    assert done.returncode == 0, done.stderr
    answered = {(host, port) for host, port, status in json.loads(done.stdout) if status < 500}
    assert answered == set(hosts)
    asked = {entry["service"] for entry in json.loads(report.read_text(encoding="utf-8"))["requests"]}
    assert asked == set(EMULATED_HOSTS.values())


@pytest.mark.parametrize("port", [80, 443])
def test_a_port_that_the_real_host_refuses_is_refused(inside, port):
    """Metadata is not served over TLS, and an address that nobody has is unreachable."""
    assert (inside(REFUSED, METADATA_ADDRESS, str(port)).returncode == 0) == (port == 80)


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8"])
def test_nothing_else_is_reachable(inside, address):
    """Not even a route leads there, so nobody waits for a time-out."""
    assert inside(REFUSED, address, "443").returncode == 101  # ENETUNREACH


@pytest.mark.parametrize("name", ["example.com", "oss-cn-hangzhou.aliyuncs.com", "sts.a.b.aliyuncs.com"])
def test_another_name_does_not_exist(inside, name):
    """It is refused at once, Alibaba Cloud's own included."""
    assert "socket.gaierror" in inside(LOOK_UP, name).stderr


def test_localhost_is_the_programs_own(inside):
    """What listens on the machine's loopback is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert inside(REFUSED, "127.0.0.1", port).returncode == 111  # ECONNREFUSED


@contextlib.contextmanager
def echo(family, address):
    """Answer one client with what it says, in capitals, once it has said all."""
    with socket.create_server((address, 0), family=family) as server:

        def answer():
            client, _ = server.accept()
            with client:
                said = b"".join(iter(lambda: client.recv(100), b""))
                client.sendall(said.upper())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield str(server.getsockname()[1])
        thread.join()


SAY = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    sock.sendall(b"hello")
    sock.shutdown(socket.SHUT_WR)
    print(b"".join(iter(lambda: sock.recv(100), b"")).decode())
"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_forwarded_port_reaches_the_machines_loopback(inside, name):
    """A database of the developer's, for instance; half-closed connections included."""
    with echo(socket.AF_INET, "127.0.0.1") as port:
        done = inside(SAY, name, port, options=["--forward", port])
    assert done.stdout == "HELLO\n"
    assert f"but for port {port} of this machine's loopback" in done.stderr


def test_a_port_may_be_forwarded_twice_by_mistake(inside):
    """It is forwarded once."""
    with echo(socket.AF_INET, "127.0.0.1") as port:
        assert inside(SAY, "127.0.0.1", port, options=["--forward", port] * 2).stdout == "HELLO\n"


def test_a_forwarded_port_may_listen_on_ipv6_alone(inside):
    """`localhost` is that for some servers."""
    with echo(socket.AF_INET6, "::1") as port:
        assert inside(SAY, "127.0.0.1", port, options=["--forward", port]).stdout == "HELLO\n"


def test_a_forwarded_port_that_nobody_listens_on_ends_the_connection(inside):
    """As near to a refusal as it comes."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = str(unused.getsockname()[1])
        done = inside(SAY, "127.0.0.1", port, options=["--forward", port])
    assert "ConnectionResetError" in done.stderr or "BrokenPipeError" in done.stderr


FETCH = """
import json, os, urllib.request
urls = [os.environ[f"ALIBABA_CLOUD_{name}"] for name in ("IMDS_ENDPOINT", "CREDENTIALS_URI")]
urls[0] += "/latest/meta-data/region-id"
urls.append(os.environ["ALICRED_EMULATOR_CONTROL"] + "/healthz")
print(json.dumps([urllib.request.urlopen(url).status for url in urls]))
"""


def test_the_loopback_addresses_of_the_fakes_are_the_same_inside(inside):
    """What a variable says holds on both sides, for the control API too."""
    assert inside(FETCH, options=["--identity", "uri"]).stdout == "[200, 200, 200]\n"


def test_the_control_api_reaches_a_running_program_from_outside(started, whoever):
    """A fault that somebody adds there is what the program meets."""
    from alicred_emulator.remote import RemoteEmulator

    whoever("this user")
    code = (
        "import os, urllib.request, urllib.error\n"
        "print(os.environ['ALICRED_EMULATOR_CONTROL'], flush=True)\n"
        "input()\n"
        "try: print(urllib.request.urlopen('http://100.100.100.200/latest/meta-data/').status)\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    process = started("--isolation", "namespace", "--", sys.executable, "-c", code)
    RemoteEmulator(process.stdout.readline().strip()).faults.add("imds_down")
    out, _ = process.communicate("\n")
    assert out != "200\n"


def test_the_program_is_who_started_it(inside, user):
    """Its uid and gid are the user's, and files that it writes are theirs."""
    done = inside("import os; print(os.getuid(), os.getgid(), os.geteuid())")
    uid = 65534 if user else os.geteuid()
    gid = 65534 if user else os.getegid()
    assert done.stdout == f"{uid} {gid} {uid}\n"


def test_an_ordinary_user_gains_no_rights_inside(run, whoever, exec_command):
    """Whoever is in a user namespace could undo what was done, if they kept its capabilities."""
    prefix = whoever("an ordinary user" if exec_command.IS_ROOT else "this user")
    done = run("--isolation", "namespace", "--", "grep", "CapEff", "/proc/self/status", prefix=prefix)
    assert done.stdout.split() == ["CapEff:", "0000000000000000"]


def test_the_machines_own_files_are_untouched(inside):
    """Files are laid over others in the mounts of the program alone."""
    before = Path("/etc/hosts").read_bytes()
    assert "sts.aliyuncs.com" in inside("print(open('/etc/hosts').read())").stdout
    assert Path("/etc/hosts").read_bytes() == before
