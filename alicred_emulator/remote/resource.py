"""Things of an emulator in another process: an attribute is asked for whenever it is read."""

import base64
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, overload
from urllib.parse import quote

from alicred_emulator.clock import as_utc
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remote.wire import Wire

_Value = TypeVar("_Value")


class Resource:
    """A thing with a path of its own.

    Args:
        wire: The connection.
        path: Its path.
    """

    def __init__(self, wire: Wire, path: str) -> None:
        self._wire = wire
        self._path = path

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._path}>"

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same thing of the same emulator."""
        return isinstance(other, Resource) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str]:
        return self._wire.url, self._path

    def read_attribute(self, name: str, at: str) -> Any:
        """Ask for an attribute, of the thing itself or at another path."""
        return self._wire.get(at or self._path)[name]

    def change_attribute(self, name: str, value: object, at: str) -> None:
        """Set an attribute, of the thing itself or at another path."""
        self._wire.patch(at or self._path, {name: value})


class Fact(Generic[_Value]):
    """An attribute that can be read.

    Args:
        meaning: What it is.
        read: Makes it of what JSON has.
        at: The path where it stands, if not that of the thing.
    """

    def __init__(self, meaning: str, read: Callable[[Any], _Value], at: str = "") -> None:
        self.__doc__ = meaning
        self._read = read
        self._at = at
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, thing: None, owner: type) -> "Fact[_Value]": ...

    @overload
    def __get__(self, thing: Resource, owner: type) -> _Value: ...

    def __get__(self, thing: Resource | None, owner: type) -> "Fact[_Value] | _Value":
        if thing is None:
            return self
        return self._read(thing.read_attribute(self._name, self._at))


class Switch(Fact[_Value]):
    """An attribute that can be set as well.

    Args:
        meaning: What it is.
        read: Makes it of what JSON has.
        write: Makes of it what JSON has.
        at: The path where it stands, if not that of the thing.
    """

    def __init__(
        self,
        meaning: str,
        read: Callable[[Any], _Value],
        write: Callable[[_Value], object] = lambda value: value,
        at: str = "",
    ) -> None:
        super().__init__(meaning, read, at)
        self._write = write

    def __set__(self, thing: Resource, value: _Value) -> None:
        thing.change_attribute(self._name, self._write(value), self._at)


def segment(text: str) -> str:
    """Write a name as one segment of a path."""
    return quote(text, safe="")


def span(seconds: float) -> timedelta:
    """Read how long something is."""
    return timedelta(seconds=seconds)


def moment_text(when: datetime | str) -> str:
    """Write a moment.

    Raises:
        ValueError: If the text is no ISO 8601 date.
    """
    return as_utc(when).isoformat()


def seconds(given: timedelta | float) -> float:
    """Write a lifetime, given as a timedelta or in seconds."""
    return given.total_seconds() if isinstance(given, timedelta) else given


def seconds_or_none(given: timedelta | float | None) -> float | None:
    """Write a lifetime, or that there is none."""
    return None if given is None else seconds(given)


def principal(fields: Any) -> Principal:
    """Read whom a credential speaks for."""
    return Principal(**fields)


def principal_fields(whom: Principal) -> dict[str, Any]:
    """Write whom a credential speaks for."""
    return asdict(whom)


def content(written: Any) -> str | bytes | None:
    """Read what may be text, bytes or nothing."""
    return written if written is None or isinstance(written, str) else base64.b64decode(written["base64"])


def written_content(given: str | bytes | None) -> object:
    """Write what may be text, bytes or nothing."""
    return {"base64": base64.b64encode(given).decode("ascii")} if isinstance(given, bytes) else given
