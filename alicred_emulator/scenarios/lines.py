"""On which line of a TOML file a key stands, which the parser does not tell.

The rule kept here: the text has been parsed already, so it is well-formed; what is looked for are headers and
the beginnings of entries, and a key inside an inline table is found where its table begins.
"""

import re
from collections.abc import Mapping
from typing import Final

Path = tuple[str | int, ...]

_LITERAL: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""|' + r"'''.*?'''|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|#[^\n]*", re.DOTALL
)
_NAME: Final = r'(?:[A-Za-z0-9_-]+|"[^"\n]*"|\'[^\'\n]*\')'
_DOTTED: Final = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_HEADER: Final = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]\]?[ \t]*(?:#.*)?")
_ENTRY: Final = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")


def lines_of(text: str) -> Mapping[Path, int]:
    """Return the line, from 1 on, of every header and entry of a document.

    Args:
        text: The document.

    Returns:
        By path; the elements of an array of tables are counted from 0.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, (line, bare) in enumerate(zip(text.split("\n"), _without_values(text), strict=True), 1):
        header = _HEADER.fullmatch(line) if bare.lstrip().startswith("[") else None
        entry = _ENTRY.match(line) if "=" in bare else None
        if header is not None:
            table = _table(header[1] == "[[", _names(header[2]), counts)
            for end in range(1, len(table) + 1):
                found.setdefault(table[:end], number)
        elif entry is not None:
            for end in range(1, len(names := _names(entry[1])) + 1):
                found.setdefault((*table, *names[:end]), number)
    return found


def _without_values(text: str) -> list[str]:
    """Return the lines with strings and comments blotted out, so that nothing in them looks like a key."""
    blotted = _LITERAL.sub(lambda match: re.sub(r"[^\n]", "~", match[0]), text)
    return blotted.split("\n")


def _names(dotted: str) -> list[str]:
    return [name.strip("\"'") for name in re.findall(_NAME, dotted)]


def _table(begins: bool, names: list[str], counts: dict[Path, int]) -> Path:  # noqa: FBT001 - of an element
    path: Path = ()
    for position, name in enumerate(names):
        path = (*path, name)
        last = position == len(names) - 1
        if last and begins:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Return the line of a path, or of what it stands in; None for the document itself."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None
