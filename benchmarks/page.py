"""Makes docs/performance.md and its picture of the record that is kept beside them; measures nothing."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.environment import ROOT
from benchmarks.plot import picture
from benchmarks.record import Record, read
from benchmarks.row import Row

RECORD = ROOT / "docs" / "performance.json"
PAGE = RECORD.with_suffix(".md")
PICTURE = RECORD.with_suffix(".svg")

_HEADINGS = ("what", "alicred", "beside it", "ratio", "bar", "holds")
_VERDICTS = {True: "yes", False: "**no**", None: ""}

_BEGIN, _END = "<!-- from performance.json: {} -->\n", "<!-- end of {} -->"


def page(text: str, record: Record) -> str:
    """Return the page with what is said of the run, and its table, made anew."""
    facts = [f"- {line}" for line in (*record.facts.lines(), f"{record.summary()}.")]
    for name, lines in (("the run", facts), ("the rows", _table(record))):
        head, begin, rest = text.partition(_BEGIN.format(name))
        _, end, tail = rest.partition(_END.format(name))
        text = head + begin + "\n" + "\n".join(lines) + "\n\n" + end + tail
    return text


def write(path: Path = RECORD) -> None:
    """Write page and picture of a record."""
    record = read(path)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8")
    PICTURE.write_text(picture(record.rows), encoding="utf-8")


def _table(record: Record) -> list[str]:
    heads = [_line(_HEADINGS), _line(["---"] * len(_HEADINGS))]
    return heads + [_line(_cells(row)) for row in record.rows]


def _cells(row: Row) -> list[str]:
    return [row.what, row.ours, "\n".join(row.beside), row.ratio, row.bar, _VERDICTS[row.holds]]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;').replace(chr(10), '<br>') for cell in cells)} |"


if __name__ == "__main__":
    write()
