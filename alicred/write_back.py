"""Writing a profile of ``config.json`` back: what was renewed, and nothing else.

Rules of this module: whoever reads the file sees the old one or the new one, never a part; of two processes
that write, neither undoes what the other wrote; whatever this module does not know stays as it is, in its
order. A file that cannot be written is told of once and is no error, since the credential is good without.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, cast

from alicred import log
from alicred.file_lock import LockedError, in_turn, locked
from alicred.profiles import Fields, Profile

__all__ = ["NotWrittenError", "StoredProfile", "update_profile"]

_BOM = "\ufeff"
_USUAL_INDENT = " " * 4
_INDENT = re.compile(r'\n([ \t]+)"')


class NotWrittenError(Exception):
    """A file cannot be written, or holds something else.

    Attributes:
        what: What is the matter, the end of a sentence that begins with the file.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class StoredProfile:
    """A profile where it is kept, for a provider that renews it."""

    __slots__ = ("_profile", "_told")

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._told = False

    def read(self) -> Profile | None:
        """Return what the file says of the profile now, None where that cannot be told."""
        try:
            text = _text_of(Path(self._profile.file))
            return self._profile.replaced(fields=_fields_of(_parsed(text), self._profile.name))
        except (NotWrittenError, OSError):
            return None

    def update(
        self, changes: Mapping[str, object], *, provided: Mapping[str, object] | None = None
    ) -> Profile | None:
        """Write fields, and return what the file then says; None where they could not be written.

        The arguments are those of `update_profile`.
        """
        try:
            fields = update_profile(self._profile.file, self._profile.name, changes, provided=provided)
        except NotWrittenError as failure:
            self._tell(failure.what)
            return None
        self._told = False
        return self._profile.replaced(fields=fields)

    def in_turn(self) -> AbstractContextManager[None]:
        """Renew what others renew as well, after them: what they have written is there then."""
        return in_turn(Path(os.path.realpath(self._profile.file)))

    def _tell(self, what: str) -> None:
        if not self._told:
            self._told = True
            log.warning(
                "%s cannot be written back: the file %s What was renewed is known to this process alone: "
                "mend that before it ends.",
                self._profile.where,
                what,
            )


def update_profile(
    file: str, name: str, changes: Mapping[str, object], *, provided: Mapping[str, object] | None = None
) -> Fields:
    """Change fields of one profile, and return all that it says afterwards.

    Args:
        file: The path of the file.
        name: The profile's name.
        changes: The new values by field; a field whose value is None is taken out.
        provided: What must still be in the file; otherwise it is left alone, since
            somebody else has been there.

    Raises:
        NotWrittenError: It cannot be written.
    """
    # A link stays a link.
    path = Path(os.path.realpath(file))
    try:
        with locked(path):
            text = _text_of(path)
            document = _parsed(text)
            fields = _fields_of(document, name)
            before = Fields(fields)
            if all(fields.get(field) == value for field, value in (provided or {}).items()):
                _change(fields, changes)
            if fields != before:
                _replace(path, _written_like(text, document))
            return fields
    except LockedError:
        what = "is locked by another process."
    except FileNotFoundError:
        what = "does not exist any more."
    except PermissionError:
        what = "may not be written by this process."
    except OSError:
        what = "cannot be written."
    # Raised out here, since a system's error repeats the path of the temporary file.
    raise NotWrittenError(what)


def _change(fields: Fields, changes: Mapping[str, object]) -> None:
    for field, value in changes.items():
        if value is None:
            fields.pop(field, None)
        else:
            fields[field] = value


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise NotWrittenError("is not UTF-8.") from None


def _parsed(text: str) -> Fields:
    try:
        document: Any = json.loads(text.removeprefix(_BOM), object_pairs_hook=Fields)
    except (ValueError, RecursionError):
        raise NotWrittenError("does not hold JSON.") from None
    if not isinstance(document, Fields):
        raise NotWrittenError("does not hold a JSON object.")
    return document


def _fields_of(document: Fields, name: str) -> Fields:
    profiles = document.get("profiles")
    for profile in cast("list[object]", profiles) if isinstance(profiles, list) else []:
        if isinstance(profile, Fields) and profile.get("name") == name:
            return profile
    raise NotWrittenError("does not hold the profile any more.")


def _written_like(text: str, document: Fields) -> bytes:
    """Return a document in the layout that its file has: the indent, the mark before it, the line behind."""
    found = _INDENT.search(text)
    indent = found[1] if found else _USUAL_INDENT
    try:
        body = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
        before = _BOM if text.startswith(_BOM) else ""
        return (before + body + text[len(text.rstrip()) :]).encode("utf-8")
    except (ValueError, RecursionError):
        raise NotWrittenError("holds a text or a number that cannot be written again as it is.") from None


def _replace(path: Path, content: bytes) -> None:
    # mkstemp makes a file that nobody else may read.
    descriptor, temporary = mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".tmp")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            _keep_owner_and_mode(descriptor, path)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _keep_owner_and_mode(descriptor: int, path: Path) -> None:
    if sys.platform != "win32":
        status = path.stat()
        with suppress(PermissionError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, status.st_mode & 0o777)
