"""Files of profiles, as other tools write them: found, read whole, and noticed when they change.

Rule of this module: an error names the file and what is the matter with it, and shows nothing of its content.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from alicred import log
from alicred.exceptions import ConfigurationError
from alicred.profiles import shown

__all__ = ["Content", "ProfileFile", "Stamp", "forget_warnings"]

_LARGEST_BYTES = 1024 * 1024
_READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
# Under these names stand secrets, in a file of either kind.
_SECRETS = (
    b"access_key_secret",
    b"sts_token",
    b"security_token",
    b"private_key",
    b"bearer_token",
    b"access_token",
    b"refresh_token",
)
_NONBLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_warned_of: set[str] = set()


def forget_warnings() -> None:
    """Warn of each file's permissions once more."""
    _warned_of.clear()


class Stamp(NamedTuple):
    """What tells one state of a file from the next, without reading it."""

    modified_ns: int
    size: int
    inode: int


class Content(NamedTuple):
    """What a file holds, and which state of it that is."""

    data: bytes
    stamp: Stamp

    def __repr__(self) -> str:
        return f"Content(stamp={self.stamp!r})"


class ProfileFile:
    """One file of profiles."""

    __slots__ = ("_named_by", "_place", "path")

    def __init__(self, path: str, *, place: str, named_by: str | None = None) -> None:
        """Name a file.

        Args:
            path: Where it is.
            place: The element of the default chain that its errors are told under.
            named_by: The variable that says so, if one does: then it has to be there.
        """
        self.path: str = path
        self._place = place
        self._named_by = named_by

    def __str__(self) -> str:
        return shown(self.path, longest=None)

    def stamp(self) -> Stamp | None:
        """Return the state that the file is in, None where there is no such file, or no telling."""
        try:
            return _stamp_of(os.stat(self.path))  # noqa: PTH116 - pathlib is not loaded for this
        except (OSError, ValueError):
            return None

    def read(self) -> Content | str:
        """Return what the file holds, or why that is nothing where nobody has named the file.

        Raises:
            ConfigurationError: It cannot be read, or is no file.
        """
        try:
            status, data = _first_bytes(self.path)
        except (OSError, ValueError) as failure:
            problem = _said_of(failure)
            # A directory that nobody may look into, as root's is to others, may as well be empty.
            if self._named_by is None and self.stamp() is None:
                return f"{self} {problem}."
        else:
            problem = _objection(status, data)
            if not problem:
                self._warn_of_readers(status, data)
                return Content(data, _stamp_of(status))
        remedy = "Correct that, or name another file."
        if self._named_by is not None:
            remedy = f"{self._named_by} names it: correct or unset that."
        # Raised out here so that no chained exception tells more.
        raise self.error(f"{problem}.", remedy)

    def error(self, problem: str, remedy: str) -> ConfigurationError:
        """Return the error for this file.

        Args:
            problem: What is wrong, the end of a sentence that begins with the file's path.
            remedy: What to do about it, one sentence.
        """
        return ConfigurationError(f"{self} {problem}", remedy=remedy, provider=self._place)

    def _warn_of_readers(self, status: os.stat_result, data: bytes) -> None:
        if os.name != "posix" or not status.st_mode & _READABLE_BY_OTHERS or self.path in _warned_of:
            return
        if any(name in data for name in _SECRETS):
            _warned_of.add(self.path)
            log.warning("%s: %s holds a secret, and others may read it: chmod 600 it.", self._place, self)


def _first_bytes(path: str) -> tuple[os.stat_result, bytes]:
    # A pipe would be waited for, and a device may have no end.
    descriptor = os.open(path, os.O_RDONLY | _NONBLOCKING)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return status, b""
        with open(descriptor, "rb", closefd=False) as file:
            return status, file.read(_LARGEST_BYTES + 1)
    finally:
        os.close(descriptor)


def _said_of(failure: OSError | ValueError) -> str:
    if isinstance(failure, (FileNotFoundError, NotADirectoryError)):
        return "does not exist"
    return "may not be read by this process" if isinstance(failure, PermissionError) else "cannot be read"


def _objection(status: os.stat_result, data: bytes) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if len(data) > _LARGEST_BYTES:
        return f"is larger than {_LARGEST_BYTES // 1024} KiB"
    return ""


def _stamp_of(status: os.stat_result) -> Stamp:
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)
