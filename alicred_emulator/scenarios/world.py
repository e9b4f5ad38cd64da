"""The keys of ``[world]`` and of the verb ``set``: what each is read from, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from alicred_emulator.durations import told
from alicred_emulator.instance import SWITCH, TOKEN_MODES
from alicred_emulator.ram.access_keys import ACTIVE, INACTIVE
from alicred_emulator.scenarios.stage import Stage
from alicred_emulator.scenarios.tables import Table

NO_ROLE: Final = "none"


@dataclass(frozen=True, slots=True)
class Change:
    """One key with its value.

    Attributes:
        key: The key, one of `KEYS`.
        value: Its value as it takes effect.
    """

    key: str
    value: Any

    def __str__(self) -> str:
        value = told(self.value) if isinstance(self.value, timedelta) else self.value
        return f"{self.key.replace('_', ' ')} is {str(value).lower() if isinstance(value, bool) else value}"

    def apply(self, stage: Stage) -> None:
        """Make it so.

        Args:
            stage: The emulator, in the state that the story has brought it to.

        Raises:
            ValueError: If the world cannot be so.
        """
        KEYS[self.key][1](stage, self.value)


def read_changes(table: Table) -> tuple[Change, ...]:
    """Read a table of `KEYS`.

    Raises:
        ScenarioError: If a key is unknown or a value of the wrong type.
    """
    table.only(KEYS)
    return tuple(Change(key, KEYS[key][0](table, key)) for key in table)


def _choice(*allowed: str) -> Callable[[Table, str], str]:
    return lambda table, key: table.choice(key, allowed)


def _attach(stage: Stage, name: str) -> None:
    emulator = stage.emulator
    if name == NO_ROLE:
        emulator.instance.role = None
        return
    try:
        emulator.instance.role = emulator.ram.role(name)
    except LookupError:
        emulator.instance.role = emulator.ram.add_role(name)


def _set_key_status(stage: Stage, status: str) -> None:
    for key in stage.emulator.user.access_keys:
        key.status = status


def _of(path: str) -> Callable[[Stage, Any], None]:
    """Return what sets an attribute of the emulator, named by the way to it."""
    *way, name = path.split(".")

    def put(stage: Stage, value: Any) -> None:
        owner: Any = stage.emulator
        for step in way:
            owner = getattr(owner, step)
        setattr(owner, name, value)

    return put


def _write_token_file(stage: Stage, content: str) -> None:
    stage.emulator.oidc.projected_token.write(content)


def _set_longest_session(stage: Stage, longest: timedelta) -> None:
    stage.emulator.role.max_session_duration = round(longest.total_seconds())


KEYS: Final[Mapping[str, tuple[Callable[[Table, str], Any], Callable[[Stage, Any], None]]]] = {
    "credential_lifetime": (Table.duration, _of("instance.credential_lifetime")),
    "credential_overlap": (Table.duration, _of("instance.rotation_overlap")),
    "role": (Table.text, _attach),
    "http_tokens": (_choice(*TOKEN_MODES), _of("instance.http_tokens")),
    "http_endpoint": (_choice(*SWITCH), _of("instance.http_endpoint")),
    "imds_v2": (Table.flag, _of("instance.imds_v2_supported")),
    "uri_lifetime": (Table.duration, _of("credentials_uri.credential_lifetime")),
    "clients_ahead": (Table.duration, lambda stage, ahead: stage.emulator.clock.skew(ahead)),
    "max_session": (Table.duration, _set_longest_session),
    "access_key": (_choice(ACTIVE, INACTIVE), _set_key_status),
    "user_may_assume_roles": (Table.flag, _of("user.may_assume_roles")),
    "token_lifetime": (Table.duration, _of("oidc.projected_token.lifetime")),
    "token_file": (Table.text, _write_token_file),
}
"""Each key, with what reads it and what makes it so."""

MOVING_CLIENTS: Final = frozenset({"clients_ahead"})
"""The keys that ask of a client that its clock can be told what to show."""
