"""What a test pays for standing on an emulated instance: an empty one, with the fixture and without."""

from statistics import median

from benchmarks.measure import Effort, by_turns, undisturbed
from benchmarks.row import Row
from benchmarks.suite_runs import pooled, repeated
from benchmarks.units import duration

_BAR_SECONDS = 1e-3
_PLUGINS = ["alicred_emulator"]


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    tests = effort.pick(300, 100)
    rounds = effort.pick(7, 3)
    suites = {
        "without": repeated("empty", tests, _PLUGINS),
        "with": repeated("empty_with_emulator", tests, _PLUGINS),
    }
    samples = pooled(by_turns(suites, rounds))
    bare = undisturbed(samples["without"])
    ours = undisturbed(samples["with"]) - bare
    typical = median(samples["with"]) - median(samples["without"])
    return [
        Row(
            what=f"alicred_emulator in an empty test ({rounds} suites of {tests}, best tenth)",
            ours=f"{duration(ours)}\nmedian: {duration(typical)}",
            beside=[f"an empty test without it: {duration(bare)}"],
            bar=f"at most {duration(_BAR_SECONDS)}",
            holds=ours <= _BAR_SECONDS,
            used=ours / _BAR_SECONDS,
        )
    ]
