"""One measurement in a process of its own, so that no peer's threads, patches or imports reach another.

Prints its rows as one line of JSON.
"""

import json
import sys

from benchmarks.catalog import measurement
from benchmarks.measure import Effort


def main(name: str, *options: str) -> None:
    """Measure, and print."""
    rows = measurement(name)(Effort(quick="--quick" in options))
    print(json.dumps([row.as_data() for row in rows]))


if __name__ == "__main__":
    main(*sys.argv[1:])
