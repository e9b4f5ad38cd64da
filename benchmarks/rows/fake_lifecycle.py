"""One fake from nothing to its first answer and back, and what it leaves behind."""

import os
import socket
import threading
from importlib.util import find_spec
from statistics import median
from urllib.parse import urlsplit

from alicred_emulator import Emulator
from benchmarks.measure import Effort, Samples, by_turns, timed
from benchmarks.row import Row, missing
from benchmarks.units import duration

_BAR_SECONDS = 10e-3
_PATH = "/latest/meta-data/ram/security-credentials/"


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    rounds = effort.pick(100, 20)
    subjects = {"alicred": _fake}
    if find_spec("pytest_httpserver") is not None:
        subjects["httpserver"] = _plain_server
    # The first of each loads what it needs.
    by_turns({name: timed(subject) for name, subject in subjects.items()}, 3)
    before = _open()
    by_turns({"alicred": timed(_fake)}, rounds)
    left = _left_since(before)
    samples = by_turns({name: timed(subject) for name, subject in subjects.items()}, rounds)
    ours = median(samples["alicred"])
    return [
        Row(
            what="one fake: start, first answer, stop (median)",
            ours=f"{duration(ours)}\nleft behind: {left or 'nothing'}",
            beside=[f"slowest of {rounds}: {duration(max(samples['alicred']))}", _told(samples)],
            bar=f"at most {duration(_BAR_SECONDS)}, no thread or socket left",
            holds=ours <= _BAR_SECONDS and not left,
            used=ours / _BAR_SECONDS,
            of_peer=ours / median(samples["httpserver"]) if "httpserver" in samples else None,
            peer="pytest-httpserver",
        )
    ]


def _told(samples: Samples) -> str:
    if "httpserver" not in samples:
        return missing("pytest-httpserver", "not installed")
    return f"pytest-httpserver, one handler: {duration(median(samples['httpserver']))}"


def _fake() -> None:
    fake = Emulator().imds
    fake.start()
    _ask(fake.url)
    fake.stop()


def _plain_server() -> None:
    from pytest_httpserver import HTTPServer  # noqa: PLC0415 - a peer that may be missing

    with HTTPServer() as server:
        server.expect_request(_PATH).respond_with_data("demo-role")
        _ask(server.url_for("/"))


def _ask(url: str) -> None:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port or 0)) as connection:
        connection.sendall(f"GET {_PATH} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        if b" 200 " not in connection.recv(65536):
            raise AssertionError("the fake did not answer")


def _open() -> tuple[int, int]:
    descriptors = next((path for path in ("/proc/self/fd", "/dev/fd") if os.path.isdir(path)), None)  # noqa: PTH112
    return threading.active_count(), len(os.listdir(descriptors)) if descriptors else 0  # noqa: PTH208


def _left_since(before: tuple[int, int]) -> str:
    now = _open()
    names = ("threads", "sockets")
    return ", ".join(f"{n - b} {name}" for name, n, b in zip(names, now, before, strict=True) if n > b)
