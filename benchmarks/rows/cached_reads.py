"""A read of a credential that is held, against the floor and the SDK, with `TZ` set to UTC and unset.

The time zone matters to the SDK alone, which calls `mktime` twice a read. The floor is the smallest of its
samples and so is every other figure: nothing but disturbance makes such a loop slower.
"""

from typing import Any

from benchmarks import sdk
from benchmarks.environment import for_child
from benchmarks.fake_process import fake_imds
from benchmarks.measure import Effort
from benchmarks.processes import module, run_json
from benchmarks.row import Row, missing
from benchmarks.units import duration, times

_BAR = 1.6
_ZONES = {"TZ=UTC": "UTC", "TZ unset": None}


def measure(effort: Effort) -> list[Row]:
    """Return one row for threads and one for tasks."""
    rounds = effort.pick(60, 10)
    with fake_imds() as url:
        found = {
            zone: run_json(module("children.cached_reads", url, rounds), environment=for_child(value))
            for zone, value in _ZONES.items()
        }
    return [_row(found, "sync", "get_credential()"), _row(found, "async", "get_credential_async()")]


def _row(found: dict[str, Any], kind: str, call: str) -> Row:
    best = {
        zone: {name: min(samples) for name, samples in kinds[kind].items()} for zone, kinds in found.items()
    }
    here = best["TZ=UTC"]
    if sdk.IS_INSTALLED:
        peers = [f"SDK, {zone}: {duration(figures['sdk'])}" for zone, figures in best.items()]
        peers.append(f"the SDK takes {_span(best)} as long as alicred")
    else:
        peers = [missing(sdk.NAME, sdk.WHY_MISSING)]
    compared = here["alicred"] / here["floor"]
    return Row(
        what=f"cached {call} (minima)",
        ours=duration(here["alicred"]),
        beside=[f"floor: {duration(here['floor'])}", *peers],
        ratio=f"{times(compared)} the floor",
        bar=f"at most {_BAR}x the floor",
        holds=compared <= _BAR,
        used=compared / _BAR,
        of_peer=here["alicred"] / here["sdk"] if sdk.IS_INSTALLED else None,
    )


def _span(best: dict[str, dict[str, float]]) -> str:
    return " and ".join(times(figures["sdk"] / figures["alicred"]) for figures in best.values())
