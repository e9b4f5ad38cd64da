"""A table of a scenario file: values are taken out by key and type, and mistakes name their place.

The rule kept here: each table says what it may hold before anything is taken from it, so a misspelt key is an
error and never a default.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

from alicred_emulator.durations import duration
from alicred_emulator.scenarios.lines import Path, line_of, lines_of
from alicred_emulator.shipped import toml_module

_Value = TypeVar("_Value")

_REQUIRED: Final[Any] = object()


class ScenarioError(ValueError):
    """A scenario file has a mistake; the message names the file, the line, the key and what is allowed."""


class Document:
    """A file: its content and where in it what stands.

    Args:
        path: The file.

    Raises:
        ScenarioError: If it cannot be read, or is no TOML.
    """

    def __init__(self, path: FilePath) -> None:
        self._name = path.name
        try:
            self._text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise ScenarioError(f"{path} cannot be read: {reason}") from None
        toml = toml_module()
        try:
            self.content: Final[dict[str, Any]] = toml.loads(self._text)
        except toml.TOMLDecodeError as error:
            raise ScenarioError(f"{self._name} is no TOML: {error}") from None

    @cached_property
    def _lines(self) -> Mapping[Path, int]:
        return lines_of(self._text)

    def error(self, path: Path, problem: str) -> ScenarioError:
        """Return an error at a place."""
        line = line_of(path, self._lines)
        place = self._name if line is None else f"{self._name}:{line}"
        return ScenarioError(f"{place}: {problem}")


class Table:
    """A table of a document.

    Args:
        document: The document.
        path: Where in it the table stands.
        content: What it holds.
    """

    def __init__(self, document: Document, path: Path, content: Mapping[str, Any]) -> None:
        self._document = document
        self._path = path
        self.content: Final = content

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def only(self, allowed: Collection[str]) -> None:
        """Refuse every key but these."""
        for key in self.content:
            if key not in allowed:
                known = ", ".join(allowed) or "none"
                raise self.error(key, f"is not known; allowed: {known}")

    def error(self, key: str | None, problem: str) -> ScenarioError:
        """Return an error about a key, or about the table itself."""
        path = self._path if key is None else (*self._path, key)
        return self._document.error(path, f"{_told(path)} {problem}".lstrip())

    def get(self, key: str, default: Any = _REQUIRED) -> Any:
        """Return what stands under a key, whatever it is."""
        if key not in self.content and default is _REQUIRED:
            raise self.error(None, f"needs {key}")
        return self.content.get(key, default)

    def text(self, key: str, default: str | None = _REQUIRED) -> Any:
        """Return a text."""
        return self._of_type(key, default, str, "a text")

    def whole(self, key: str, default: int | None = _REQUIRED) -> Any:
        """Return a whole number of at least 0."""
        number = self._of_type(key, default, int, "a whole number")
        if key in self.content and number < 0:
            raise self.error(key, f"is at least 0, not {number}")
        return number

    def flag(self, key: str, default: bool | None = _REQUIRED) -> Any:  # noqa: FBT001 - as of any type
        """Return true or false."""
        return self._of_type(key, default, bool, "true or false")

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Return one of some texts."""
        value: str = self.text(key)
        if value not in allowed:
            raise self.error(key, f"is one of {', '.join(allowed)}, not {value!r}")
        return value

    def duration(self, key: str) -> timedelta:
        """Return a duration."""
        return self.made(key, duration, self.text(key))

    def made(self, key: str, make: Callable[..., _Value], *arguments: Any) -> _Value:
        """Return what is made of a value; what its maker says against it becomes an error about the key."""
        try:
            return make(*arguments)
        except (TypeError, ValueError) as error:
            raise self.error(key, f"cannot be: {error}") from None

    def table(self, key: str) -> Table:
        """Return a table under a key, empty if there is none."""
        content = self._of_type(key, {}, dict, "a table")
        return Table(self._document, (*self._path, key), content)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of an array."""
        found = self._of_type(key, [], list, "an array of tables")
        for position, content in enumerate(found):
            if not isinstance(content, dict):
                raise self._document.error(
                    (*self._path, key), f"{key}[{position + 1}] is a table, not {content!r}"
                )
        return [Table(self._document, (*self._path, key, at), content) for at, content in enumerate(found)]

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        found = self._of_type(key, [], list, "a list of texts")
        if not all(isinstance(item, str) for item in found):
            raise self.error(key, f"is a list of texts, not {found!r}")
        return list(found)

    def replaced(self, content: Mapping[str, Any]) -> Table:
        """Return a table in the same place with other content."""
        return Table(self._document, self._path, content)

    def _of_type(self, key: str, default: Any, kind: type, wanted: str) -> Any:
        value = self.get(key, default)
        # A bool is an int to Python, and to nobody else.
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if key in self.content and not fits:
            raise self.error(key, f"is {wanted}, not {value!r}")
        return value


def _told(path: Path) -> str:
    told = ""
    for part in path:
        told += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return told.removeprefix(".")
