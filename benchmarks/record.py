"""What came of a run, as a value that is kept as JSON: of it the page and the picture are made."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.row import Row


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the figures depend on besides the code.

    Attributes:
        date: When they were made.
        python: The interpreter.
        machine: The system, and how many cores it has.
        load: What else the machine did at the start: its load averages.
        versions: Those of the peers, by the names of their packages.
    """

    date: str
    python: str
    machine: str
    load: str
    versions: dict[str, str]

    def lines(self) -> list[str]:
        """Return the lines that stand above the table."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return [f"{self.date}, {self.python} on {self.machine}, load at the start {self.load}", versions]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run.

    Attributes:
        facts: What the figures depend on.
        quick: Whether less was repeated, so that the figures are rougher.
        seconds: How long it took.
        measured: The rows of each measurement, by its name.
    """

    facts: Facts
    quick: bool
    seconds: float = 0
    measured: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """All rows, in order."""
        return [row for rows in self.measured.values() for row in rows]

    def summary(self) -> str:
        """Return how many rows there are, and which bars were missed."""
        missed = [row.title for row in self.rows if row.holds is False]
        verdict = f"missed: {'; '.join(missed)}" if missed else "every bar holds"
        return f"{len(self.rows)} rows in {self.seconds:.0f} s; {verdict}"

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(f"{json.dumps(asdict(self), indent=1)}\n", encoding="utf-8")


def read(path: Path) -> Record:
    """Read what `Record.write` has written."""
    data = json.loads(path.read_text(encoding="utf-8"))
    measured = {name: [Row(**row) for row in rows] for name, rows in data.pop("measured").items()}
    return Record(facts=Facts(**data.pop("facts")), measured=measured, **data)
