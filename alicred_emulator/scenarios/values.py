"""Values of TOML, tables and lists within them included, seen through the texts that they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast


def mapped(value: Any, change: Callable[[str], Any]) -> Any:
    """Return a value in which each text has become something else; keys stay as they are."""
    if isinstance(value, Mapping):
        return {key: mapped(part, change) for key, part in _table(value).items()}
    if isinstance(value, list):
        return [mapped(part, change) for part in _list(value)]
    return change(value) if isinstance(value, str) else value


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in _table(value).values():
            yield from texts_in(part)
    elif isinstance(value, list):
        for part in _list(value):
            yield from texts_in(part)


# What they hold is anybody's guess, which `isinstance` does not say.
def _table(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value)


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value)
