"""`credentials.ini`, the file of profiles that Alibaba's SDKs read: text in, profiles out.

The standard library's reader would take ``%`` for a reference and refuse the file, and Alibaba's SDK cuts
values at ``#``; both are what secrets consist of. Rule of this module: a value is all that stands behind the
first ``=`` or ``:`` of its line, without the white space around it; a comment has a line of its own, or
begins with a ``#`` behind white space.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from alicred.exceptions import ConfigurationError
from alicred.profile_files import ProfileFile
from alicred.profiles import Fields, Profile, shown

__all__ = ["PLACE", "parse"]

PLACE = "profile"
_COMMENTS = ("#", ";")
# No secret has white space in it, so this cuts none.
_COMMENT_BEHIND = re.compile(r"(?:^|\s)#")


class _Line(NamedTuple):
    file: ProfileFile
    number: int

    def error(self, what: str, remedy: str) -> ConfigurationError:
        return self.file.error(f"has a line, number {self.number}, {what}.", remedy)


def parse(data: bytes, file: ProfileFile) -> dict[str, Profile]:
    """Return the profiles of a file by the names of their sections.

    Raises:
        ConfigurationError: It is not an INI file.
    """
    sections: dict[str, Fields] = {}
    fields: Fields | None = None
    margin = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        text = _text(line, _Line(file, number), first=number == 1)
        if not text or text.startswith(_COMMENTS):
            continue
        former, margin = margin, len(line) - len(line.lstrip())
        if fields and margin > former:
            raise _Line(file, number).error(
                "that goes on with the value before it", "Write each value on one line."
            )
        if text.startswith("["):
            fields = _begin(_section(text, _Line(file, number)), sections, _Line(file, number))
        else:
            _add(text, fields, _Line(file, number))
    return {
        name: Profile(file=file.path, name=name, fields=found, place=PLACE)
        for name, found in sections.items()
    }


def _text(line: bytes, at: _Line, *, first: bool) -> str:
    try:
        return line.decode("utf-8-sig" if first else "utf-8").strip()
    except UnicodeDecodeError:
        pass
    raise at.error("that is not UTF-8", "Save the file as UTF-8.")


def _section(text: str, at: _Line) -> str:
    name, end, rest = text[1:].partition("]")
    if end and name.strip() and (not rest.strip() or rest.strip().startswith(_COMMENTS)):
        return name.strip()
    raise at.error("that is no section: [name]", "Correct it.")


def _begin(name: str, sections: dict[str, Fields], at: _Line) -> Fields:
    if name in sections:
        raise at.error(f"that begins section {shown(name)} once more", "Join the two, or remove one.")
    sections[name] = Fields()
    return sections[name]


def _add(text: str, fields: Fields | None, at: _Line) -> None:
    ends = [text.index(mark) for mark in "=:" if mark in text]
    key = text[: min(ends)].strip().lower() if ends else ""
    if not key:
        raise at.error("that is neither [section] nor key = value", "Correct it, or make it a comment.")
    if fields is None:
        raise at.error("that stands before the first section", "Begin with a section, such as [default].")
    if key in fields:
        raise at.error("whose key was there before in its section", "Remove one of them.")
    fields[key] = _COMMENT_BEHIND.split(text[min(ends) + 1 :], maxsplit=1)[0].strip()
