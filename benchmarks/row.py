"""One line of the table, as a value that goes through JSON."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured, ready to be printed; a cell may have several lines.

    Attributes:
        what: What was measured.
        ours: alicred's figure.
        beside: The peers' figures and the floor, or why one is missing.
        ratio: How ours compares.
        bar: What has to hold.
        holds: Whether it does; None for a line that has no bar.
    """

    what: str
    ours: str
    beside: list[str] = field(default_factory=list)
    ratio: str = ""
    bar: str = ""
    holds: bool | None = None

    def as_data(self) -> dict[str, object]:
        """Return the row as JSON takes it."""
        return asdict(self)


def failed(what: str, why: str) -> Row:
    """Return the row of something that could not be measured: the bar is not held."""
    return Row(what=what, ours="not measured", beside=[why], holds=False)


def missing(peer: str, why: str) -> str:
    """Return the cell of a peer that could not be measured."""
    return f"{peer}: - ({why})"
