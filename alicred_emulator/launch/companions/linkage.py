"""Whether a program asks the C library what time it is, where a preloaded one can answer in its place.

The rule kept here: what is read is the program's file alone. What it will start is not known, so a program
that keeps the machine's time may start others that do not.
"""

import os
import shutil
import stat
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_SCRIPT: Final = b"#!"
_MOST_INTERPRETERS: Final = 5
_LONGEST_LINE: Final = 4096
_ENV: Final = "env"

_MAGIC: Final = b"\x7fELF"
_ORDERS: Final = {b"\1": "<", b"\2": ">"}
_IS_64_BIT: Final = 2
_INTERPRETER: Final = 3
_NOTE: Final = 4
_GO: Final = b"Go\0\0"
_LONGEST_CONTENT: Final = 65536


class Program(NamedTuple):
    """What a program's file says.

    Attributes:
        path: The file; of a script, that of its interpreter.
        why_not: Why a preloaded library does not reach it; None if one should.
        may_preload: Whether it runs at all with one.
    """

    path: Path
    why_not: str | None = None
    may_preload: bool = True


class _Segment(NamedTuple):
    kind: int
    offset: int
    size: int


def looked_at(command: Sequence[str], search_path: str | None) -> Program:
    """Look at the program that a command line starts.

    Args:
        command: The program and its arguments; there is such a program.
        search_path: What `PATH` will say.
    """
    path = _executed(list(command), search_path)
    try:
        with path.open("rb") as file:
            why_not, may_preload = _why_not(file)
        return Program(path, why_not or _why_not_by_rights(path), may_preload)
    except (OSError, OverflowError, struct.error):
        # It may be executed and not read, or be broken: then it is not known.
        return Program(path)


def _executed(command: list[str], search_path: str | None) -> Path:
    path = _found(command[0], search_path)
    for _ in range(_MOST_INTERPRETERS):
        interpreter = _interpreter(path)
        if interpreter:
            command = [*interpreter, str(path), *command[1:]]
        elif path.name == _ENV:
            command = [word for word in command[1:] if not word.startswith("-") and "=" not in word]
        else:
            break
        if command:
            path = _found(command[0], search_path)
    return path.resolve()


def _found(name: str, search_path: str | None) -> Path:
    return Path(shutil.which(name, path=search_path) or name)


def _interpreter(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST_LINE)
    except OSError:
        return []
    return os.fsdecode(line[len(_SCRIPT) :]).split() if line.startswith(_SCRIPT) else []


def _why_not(file: BinaryIO) -> tuple[str | None, bool]:
    segments = list(_segments(file))
    interpreter, notes = (
        b"".join(_content(file, segment) for segment in segments if segment.kind == kind)
        for kind in (_INTERPRETER, _NOTE)
    )
    if _GO in notes:
        return "is a Go program, which asks no library", True
    if segments and not interpreter:
        return "is statically linked", True
    if b"musl" in interpreter:
        return "is linked with musl", False
    return None, True


def _why_not_by_rights(path: Path) -> str | None:
    found = path.stat()
    others = found.st_mode & (stat.S_ISUID | stat.S_ISGID) and found.st_uid != os.geteuid()
    return "runs with another user's rights" if others else None


def _segments(file: BinaryIO) -> Iterator[_Segment]:
    start = file.read(64)
    if not start.startswith(_MAGIC) or start[5:6] not in _ORDERS:
        return
    order, wide = _ORDERS[start[5:6]], start[4] == _IS_64_BIT
    table, size, count = (
        *struct.unpack_from(order + ("Q" if wide else "I"), start, 32 if wide else 28),
        *struct.unpack_from(order + "HH", start, 54 if wide else 42),
    )
    file.seek(table)
    for entry in struct.iter_unpack(f"{size}s", file.read(size * count)):
        if wide:
            kind, offset, length = struct.unpack_from(order + "I4xQ16xQ", entry[0])
        else:
            kind, offset, length = struct.unpack_from(order + "II8xI", entry[0])
        yield _Segment(kind, offset, length)


def _content(file: BinaryIO, segment: _Segment) -> bytes:
    file.seek(segment.offset)
    return file.read(min(segment.size, _LONGEST_CONTENT))
