"""A test of a credential's life on an ECS instance, over real sockets: ours, and assembled from other parts.

It is the test of the README: a client with nothing but the type, which asks for the name of its role.
"""

from importlib.util import find_spec
from statistics import median

from benchmarks.measure import Effort, by_turns, undisturbed
from benchmarks.row import Row, missing
from benchmarks.suite_runs import pooled, repeated
from benchmarks.units import duration, times

_BAR = 0.25
_TESTS = 200
_BY_HAND = "SDK, freezegun, pytest-httpserver"
_TUNED = "SDK, time-machine, a tuned server"


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    suites = {"alicred": repeated("lifecycle_alicred", _TESTS, ["alicred_emulator"])}
    absent = []
    if lacking := _lacking("alibabacloud_credentials", "freezegun", "pytest_httpserver"):
        absent.append(missing(_BY_HAND, lacking))
    else:
        suites[_BY_HAND] = repeated("lifecycle_by_hand", _TESTS, ["pytest_httpserver.pytest_plugin"])
    if lacking := _lacking("alibabacloud_credentials", "time_machine"):
        absent.append(missing(_TUNED, lacking))
    else:
        suites[_TUNED] = repeated("lifecycle_tuned", _TESTS)
    rounds = effort.pick(5, 2)
    samples = pooled(by_turns(suites, rounds))
    told = {
        name: f"{duration(undisturbed(taken))}, median {duration(median(taken))}"
        for name, taken in samples.items()
    }
    compared = (
        undisturbed(samples["alicred"]) / undisturbed(samples[_BY_HAND]) if _BY_HAND in samples else None
    )
    return [
        Row(
            what=f"a lifecycle test, ECS ({rounds} suites of {_TESTS}, best tenth)",
            ours=told.pop("alicred"),
            beside=[f"{name}: {figures}" for name, figures in told.items()] + absent,
            ratio="" if compared is None else f"{times(compared)} the first",
            bar=f"at most {_BAR}x by hand",
            holds=None if compared is None else compared <= _BAR,
            used=None if compared is None else compared / _BAR,
            of_peer=compared,
            peer="by hand",
        )
    ]


def _lacking(*modules: str) -> str:
    lacking = [name for name in modules if find_spec(name) is None]
    return f"{', '.join(lacking)} not installed" if lacking else ""
