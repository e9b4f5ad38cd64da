"""`python -m benchmarks [--quick] [NAME...]`: measure, print one table, exit with 1 if a bar is missed."""

import argparse
import signal
import sys
from time import perf_counter

from benchmarks.catalog import NAMES, longest_seconds
from benchmarks.machine import facts
from benchmarks.processes import ChildFailed, module, run_json
from benchmarks.row import Row, failed
from benchmarks.table import render

_STATUS_TERMINATED = 128 + signal.SIGTERM


def main() -> int:
    """Run what was asked for and return the exit status."""
    options = _options()
    # As an exception, so that the processes that measure are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_STATUS_TERMINATED))
    began = perf_counter()
    about = facts()
    rows: list[Row] = []
    for name in options.names or NAMES:
        print(f"  {name} ...", file=sys.stderr, flush=True)
        rows += _measured(name, quick=options.quick)
    print(*about, "", render(rows), "", _summary(rows, perf_counter() - began), sep="\n")
    return int(any(row.holds is False for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="repeat less; the figures are rougher")
    options = parser.parse_args()
    for name in options.names:
        if name not in NAMES:
            parser.error(f"nothing is called {name!r}; there are {', '.join(NAMES)}")
    return options


def _measured(name: str, *, quick: bool) -> list[Row]:
    command = module("worker", name, *(["--quick"] if quick else []))
    try:
        data = run_json(command, seconds=longest_seconds(name), apart=True)
    except (ChildFailed, ValueError) as error:
        return [failed(name, str(error))]
    return [Row(**row) for row in data]


def _summary(rows: list[Row], seconds: float) -> str:
    missed = [row.what.partition("\n")[0] for row in rows if row.holds is False]
    verdict = f"missed: {'; '.join(missed)}" if missed else "every bar holds"
    return f"{len(rows)} rows in {seconds:.0f} s; {verdict}"


if __name__ == "__main__":
    sys.exit(main())
