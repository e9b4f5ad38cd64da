"""What the emulator's proxy adds to a read of metadata, on kept connections, read by turns."""

import socket
from collections.abc import Callable
from functools import partial
from statistics import median

from benchmarks.fake_process import fake_imds_and_proxy
from benchmarks.measure import Effort, by_turns, timed
from benchmarks.row import Row
from benchmarks.units import duration
from benchmarks.wire import address_of, http_request

_BAR_SECONDS = 1e-3
_PATH = "/latest/meta-data/ram/security-credentials/"
_HOST = "100.100.100.200"


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    with fake_imds_and_proxy() as (imds, proxy):
        direct = http_request("GET", _PATH, _HOST, {})
        through = http_request("GET", f"http://{_HOST}{_PATH}", _HOST, {})
        with (
            socket.create_connection(address_of(imds)) as to_fake,
            socket.create_connection(address_of(proxy)) as to_proxy,
        ):
            subjects = {"direct": reader(to_fake, direct), "proxy": reader(to_proxy, through)}
            samples = by_turns({name: timed(read) for name, read in subjects.items()}, effort.pick(2000, 200))
    added = median(slow - fast for slow, fast in zip(samples["proxy"], samples["direct"], strict=True))
    return [
        Row(
            what="what the proxy adds to a metadata read (median)",
            ours=duration(added),
            beside=[f"read without it: {duration(median(samples['direct']))}"],
            bar=f"at most {duration(_BAR_SECONDS)}",
            holds=added <= _BAR_SECONDS,
            used=added / _BAR_SECONDS,
        )
    ]


def reader(connection: socket.socket, request: bytes) -> Callable[[], None]:
    """Return what asks once over a kept connection, and insists on an answer."""
    return partial(_read, connection, request)


def _read(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    if b" 200 " not in connection.recv(65536):
        raise AssertionError("the fake did not answer")
