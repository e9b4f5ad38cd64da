"""A million calls of AssumeRole leave the fake's memory as it was.

Ten an emulated second, for sessions of 900 s. By the first look the fake has held the most that it ever does
at such a load: sessions that are good, the latest that have ended, and the nonces of a quarter of an hour.
From then to the last look, a single pointer that was kept of each call would be 7 MiB. A quick run is too
short for that, and notices a nonce or a credential.
"""

from typing import Any

from benchmarks.catalog import longest_seconds
from benchmarks.measure import Effort
from benchmarks.processes import module, run_json
from benchmarks.row import Row

_BAR_BYTES = 6 * 1024**2
_CALLS_PER_SECOND = 10
_FULL = (100_000, 500_000, 1_000_000)
_QUICK = (50_000, 75_000, 100_000)


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    marks = _QUICK if effort.quick else _FULL
    child = module("children.sts_memory", _CALLS_PER_SECOND, *marks)
    found = run_json(child, seconds=longest_seconds("sts_memory"))
    first, last = found[0], found[-1]
    grown = last["bytes"] - first["bytes"]
    return [
        Row(
            what=f"memory of the STS fake over {last['calls']:,} calls, {_CALLS_PER_SECOND} per second",
            ours=f"{_mib(grown)} more than after the first {first['calls']:,}",
            beside=[_told(one) for one in found],
            ratio=f"{grown / (last['calls'] - first['calls']):.2g} bytes a call",
            bar=f"at most {_mib(_BAR_BYTES)} more",
            holds=grown <= _BAR_BYTES,
            used=grown / _BAR_BYTES,
        )
    ]


def _told(found: dict[str, Any]) -> str:
    held = f"{found['credentials']:,} credentials, {found['nonces']:,} nonces"
    return f"after {found['calls']:,}: resident {_mib(found['bytes'])} at most; {held}"


def _mib(size: float) -> str:
    return f"{size / 1024**2:.1f} MiB"
