"""Rows as a table of plain text."""

import textwrap
from collections.abc import Sequence

from benchmarks.row import Row

_HEADINGS = ("what", "ours", "beside it", "ratio", "bar", "holds")
_WIDEST = (44, 26, 50, 18, 26, 6)
_VERDICTS = {True: "yes", False: "NO", None: ""}


def render(rows: Sequence[Row]) -> str:
    """Return the table; a cell that is too wide for its column goes on in the next line."""
    cells = [
        [_wrapped(cell, width) for cell, width in zip(_cells(row), _WIDEST, strict=True)] for row in rows
    ]
    cells.insert(0, [[heading] for heading in _HEADINGS])
    widths = [max(len(line) for row in cells for line in row[column]) for column in range(len(_HEADINGS))]
    rule = "-+-".join("-" * width for width in widths)
    return f"\n{rule}\n".join(_printed(row, widths) for row in cells)


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.ours, "\n".join(row.beside), row.ratio, row.bar, _VERDICTS[row.holds]


def _wrapped(cell: str, width: int) -> list[str]:
    return [part for line in cell.split("\n") for part in textwrap.wrap(line, width) or [""]]


def _printed(row: list[list[str]], widths: list[int]) -> str:
    height = max(len(lines) for lines in row)
    padded = [lines + [""] * (height - len(lines)) for lines in row]
    return "\n".join(
        " | ".join(lines[level].ljust(width) for lines, width in zip(padded, widths, strict=True)).rstrip()
        for level in range(height)
    )
