"""What `from alicred import Client, Config` adds to a bare interpreter, in time and in modules."""

import sys
from functools import partial

from benchmarks import sdk
from benchmarks.measure import Effort, Samples, by_turns, timed
from benchmarks.processes import run
from benchmarks.row import Row, missing
from benchmarks.units import duration, times

_BAR = 0.1
_OURS = "from alicred import Client, Config"
_THEIRS = (
    "from alibabacloud_credentials.client import Client; from alibabacloud_credentials.models import Config"
)
_UNWANTED = ("requests", "urllib3", "http", "httpx", "aiohttp", "ssl", "socket", "asyncio", "email")


def measure(effort: Effort) -> list[Row]:
    """Return one row of time and one of modules."""
    return [_time(effort), _modules()]


def _time(effort: Effort) -> Row:
    programs = {"bare": "pass", "alicred": _OURS}
    if sdk.IS_INSTALLED:
        programs["sdk"] = _THEIRS
    runs = {name: timed(partial(_run, program)) for name, program in programs.items()}
    # The first round writes the byte code.
    by_turns(runs, 1)
    samples = by_turns(runs, effort.pick(25, 6))
    ours = _added(samples, "alicred")
    what = "import of Client and Config, over a bare interpreter (minima)"
    bar = f"at most {_BAR}x the SDK's"
    beside = [f"bare interpreter: {duration(min(samples['bare']))}"]
    if "sdk" not in samples:
        return Row(
            what=what, ours=duration(ours), beside=[*beside, missing(sdk.NAME, sdk.WHY_MISSING)], bar=bar
        )
    theirs = _added(samples, "sdk")
    return Row(
        what=what,
        ours=duration(ours),
        beside=[*beside, f"SDK: {duration(theirs)}"],
        ratio=f"{times(ours / theirs)} the SDK's",
        bar=bar,
        holds=ours <= _BAR * theirs,
        used=ours / theirs / _BAR,
        of_peer=ours / theirs,
    )


def _added(samples: Samples, name: str) -> float:
    return min(samples[name]) - min(samples["bare"])


def _run(program: str) -> None:
    run([sys.executable, "-c", program])


def _modules() -> Row:
    ours = _loaded(_OURS)
    unwanted = [name for name in _UNWANTED if name in ours]
    theirs = f"SDK: {len(_loaded(_THEIRS))}" if sdk.IS_INSTALLED else missing(sdk.NAME, sdk.WHY_MISSING)
    return Row(
        what="modules that the import loads",
        ours=f"{len(ours)}\nunwanted: {', '.join(unwanted) or 'none'}",
        beside=[theirs],
        bar="no HTTP library, ssl or asyncio",
        holds=not unwanted,
    )


def _loaded(program: str) -> list[str]:
    listing = f"import sys; before = set(sys.modules); {program}; print(*sorted(set(sys.modules) - before))"
    return run([sys.executable, "-c", listing]).split()
