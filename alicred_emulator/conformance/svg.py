"""The comparison as a picture: a square for each story and subject, in groups.

The rule kept here: it is read on light and on dark ground, and by who cannot tell its colours apart: the
verdicts differ in shape as well.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from alicred_emulator.conformance.results import REQUESTS, VERDICTS, Told, grouped, shade_of
from alicred_emulator.scenarios.outcome import FAILED, PASSED, SKIPPED, Outcome

_SIDE: Final = 9
_STEP: Final = 12
_ACROSS: Final = 16
_LABELS: Final = 240
_GUTTER: Final = 22
_COLUMN: Final = _ACROSS * _STEP + _GUTTER
_TOP: Final = 64
_GAP: Final = 12
_BASELINE: Final = 8
_LEGEND: Final = 30
_LEGEND_STEP: Final = 190

_STYLE: Final = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.subject { font-weight: 600 }
.count { fill: #57606a }
.passed { fill: #1a7f64 }
.failed { stroke: #d1242f; stroke-width: 2.4; fill: none }
.requests { fill: #bf8700 }
.skipped { fill: none; stroke: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .count { fill: #9198a1 }
  .passed { fill: #3fb68b }
  .failed { stroke: #ff7b72 }
  .requests { fill: #e3b341 }
  .skipped { stroke: #6e7681 }
}
"""

_MEANINGS: Final = {
    PASSED: "passed",
    FAILED: "failed",
    REQUESTS: "failed by requests alone",
    SKIPPED: "left out",
}


def picture(told: Sequence[Told]) -> str:
    """Draw the picture.

    Args:
        told: What came of the stories, by subject.

    Returns:
        SVG.
    """
    body = [*_heads(told), *_legend()]
    top = _TOP
    for group, stories in grouped(one.story for one in told[0].outcomes) if told else ():
        names = {story.name for story in stories}
        body.append(_text(0, top + _BASELINE, group))
        for place, each in enumerate(told):
            left = _LABELS + place * _COLUMN
            body += _squares([one for one in each.outcomes if one.story.name in names], left, top)
        top += -(-len(stories) // _ACROSS) * _STEP + _GAP
    width = max(_LABELS + len(told) * _COLUMN, len(VERDICTS) * _LEGEND_STEP)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" role="img">',
            "<title>Each story and each subject as a square</title>",
            f"<style>\n{_STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def _heads(told: Sequence[Told]) -> Iterator[str]:
    for place, each in enumerate(told):
        left = _LABELS + place * _COLUMN
        counts = each.counted()
        of_all = f"{counts[PASSED]} of {sum(counts.values()) - counts[SKIPPED]} passed"
        yield _text(left, _LEGEND + 10, each.subject, "subject")
        yield _text(left, _LEGEND + 26, of_all, "count")


def _legend() -> Iterator[str]:
    for place, verdict in enumerate(VERDICTS):
        left = place * _LEGEND_STEP
        yield _mark(verdict, left, 2)
        yield _text(left + _SIDE + 6, 2 + _BASELINE + 1, _MEANINGS[verdict], "count")


def _squares(outcomes: Sequence[Outcome], left: int, top: int) -> Iterator[str]:
    for place, outcome in enumerate(outcomes):
        down, across = divmod(place, _ACROSS)
        title = f"{outcome.story.name}: {outcome.verdict}"
        yield _mark(shade_of(outcome), left + across * _STEP, top + down * _STEP, title)


def _mark(shade: str, left: int, top: int, title: str = "") -> str:
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<path class="{shade}" d="{_outline(shade, left, top)}">{told}</path>'


def _outline(shade: str, left: int, top: int) -> str:
    """Return the path of a verdict's mark: a square, a cross, a triangle, an empty square."""
    if shade == FAILED:
        return f"M{left + 1} {top + 1}l7 7m0 -7l-7 7"
    if shade == REQUESTS:
        return f"M{left} {top + _SIDE}h{_SIDE}l-4.5 -{_SIDE}z"
    inset = 0.5 if shade == SKIPPED else 0
    side = _SIDE - 2 * inset
    return f"M{left + inset} {top + inset}h{side:g}v{side:g}h-{side:g}z"


def _text(left: int, top: int, text: str, kind: str = "group") -> str:
    return f'<text x="{left}" y="{top}" class={quoteattr(kind)}>{escape(text)}</text>'
