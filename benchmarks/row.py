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
        used: How much of what the bar allows was taken: 1 is the bar itself, less is better.
        of_peer: Ours as a share of the peer's, where that can be said in a number; less is better.
        peer: Whose share that is.
    """

    what: str
    ours: str
    beside: list[str] = field(default_factory=list)
    ratio: str = ""
    bar: str = ""
    holds: bool | None = None
    used: float | None = None
    of_peer: float | None = None
    peer: str = "SDK"

    @property
    def title(self) -> str:
        """The first line of what was measured."""
        return self.what.partition("\n")[0]

    def as_data(self) -> dict[str, object]:
        """Return the row as JSON takes it."""
        return asdict(self)


def failed(what: str, why: str) -> Row:
    """Return the row of something that could not be measured: the bar is not held."""
    return Row(what=what, ours="not measured", beside=[why], holds=False)


def missing(peer: str, why: str) -> str:
    """Return the cell of a peer that could not be measured."""
    return f"{peer}: - ({why})"
