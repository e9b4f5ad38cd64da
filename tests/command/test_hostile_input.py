"""What a running emulator does about clients that mean it harm, on each of its sockets."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

IDLE_CONNECTIONS = 10_000
AT_ONCE = 1_000
GROWTH_KIB = 32 * 1024
"""What the 512 connections that are kept may take; ten thousand would take ten times as much."""
STATUS = Path("/proc/self/status")
URLS = ("imds", "sts", "credentials_uri", "oidc", "ecs_api", "cloud_sso", "oauth", "proxy", "control")
RUBBISH = {
    "garbage": b"\x00\xff\xfe garbage \r\n\r\n",
    "half a line": b"GET",
    "half a body": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
    "a length": b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "a chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n",
    "5,000 fields": b"GET / HTTP/1.1\r\n" + b"X-Bomb: 1\r\n" * 5000 + b"\r\n",
    "a target": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    "a version": b"GET / HTTP/9.9\r\n\r\n",
    "CONNECT": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
    "a broken hello": b"\x16\x03\x01\xff\xff" + b"\x01" * 64,
}
ANSWERS_200 = "/latest/meta-data/instance-id"


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[dict[str, object]]:
    """An emulator in a process of its own; yields what its ready file says."""
    ready_file = tmp_path_factory.mktemp("hostile") / "ready.json"
    command = [sys.executable, "-m", "alicred_emulator", "--port-base", "0", "--ready-file", str(ready_file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(2000):
                if ready_file.exists():
                    break
                assert process.poll() is None
                threading.Event().wait(0.01)
            yield json.loads(ready_file.read_text(encoding="utf-8"))
        finally:
            process.terminate()


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


def said_to(url: str, *pieces: bytes) -> bytes:
    """Send bytes and say that no more will come; return all that is answered before the server hangs up."""
    received = b""
    with socket.create_connection(address(url), timeout=10) as sock, contextlib.suppress(ConnectionError):
        for piece in pieces:
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(65536):
            received += piece
    return received


def resident_kib(pid: object) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.mark.parametrize("service", URLS)
@pytest.mark.parametrize("rubbish", RUBBISH)
def test_what_is_no_request_is_refused_or_hung_up_on(running, service, rubbish):
    """Every socket answers 4xx or 5xx, or closes, and nothing of its own goes to whoever sent rubbish."""
    answer = said_to(running[service], RUBBISH[rubbish])
    assert answer == b"" or answer[9:10] in {b"4", b"5"} or answer[:1] == b"\x15", answer[:200]
    assert requests.get(running["imds"] + ANSWERS_200, timeout=10).ok


@pytest.mark.skipif(not STATUS.exists(), reason="needs /proc to see the memory of a process")
def test_ten_thousand_connections_leave_memory_flat_and_others_served(running):
    """Connections are capped and the idlest goes first, so that the next client is served all the same."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE_CONNECTIONS + 500:
        pytest.skip(f"this process may open {hard} descriptors alone")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = resident_kib(running["pid"])
    try:
        with contextlib.ExitStack() as stack:
            for number in range(IDLE_CONNECTIONS):
                sock = stack.enter_context(socket.create_connection(address(running["imds"]), timeout=10))
                with contextlib.suppress(ConnectionError):
                    # Every other one is silent.
                    sock.sendall(b"GET /latest/meta-" * (number % 2))
                if number % AT_ONCE == 0:
                    # Accepted after those before it, so that the kernel drops none.
                    assert requests.get(running["imds"] + ANSWERS_200, timeout=10).ok
            assert requests.get(running["imds"] + ANSWERS_200, timeout=10).ok
            assert resident_kib(running["pid"]) - before < GROWTH_KIB
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
