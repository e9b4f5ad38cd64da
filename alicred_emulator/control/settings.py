"""Attributes of the emulator's objects as JSON: which can be read or set, and how each is written."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    CONTENT,
    FLAG,
    MOMENT,
    PRINCIPAL,
    PRINCIPAL_FIELDS,
    SECONDS,
    TEXT,
    Fields,
    Schema,
    nullable,
    record,
    said,
    whole,
)
from alicred_emulator.ram.principal import Principal


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Setting:
    """How one attribute travels.

    Attributes:
        schema: What JSON has for it.
        shown: Turns the attribute into JSON.
        meant: Turns JSON into what the attribute is set to.
    """

    schema: Schema
    shown: Callable[[Any], object] = _as_it_is
    meant: Callable[[Any], object] = _as_it_is

    def but(self, meaning: str) -> "Setting":
        """Return the same with what it means, for a person."""
        return replace(self, schema=said(self.schema, meaning))

    def or_null(self) -> "Setting":
        """Return the setting of an attribute that may be None."""
        return Setting(
            nullable(self.schema),
            lambda value: None if value is None else self.shown(value),
            lambda value: None if value is None else self.meant(value),
        )


Settings = Mapping[str, Setting]


def moment_text(moment: datetime) -> str:
    """Write a moment without losing a microsecond."""
    return moment.isoformat().replace("+00:00", "Z")


def content_of(value: Any) -> Any:
    """Return what a client means that wrote text, or bytes as Base64, or null."""
    if value is None or isinstance(value, str):
        return value
    return bytes_of(value["base64"])


def bytes_of(written: str) -> bytes:
    """Return what a client means that wrote Base64.

    Raises:
        ValueError: If it did not.
    """
    try:
        return base64.b64decode(written, validate=True)
    except ValueError:
        raise ValueError("the bytes are not written as Base64; use the standard alphabet, padded") from None


def _shown_content(value: object) -> object:
    return {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def shown_principal(principal: Principal) -> dict[str, object]:
    """Write whom a credential speaks for."""
    return {name: getattr(principal, name) for name in PRINCIPAL_FIELDS}


TEXT_SETTING: Final = Setting(TEXT)
FLAG_SETTING: Final = Setting(FLAG)
SPAN_SETTING: Final = Setting(SECONDS, timedelta.total_seconds, lambda seconds: timedelta(seconds=seconds))
MOMENT_SETTING: Final = Setting(MOMENT, moment_text)
CONTENT_SETTING: Final = Setting(CONTENT, _shown_content, content_of)
PRINCIPAL_SETTING: Final = Setting(PRINCIPAL, shown_principal, lambda fields: Principal(**fields))


class Kind:
    """A kind of object: what can be read of it, and what can be set.

    Args:
        title: What it is called in the description.
        facts: What can be read only.
        settings: What can be set as well.

    Attributes:
        schema: What is answered about one.
        changes: What a client may send to change one.
    """

    def __init__(self, title: str, facts: Settings, settings: Settings | None = None) -> None:
        self._settings: Final = settings or {}
        self._shown: Final = {**facts, **self._settings}
        self.schema: Final = whole(title, _schemas(self._shown))
        self.changes: Final[Schema] = {**record(_schemas(self._settings)), "minProperties": 1}

    def show(self, target: object) -> dict[str, object]:
        """Write one."""
        return {name: how.shown(getattr(target, name)) for name, how in self._shown.items()}

    def change(self, target: object, changes: Mapping[str, Any]) -> None:
        """Set what a client says, in its order; what comes before a value that is refused stays."""
        for name, value in changes.items():
            setattr(target, name, self._settings[name].meant(value))

    def read_route(self, path: str, operation: str, summary: str, find: Callable[[Call], Any]) -> Route:
        """Return the route that reads one."""
        return Route(
            method="GET",
            path=path,
            operation=operation,
            summary=summary,
            handle=lambda call: self.show(find(call)),
            answer=self.schema,
        )

    def change_route(
        self,
        path: str,
        operation: str,
        summary: str,
        find: Callable[[Call], Any],
        examples: Mapping[str, Any],
    ) -> Route:
        """Return the route that changes one, and answers what it is then."""

        def handle(call: Call) -> object:
            target = find(call)
            self.change(target, call.body)
            return self.show(target)

        return Route(
            method="PATCH",
            path=path,
            operation=operation,
            summary=summary,
            handle=handle,
            answer=self.schema,
            body=self.changes,
            examples=examples,
        )


def many(kind: Kind) -> Setting:
    """Return the setting of a sequence of things."""
    return Setting(
        {"type": "array", "items": kind.schema},
        lambda things: [kind.show(one) for one in cast("Sequence[object]", things)],
    )


def _schemas(settings: Settings) -> Fields:
    return {name: setting.schema for name, setting in settings.items()}
