"""A default client and its first credential, from the environment: what a program pays after the import."""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import sdk
from benchmarks.environment import for_child
from benchmarks.measure import Effort, by_turns
from benchmarks.processes import module, run_json
from benchmarks.row import Row, missing
from benchmarks.units import duration, times

_BAR_SECONDS = 0.001
_KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIfake", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "FakeSecret"}
_MODULES = {"alicred": "alicred", "sdk": "alibabacloud_credentials.client"}


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    runs: dict[str, Callable[[], Any]] = {"alicred": partial(_once, "alicred")}
    if sdk.IS_INSTALLED:
        runs["sdk"] = partial(_once, "sdk")
    samples = by_turns(runs, effort.pick(15, 4))
    best = {name: min(one["seconds"] for one in taken) for name, taken in samples.items()}
    threads = {name: max(one["threads"] for one in taken) for name, taken in samples.items()}
    loaded = any(one["http"] for one in samples["alicred"])
    theirs = missing(sdk.NAME, sdk.WHY_MISSING)
    if "sdk" in best:
        theirs = f"SDK: {duration(best['sdk'])}, {threads['sdk']} thread(s)"
    return [
        Row(
            what="Client() and its first credential, from the environment (minima)",
            ours=f"{duration(best['alicred'])}, {threads['alicred']} threads",
            beside=[theirs],
            ratio=f"{times(best['alicred'] / best['sdk'])} the SDK's" if "sdk" in best else "",
            bar="at most 1 ms, no HTTP library, no thread",
            holds=best["alicred"] <= _BAR_SECONDS and not threads["alicred"] and not loaded,
            used=best["alicred"] / _BAR_SECONDS,
            of_peer=best["alicred"] / best["sdk"] if "sdk" in best else None,
        )
    ]


def _once(whose: str) -> Any:
    command = module("children.first_credential", _MODULES[whose])
    return run_json(command, environment={**for_child(), **_KEY})
