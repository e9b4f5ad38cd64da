"""Draws docs/refreshing.svg of what alicred does on an emulated instance; run it to draw the picture anew.

Rule: nothing is drawn that did not happen. Each lane is one life of a client, which is read at every step of
a standing clock: what it was given, what it asked for in vain, when a reader got an error.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from unittest import mock
from xml.sax.saxutils import escape

from alicred import Client, Config, CredentialException, testing
from alicred_emulator import Emulator
from tests.docs.blocks import ROOT

PICTURE = ROOT / "docs" / "refreshing.svg"
SEED = 8
MARGIN, WIDTH = 40, 880
TOP, LANE, BAR, ROWS = 96, 170, 16, 2
LEGEND = (
    ("fresh", "served without a question"),
    ("due", "due, and served if a refresh fails"),
    ("expired", "an error for every reader"),
    ("given", "a new credential"),
    ("refused", "a failed attempt"),
)
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.note { fill: #57606a }
.fresh { fill: #1a7f64 }
.due { fill: #bf8700 }
.expired { fill: #d1242f }
.given { stroke: #24292f; stroke-width: 1.6 }
.refused { stroke: #d1242f; stroke-width: 1.6 }
.outage { fill: none; stroke: #57606a; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .fresh { fill: #3fb68b }
  .due { fill: #e3b341 }
  .expired { fill: #ff7b72 }
  .given { stroke: #e6edf3 }
  .refused { stroke: #ff7b72 }
  .outage { stroke: #9198a1 }
}
"""


class Life(NamedTuple):
    """A lane: a client of an instance.

    Attributes:
        title: What it shows.
        lifetime: How long a credential of the instance lasts.
        start: Where the lane begins, after the first fetch.
        length: How long it is.
        step: How often the client is read.
        outage: When the metadata service is down, from and to; None where it never is.
        unit: How far apart the marks of the axis are.
    """

    title: str
    lifetime: timedelta
    start: timedelta
    length: timedelta
    step: timedelta
    outage: tuple[timedelta, timedelta] | None
    unit: timedelta


@dataclass
class Lived:
    """What happened, each moment as the time since the first fetch.

    Attributes:
        given: When each credential was fetched, is due, and ends.
        refused: When an attempt failed.
        errors: When a reader got an error.
    """

    given: list[tuple[timedelta, timedelta, timedelta]] = field(default_factory=list)
    refused: list[timedelta] = field(default_factory=list)
    errors: list[timedelta] = field(default_factory=list)


HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LIVES = (
    Life(
        title="An instance's credential, 6 h: the next one is fetched 15 minutes before its end",
        lifetime=6 * HOUR,
        start=timedelta(0),
        length=18 * HOUR,
        step=MINUTE,
        outage=None,
        unit=HOUR,
    ),
    Life(
        title="An outage: attempts 1 s to 60 s apart; the credential is served to its end, and not longer",
        lifetime=HOUR,
        start=40 * MINUTE,
        length=30 * MINUTE,
        step=SECOND,
        outage=(43 * MINUTE, 65 * MINUTE),
        unit=5 * MINUTE,
    ),
)


def lived(life: Life) -> Lived:
    """Live it: read the client at every step, and tell what happened."""
    with Emulator() as emulator, mock.patch.dict(os.environ, emulator.env()):
        emulator.clock.freeze()
        emulator.clock.move_to("2026-01-01T00:00:00Z")
        emulator.instance.credential_lifetime = life.lifetime
        testing.use_clock(emulator.clock.client_time)
        testing.seed(SEED)
        try:
            with Client(Config(type="ecs_ram_role")) as client:
                return _read_through(life, emulator, client)
        finally:
            testing.reset()


def _read_through(life: Life, emulator: Emulator, client: Client) -> Lived:
    begin, outages, seen = emulator.clock.now(), list(life.outage or ()), Lived()
    while (at := emulator.clock.now() - begin) <= life.start + life.length:
        if outages and at >= outages[0]:
            del outages[0]
            _ = emulator.faults.add("imds_down") if outages else emulator.faults.clear()
        asked_before, held_before = len(emulator.imds.journal), client.status().expiration
        try:
            client.get_credential()
        except CredentialException:
            seen.errors.append(at)
        status = client.status()
        if status.expiration != held_before:
            seen.given.append((at, _since(status.refresh_at, begin), _since(status.expiration, begin)))
        elif len(emulator.imds.journal) > asked_before:
            seen.refused.append(at)
        emulator.clock.shift(life.step)
    return seen


def _since(moment: datetime | None, begin: datetime) -> timedelta:
    assert moment is not None
    return moment - begin


def picture() -> str:
    """Return the picture as it should be."""
    lanes = "".join("\n".join(_lane(life, TOP + LANE * number)) + "\n" for number, life in enumerate(LIVES))
    size = f"{WIDTH + 2 * MARGIN} {TOP + LANE * len(LIVES) - 30}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">\n'
        "<title>When a credential is refreshed</title>\n"
        "<desc>Two lives of a client on an instance. A bar is a credential, from its fetch to its end;\n"
        "ticks above are fetches, ticks below are attempts that failed.</desc>\n"
        f"<style>\n{STYLE}</style>\n{_legend()}{lanes}</svg>\n"
    )


def _legend() -> str:
    parts = []
    for number, (kind, text) in enumerate(LEGEND):
        x, y = MARGIN + 260 * (number % 3), 16 + 24 * (number // 3)
        sign = f'rect class="{kind}" x="{x}" y="{y}" width="14" height="14"'
        if kind in {"given", "refused"}:
            sign = f'path class="{kind}" d="M{x + 7} {y}v14"'
        parts.append(f'<{sign}/><text x="{x + 22}" y="{y + 12}">{text}</text>\n')
    return "".join(parts)


def _lane(life: Life, top: int) -> Iterator[str]:
    seen, bars = lived(life), top + 38
    under = bars + ROWS * (BAR + 4)

    def x(moment: timedelta) -> float:
        return round(MARGIN + WIDTH * min(max((moment - life.start) / life.length, 0), 1), 1)

    def bar(kind: str, begin: timedelta, end: timedelta, y: int) -> str:
        return f'<rect class="{kind}" x="{x(begin)}" y="{y}" width="{x(end) - x(begin):.1f}" height="{BAR}"/>'

    yield f'<text class="title" x="{MARGIN}" y="{top}">{escape(life.title)}</text>'
    for number, (fetched, due, end) in enumerate(seen.given):
        y = bars + (BAR + 4) * (number % ROWS)
        yield bar("fresh", fetched, due, y)
        yield bar("due", due, end, y)
        if fetched >= life.start:
            yield f'<path class="given" d="M{x(fetched)} {bars - 16}v12"/>'
    if seen.errors:
        yield bar("expired", seen.errors[0], seen.errors[-1] + life.step, bars)
    yield from (f'<path class="refused" d="M{x(moment)} {under + 2}v12"/>' for moment in seen.refused)
    if life.outage:
        left, right = map(x, life.outage)
        size = f'width="{right - left:.1f}" height="{under - bars + 26}"'
        yield f'<rect class="outage" x="{left}" y="{bars - 6}" {size}/>'
        yield f'<text class="note" x="{left}" y="{bars - 10}">the metadata service is down</text>'
    yield from _axis(life, x(life.start), under + 36)


def _axis(life: Life, left: float, y: int) -> Iterator[str]:
    name, scale = ("h", HOUR) if life.unit >= HOUR else ("min", MINUTE)
    for number in range(life.length // life.unit + 1):
        mark = left + WIDTH * (number * life.unit / life.length)
        text = f"{(life.start + number * life.unit) / scale:g} {name}"
        yield f'<text class="note" x="{mark:.1f}" y="{y}" text-anchor="middle">{text}</text>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
