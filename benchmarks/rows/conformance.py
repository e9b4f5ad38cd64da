"""All lifecycle stories told to alicred, to threads and to tasks at the same time: one process for each."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

from benchmarks.environment import script
from benchmarks.measure import Effort
from benchmarks.processes import ChildFailed, run
from benchmarks.row import Row
from benchmarks.units import duration

_BAR_SECONDS = 20.0
_PATIENCE_SECONDS = 100.0
_SUBJECTS = ("alicred-sync", "alicred-async")


def measure(_effort: Effort) -> list[Row]:
    """Return one row; a story that failed is a bar that is missed."""
    with ThreadPoolExecutor(len(_SUBJECTS)) as pool:
        began = perf_counter()
        told = list(pool.map(_told, _SUBJECTS))
        took = perf_counter() - began
    return [
        Row(
            what="all lifecycle stories, told to alicred sync and async",
            ours=duration(took),
            beside=told,
            bar=f"at most {duration(_BAR_SECONDS)} on two cores",
            holds=took <= _BAR_SECONDS,
            used=took / _BAR_SECONDS,
        )
    ]


def _told(subject: str) -> str:
    command = script("alicred-emulator")
    if command is None:
        raise ChildFailed("alicred_emulator is not installed")
    tell = partial(run, [command, "conformance", "--subject", subject], seconds=_PATIENCE_SECONDS)
    return tell().strip().rpartition("\n")[2]
