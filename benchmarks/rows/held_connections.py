"""How quickly a fake answers while hundreds of clients hold their connections to it open."""

import selectors
import socket
from contextlib import ExitStack
from itertools import cycle, islice
from statistics import median
from time import perf_counter

from benchmarks.fake_process import fake_imds
from benchmarks.measure import Effort, timed
from benchmarks.row import Row
from benchmarks.rows.proxied_read import reader
from benchmarks.units import duration
from benchmarks.wire import address_of, http_request

_BAR_SECONDS = 20e-3
_HELD = 200
_PATH = "/latest/meta-data/ram/security-credentials/"


def measure(effort: Effort) -> list[Row]:
    """Return one row: the answers come over one connection after the other, all of them in turn."""
    request = http_request("GET", _PATH, "100.100.100.200", {})
    with fake_imds() as url, ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(address_of(url))) for _ in range(_HELD)]
        reads = [timed(reader(connection, request)) for connection in held]
        samples = [read() for read in islice(cycle(reads), _HELD * effort.pick(20, 2))]
        at_once = [seconds for _ in range(effort.pick(20, 2)) for seconds in _all_at_once(held, request)]
    middle = median(samples)
    return [
        Row(
            what=f"IMDS fake, {_HELD} keep-alive connections held: one answer (median)",
            ours=duration(middle),
            beside=[
                f"slowest of {len(samples):,}: {duration(max(samples))}",
                f"all {_HELD} asking at once: {duration(median(at_once))}",
            ],
            bar=f"under {duration(_BAR_SECONDS)}",
            holds=middle < _BAR_SECONDS,
            used=middle / _BAR_SECONDS,
        )
    ]


def _all_at_once(held: list[socket.socket], request: bytes) -> list[float]:
    """Return how long each waited for its answer since all have asked, in seconds."""
    for connection in held:
        connection.sendall(request)
    began, waited = perf_counter(), []
    with selectors.DefaultSelector() as waiting:
        for connection in held:
            waiting.register(connection, selectors.EVENT_READ, connection)
        while waiting.get_map():
            for key, _ in waiting.select():
                key.data.recv(65536)
                waiting.unregister(key.fileobj)
                waited.append(perf_counter() - began)
    return waited
