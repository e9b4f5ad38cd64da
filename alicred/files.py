"""Small files that hold a secret: read whole when it is needed, and not kept.

Rule of this module: an error names the parameter that names the file, and shows neither path nor content.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alicred.exceptions import ConfigurationError

__all__ = ["SecretFile", "SecretText", "UnusableFileError"]

_LARGEST_BYTES = 64 * 1024

T = TypeVar("T")


class UnusableFileError(Exception):
    """A file cannot be read, or holds something else.

    Attributes:
        what: What is the matter, the end of a sentence that begins with the name of the file's parameter.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class SecretFile:
    """A file that somebody else writes."""

    __slots__ = ("_label", "_path", "_provider", "_remedy")

    def __init__(self, path: str, *, label: str, remedy: str, provider: str) -> None:
        self._path = Path(path)
        self._label = label
        self._remedy = remedy
        self._provider = provider

    def read(self, parse: Callable[[bytes], T]) -> T:
        """Return what the file holds now.

        Args:
            parse: Makes of the bytes what is wanted; raises an `UnusableFileError` where that cannot be done.

        Raises:
            ConfigurationError: It cannot be read, or does not hold what is wanted.
        """
        try:
            return parse(_content(self._path))
        except UnusableFileError as unusable:
            what = unusable.what
        # Raised out here so that no chained exception tells more.
        raise ConfigurationError(f"{self._label} {what}", remedy=self._remedy, provider=self._provider)


class SecretText:
    """What would be a file's content, and is at hand."""

    __slots__ = ("_content", "_unusable")

    def __init__(self, content: str, *, unusable: ConfigurationError) -> None:
        """Keep a text.

        Args:
            content: The text.
            unusable: What to raise where it does not hold what is wanted.
        """
        self._content = content
        self._unusable = unusable

    def read(self, parse: Callable[[bytes], T]) -> T:
        """Do the same as `SecretFile.read`.

        Raises:
            ConfigurationError: It does not hold what is wanted.
        """
        try:
            return parse(self._content.encode())
        except (UnusableFileError, UnicodeEncodeError):
            pass
        # Raised out here so that no chained exception tells more.
        raise self._unusable.copy()


def _content(path: Path) -> bytes:
    try:
        # A pipe would be waited for, and a device may have no end.
        is_file = stat.S_ISREG(path.stat().st_mode)
        content = _first_bytes(path) if is_file else b""
    except FileNotFoundError:
        raise UnusableFileError("names a file that does not exist.") from None
    except PermissionError:
        raise UnusableFileError("names a file that this process may not read.") from None
    except (OSError, ValueError):
        raise UnusableFileError("names a file that cannot be read.") from None
    if not is_file:
        raise UnusableFileError("names something that is not a file.")
    if len(content) > _LARGEST_BYTES:
        raise UnusableFileError(f"names a file of more than {_LARGEST_BYTES // 1024} KiB.")
    return content


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_BYTES + 1)
