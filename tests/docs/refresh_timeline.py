"""Draws docs/refreshing.svg of what alicred does on an emulated instance; run it to draw the picture anew.

Rule: nothing is drawn that did not happen: each lane is one life of `refresh_lives`. It is read on light and
on dark ground, and by who cannot tell its colours apart: the states differ in shape as well.
"""

from collections.abc import Iterator
from datetime import timedelta
from xml.sax.saxutils import escape

from tests.docs.blocks import ROOT
from tests.docs.refresh_lives import HOUR, LIVES, MINUTE, Life, lived

PICTURE = ROOT / "docs" / "refreshing.svg"
MARGIN, WIDTH = 40, 880
TOP, LANE, BAR, ROWS = 96, 170, 16, 2
LEGEND = (
    ("fresh", "served without a question"),
    ("due", "due, and served if a refresh fails"),
    ("expired", "an error for every reader"),
    ("given", "a new credential"),
    ("refused", "a failed attempt"),
)
SHAPES = {"fresh": (0, BAR), "due": (BAR // 4, BAR // 2), "expired": (1, BAR - 2)}
"""How far below the top of its lane's row a bar begins, and how high it is."""
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.note { fill: #57606a }
.fresh { fill: #1a7f64 }
.due { fill: #bf8700 }
.expired { fill: none; stroke: #d1242f; stroke-width: 2 }
.given { stroke: #24292f; stroke-width: 1.6 }
.refused { stroke: #d1242f; stroke-width: 1.6 }
.outage { fill: none; stroke: #57606a; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .fresh { fill: #3fb68b }
  .due { fill: #e3b341 }
  .expired { stroke: #ff7b72 }
  .given { stroke: #e6edf3 }
  .refused { stroke: #ff7b72 }
  .outage { stroke: #9198a1 }
}
"""


def picture() -> str:
    """Return the picture as it should be."""
    lanes = "".join("\n".join(_lane(life, TOP + LANE * number)) + "\n" for number, life in enumerate(LIVES))
    size = f"{WIDTH + 2 * MARGIN} {TOP + LANE * len(LIVES) - 30}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">\n'
        "<title>When a credential is refreshed</title>\n"
        "<desc>Three lives of a client. A bar is a credential, from its fetch to its end; ticks above are\n"
        "fetches, ticks below are attempts that failed.</desc>\n"
        f"<style>\n{STYLE}</style>\n{_legend()}{lanes}</svg>\n"
    )


def _legend() -> str:
    parts: list[str] = []
    for number, (kind, text) in enumerate(LEGEND):
        x, y = MARGIN + 260 * (number % 3), 16 + 24 * (number // 3)
        sign = _bar(kind, x, x + 14, y) if kind in SHAPES else f'<path class="{kind}" d="M{x + 7} {y}v14"/>'
        parts.append(f'{sign}<text x="{x + 22}" y="{y + 12}">{text}</text>\n')
    return "".join(parts)


def _lane(life: Life, top: int) -> Iterator[str]:
    seen, bars = lived(life), top + 38
    under = bars + ROWS * (BAR + 4)

    def x(moment: timedelta) -> float:
        return round(MARGIN + WIDTH * min(max((moment - life.start) / life.length, 0), 1), 1)

    yield f'<text class="title" x="{MARGIN}" y="{top}">{escape(life.title)}</text>'
    if life.threads > 1:
        told = f"{life.threads} threads, {seen.reads} reads, {seen.fetches} requests"
        yield f'<text class="note" x="{MARGIN + WIDTH}" y="{top}" text-anchor="end">{told}</text>'
    for number, (fetched, due, end) in enumerate(seen.given):
        y = bars + (BAR + 4) * (number % ROWS)
        yield _bar("fresh", x(fetched), x(due), y)
        if x(due) < MARGIN + WIDTH:
            yield _bar("due", x(due), x(end), y)
        if fetched >= life.start:
            yield f'<path class="given" d="M{x(fetched)} {bars - 16}v12"/>'
    if seen.errors:
        yield _bar("expired", x(seen.errors[0]), x(seen.errors[-1] + life.step), bars)
    yield from (f'<path class="refused" d="M{x(moment)} {under + 2}v12"/>' for moment in seen.refused)
    if life.outage:
        left, right = map(x, life.outage)
        size = f'width="{right - left:.1f}" height="{under - bars + 26}"'
        yield f'<rect class="outage" x="{left}" y="{bars - 6}" {size}/>'
        yield f'<text class="note" x="{left}" y="{bars - 10}">the metadata service is down</text>'
    yield from _axis(life, x(life.start), under + 36)


def _bar(kind: str, left: float, right: float, y: int) -> str:
    below, height = SHAPES[kind]
    return f'<rect class="{kind}" x="{left}" y="{y + below}" width="{right - left:.1f}" height="{height}"/>'


def _axis(life: Life, left: float, y: int) -> Iterator[str]:
    name, scale = ("h", HOUR) if life.unit >= HOUR else ("min", MINUTE)
    for number in range(life.length // life.unit + 1):
        mark = left + WIDTH * (number * life.unit / life.length)
        text = f"{(life.start + number * life.unit) / scale:g} {name}"
        yield f'<text class="note" x="{mark:.1f}" y="{y}" text-anchor="middle">{text}</text>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
