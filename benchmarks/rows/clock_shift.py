"""Moving the clock that the fakes and alicred share, against moving a process's clock."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec

from alicred_emulator import EmulatorClock
from benchmarks.measure import Effort, by_turns, timed
from benchmarks.row import Row, missing
from benchmarks.units import duration

_BAR_SECONDS = 10e-6
_CALLS = 500
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_STEP = timedelta(seconds=1)


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    clock = EmulatorClock()
    clock.freeze()
    samples = by_turns({"alicred": _shifts(lambda: clock.shift(seconds=1))}, effort.pick(40, 10))
    ours = min(samples["alicred"])
    return [
        Row(
            what="alicred_clock.shift (minima)",
            ours=duration(ours),
            beside=[_freezegun(effort), _time_machine(effort)],
            bar=f"at most {duration(_BAR_SECONDS)}",
            holds=ours <= _BAR_SECONDS,
            used=ours / _BAR_SECONDS,
        )
    ]


def _shifts(shift: Callable[[], object]) -> Callable[[], float]:
    return timed(shift, _CALLS)


def _freezegun(effort: Effort) -> str:
    if find_spec("freezegun") is None:
        return missing("freezegun", "not installed")
    import freezegun  # noqa: PLC0415 - a peer that may be missing

    with freezegun.freeze_time(_START) as frozen:
        # Called after the freeze, which stops the clock that measures as well; a tick costs the same then.
        shifts = _shifts(lambda: frozen.tick(_STEP))
    return _told("freezegun, tick", shifts, effort)


def _time_machine(effort: Effort) -> str:
    if find_spec("time_machine") is None:
        return missing("time-machine", "not installed")
    import time_machine  # noqa: PLC0415 - a peer that may be missing

    with ExitStack() as stack:
        traveller = stack.enter_context(time_machine.travel(_START, tick=False))
        return _told("time-machine, shift", _shifts(lambda: traveller.shift(_STEP)), effort)


def _told(name: str, shifts: Callable[[], float], effort: Effort) -> str:
    return f"{name}: {duration(min(shifts() for _ in range(effort.pick(40, 10))))}"
