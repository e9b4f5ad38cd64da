"""What holds for one client, as the providers read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from alicred.models import Config

__all__ = ["Settings"]


class Settings(NamedTuple):
    """What holds for one client: what was given, completed from the environment, and checked.

    Attributes:
        type: The type.
        values: The values by name.
        ignored: The parameters that were given and that the type does not take.
        source: What holds for the source, where it is configured as well.
        labels: The names under which their author knows those that are said elsewhere than in a `Config`.
    """

    type: str
    values: Mapping[str, object]
    ignored: tuple[str, ...] = ()
    source: Settings | None = None
    labels: Mapping[str, str] = {}

    def text(self, name: str) -> str:
        """Return a required text."""
        return str(self.values[name])

    def optional_text(self, name: str) -> str | None:
        """Return a text, None where it is not set or empty."""
        return str(self.values.get(name) or "") or None

    def flag(self, name: str) -> bool:
        """Return a switch, which is off where it is not set."""
        return bool(self.values.get(name))

    def number(self, name: str, *, default: int) -> int:
        """Return a whole number."""
        value = self.values.get(name, default)
        return value if isinstance(value, int) else default

    def seconds(self, name: str, *, default: int) -> float:
        """Return a time-out, which is given in milliseconds, in seconds."""
        return self.number(name, default=default) / 1000

    def label(self, name: str) -> str:
        """Return under which name whoever wrote a value knows it: of a parameter, a variable or a field."""
        return self.labels.get(name, name)

    def without_effect(self) -> Iterator[tuple[str, str]]:
        """Yield each parameter that was given for nothing, and the type that does not take it."""
        for name in self.ignored:
            yield name, self.type
        for name, kind in self.source.without_effect() if self.source else ():
            yield f"source.{name}", kind

    def reduced(self, config: Config) -> Config:
        """Return the configuration that these settings are from, without what has no effect."""
        changes: dict[str, Config | None] = dict.fromkeys(self.ignored)
        if self.source is not None and config.source is not None:
            source = self.source.reduced(config.source)
            if source is not config.source:
                changes["source"] = source
        return config.replaced(**changes) if changes else config

    def __repr__(self) -> str:
        return f"Settings(type={self.type!r}, names={sorted(self.values)!r})"
