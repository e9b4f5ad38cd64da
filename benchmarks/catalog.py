"""The measurements there are, in the order of the table."""

from collections.abc import Callable
from importlib import import_module

from benchmarks.measure import Effort
from benchmarks.row import Row

Measurement = Callable[[Effort], list[Row]]

NAMES = (
    "cached_reads",
    "imports",
    "first_credential",
    "idle_clients",
    "request_counts",
    "stampede",
    "soak",
    "refresh",
    "sts_refresh",
    "fake_lifecycle",
    "fixture_cost",
    "clock_shift",
    "imds_throughput",
    "sts_throughput",
    "sts_memory",
    "proxied_read",
    "held_connections",
    "exec_true",
    "lifecycle_test",
    "conformance",
)
"""Each is a module of `benchmarks.rows` with a function `measure`."""

_LONGEST_SECONDS = 120.0
_LONGER_SECONDS = {"sts_memory": 900.0, "soak": 600.0}


def measurement(name: str) -> Measurement:
    """Return the function that measures and returns rows."""
    measure: Measurement = import_module(f"benchmarks.rows.{name}").measure
    return measure


def longest_seconds(name: str) -> float:
    """Return after how many seconds a measurement is given up."""
    return _LONGER_SECONDS.get(name, _LONGEST_SECONDS)
