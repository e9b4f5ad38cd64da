"""Threads and memory of clients that hold a credential and wait to be asked for it."""

from benchmarks import sdk
from benchmarks.fake_process import fake_imds
from benchmarks.measure import Effort
from benchmarks.processes import module, run_json
from benchmarks.row import Row, missing

_BAR_BYTES = 4096
_THEIR_CLIENTS = 50


def measure(effort: Effort) -> list[Row]:
    """Return one row of threads and one of memory."""
    number = effort.pick(1000, 200)
    with fake_imds() as url:
        ours = run_json(module("children.idle_clients", "alicred", number, url))
        theirs = None
        if sdk.IS_INSTALLED:
            theirs = run_json(module("children.idle_clients", "sdk", _THEIR_CLIENTS, url))
    absent = [missing(sdk.NAME, sdk.WHY_MISSING)]
    return [
        Row(
            what=f"threads of {number:,} idle clients",
            ours=str(ours["threads"]),
            beside=[f"SDK: {theirs['threads']} for {_THEIR_CLIENTS} clients"] if theirs else absent,
            bar="0",
            holds=ours["threads"] == 0,
        ),
        Row(
            what="memory of an idle client (tracemalloc, its credential included)",
            ours=f"{_kib(ours['bytes'])}\nbefore its first fetch: {_kib(ours['bytes_fresh'])}",
            beside=[f"SDK: {_kib(theirs['bytes'])}, without its threads' stacks"] if theirs else absent,
            bar="at most 4 KiB",
            holds=ours["bytes"] <= _BAR_BYTES,
            used=ours["bytes"] / _BAR_BYTES,
            of_peer=ours["bytes"] / theirs["bytes"] if theirs else None,
        ),
    ]


def _kib(size: float) -> str:
    return f"{size / 1024:.2f} KiB"
