"""`benchmarks/run [--quick] [--json FILE] [NAME...]`: measure; exit with 1 for a missed bar."""

import argparse
import signal
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from benchmarks.catalog import NAMES, longest_seconds
from benchmarks.machine import facts
from benchmarks.processes import ChildFailed, module, run_json
from benchmarks.record import Record
from benchmarks.row import Row, failed
from benchmarks.table import render

_STATUS_TERMINATED = 128 + signal.SIGTERM


def main() -> int:
    """Run what was asked for and return the exit status."""
    options = _options()
    # As an exception, so that the processes that measure are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_STATUS_TERMINATED))
    began = perf_counter()
    record = Record(facts=facts(), quick=options.quick)
    for name in options.names or NAMES:
        print(f"  {name} ...", file=sys.stderr, flush=True)
        record.measured[name] = _measured(name, quick=options.quick)
    record = replace(record, seconds=perf_counter() - began)
    print(*record.facts.lines(), "", render(record.rows), "", record.summary(), sep="\n")
    if options.json:
        record.write(options.json)
    return int(any(row.holds is False for row in record.rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="repeat less; the figures are rougher")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found here as well")
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


if __name__ == "__main__":
    sys.exit(main())
