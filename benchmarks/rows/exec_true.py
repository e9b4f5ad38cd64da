"""What `alicred-emulator exec -- true` costs over `true`, in each isolation that works here."""

import sys
from functools import partial
from statistics import median

from benchmarks.measure import Effort, by_turns, timed
from benchmarks.processes import ChildFailed, run
from benchmarks.row import Row, failed
from benchmarks.units import duration

_BAR_SECONDS = 0.4
_ISOLATIONS = ("namespace", "env")


def measure(effort: Effort) -> list[Row]:
    """Return a row for each isolation."""
    return [_row(isolation, effort) for isolation in _ISOLATIONS]


def _row(isolation: str, effort: Effort) -> Row:
    what = f"exec --isolation {isolation} -- true, over true (medians)"
    command = [sys.executable, "-m", "alicred_emulator", "exec", "--isolation", isolation, "--", "true"]
    programs = {
        "ours": command,
        "true": ["true"],
        "bare interpreter": [sys.executable, "-c", "pass"],
    }
    runs = {name: timed(partial(run, program)) for name, program in programs.items()}
    try:
        # The first round writes the byte code.
        by_turns(runs, 1)
        samples = by_turns(runs, effort.pick(21, 5))
    except ChildFailed as error:
        return failed(what, str(error))
    ours = median(samples["ours"]) - median(samples["true"])
    return Row(
        what=what,
        ours=duration(ours),
        beside=[f"{name}: {duration(median(samples[name]))}" for name in ("true", "bare interpreter")],
        bar=f"at most {duration(_BAR_SECONDS)}",
        holds=ours <= _BAR_SECONDS,
        used=ours / _BAR_SECONDS,
    )
