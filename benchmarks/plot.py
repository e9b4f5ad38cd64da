"""The rows as a picture: what each took of what its bar allows, and what share of its peer's figure that is.

The rule kept here: it is read on light and on dark ground, and by who cannot tell its colours apart: what
holds, what misses its bar, and what is a peer's differ in shape as well.
"""

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from benchmarks.row import Row
from benchmarks.units import times

_LABELS = 470
_SCALE = 380
_MARGIN = 20
_PEERS = 130
_LINE = 24
_TOP = 66
_MARK = 4.5

_STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.quiet { fill: #57606a }
.line { stroke: #d0d7de; stroke-width: 1 }
.bar { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 4 3 }
.holds { fill: #1a7f64 }
.misses { stroke: #d1242f; stroke-width: 2.4; fill: none }
.peer { fill: none; stroke: #0969da; stroke-width: 1.8 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9198a1 }
  .line { stroke: #3d444d }
  .bar { stroke: #9198a1 }
  .holds { fill: #3fb68b }
  .misses { stroke: #ff7b72 }
  .peer { stroke: #58a6ff }
}
"""


def picture(rows: Sequence[Row]) -> str:
    """Draw those rows of which one of both is known, on a scale of tenfolds.

    Args:
        rows: The rows, in order.

    Returns:
        SVG.
    """
    drawn = [row for row in rows if row.used is not None or row.of_peer is not None]
    scale = Scale([share for row in drawn for share in (row.used, row.of_peer) if share is not None])
    width, height = _LABELS + _SCALE + _MARGIN + _PEERS, _TOP + len(drawn) * _LINE + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            "<title>What each row took of its bar, and its share of the peer's figure</title>",
            f"<style>\n{_STYLE}</style>",
            *_legend(),
            *_grid(scale, height - 8),
            *(part for place, row in enumerate(drawn) for part in _row(row, scale, _TOP + place * _LINE)),
            "</svg>\n",
        ]
    )


class Scale:
    """Places shares on a logarithmic scale that has room for all of them, and for 1."""

    def __init__(self, shares: Sequence[float]) -> None:
        # Nothing at all, or less, stands at the lower end.
        logarithms = [math.log10(share) for share in shares if share > 0] or [0.0]
        self.first = max(-4, min(-1, math.floor(min(logarithms))))
        self.last = max(1, math.ceil(max(logarithms)))

    def at(self, share: float) -> float:
        """Return how far to the right a share is."""
        logarithm = math.log10(share) if share > 0 else self.first
        part = (max(logarithm, self.first) - self.first) / (self.last - self.first)
        return round(_LABELS + part * _SCALE, 1)


def _legend() -> Iterator[str]:
    for kind, left, meaning in (
        ("holds", 8, "of what the bar allows: held"),
        ("misses", 218, "missed"),
        ("peer", 318, "of the peer's figure (named on the right)"),
    ):
        yield _mark(kind, left, 14)
        yield _text(left + 12, 18, meaning, "quiet")


def _grid(scale: Scale, bottom: int) -> Iterator[str]:
    for power in range(scale.first, scale.last + 1):
        across, kind = scale.at(10**power), "line" if power else "bar"
        yield f'<path class="{kind}" d="M{across:g} {_TOP - 18}V{bottom}"/>'
        yield _text(across, _TOP - 24, f"{10.0**power:g}x", "quiet", "middle")


def _row(row: Row, scale: Scale, top: int) -> Iterator[str]:
    middle = top + _MARK
    yield _text(_LABELS - 12, middle + 4, row.title.partition(" (")[0], "", "end")
    if row.of_peer is not None:
        yield _mark("peer", scale.at(row.of_peer), middle, f"{times(row.of_peer)} of {row.peer}")
        yield _text(_LABELS + _SCALE + _MARGIN, middle + 4, row.peer, "quiet")
    if row.used is not None:
        kind = "misses" if row.holds is False else "holds"
        yield _mark(kind, scale.at(row.used), middle, f"{times(max(row.used, 0))} of the bar")


def _mark(kind: str, across: float, down: float, title: str = "") -> str:
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<path class="{kind}" d="{_outline(kind, across, down)}">{told}</path>'


def _outline(kind: str, across: float, down: float) -> str:
    """Return the path of a mark around a point: a square, a cross, a diamond."""
    side = 2 * _MARK
    if kind == "misses":
        return f"M{across - _MARK:g} {down - _MARK:g}l{side:g} {side:g}m0 -{side:g}l-{side:g} {side:g}"
    if kind == "peer":
        reach = _MARK + 1.5
        return f"M{across:g} {down - reach:g}l{reach:g} {reach:g}l-{reach:g} {reach:g}l-{reach:g} -{reach:g}z"
    return f"M{across - _MARK:g} {down - _MARK:g}h{side:g}v{side:g}h-{side:g}z"


def _text(left: float, top: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{left:g}" y="{top:g}" text-anchor="{anchor}"{named}>{escape(text)}</text>'
