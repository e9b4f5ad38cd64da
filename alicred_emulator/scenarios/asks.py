"""The verbs that ask something of the client: read, fail, cancel, invalidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alicred_emulator.scenarios.subject import ANY_KIND, KINDS
from alicred_emulator.scenarios.tables import Table

_FORK: Final = "fork"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a reader may be kept waiting.

    Attributes:
        requests: For so many requests.
        timeouts: And so many time-outs of the client.
    """

    requests: int = 0
    timeouts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Readers get credentials.

    Attributes:
        expected: How many readers get which, by the story's names; None for one or more.
        readers: How many readers.
        in_fork: Whether a forked child reads.
        patience: How long each may be kept waiting, if it is looked at.
    """

    expected: Mapping[str, int | None]
    readers: int = 1
    in_fork: bool = False
    patience: Patience | None = None

    def __str__(self) -> str:
        seen = [name if count is None else f"{name} ({count})" for name, count in self.expected.items()]
        return f"{_told_readers(self)}: {' or '.join(seen)}"

    @property
    def needs(self) -> frozenset[str]:
        """What it asks of a client."""
        return _needs(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Readers get an error.

    Attributes:
        kind: Of which kind.
        readers: How many readers.
        in_fork: Whether a forked child reads.
        patience: How long each may be kept waiting, if it is looked at.
    """

    kind: str
    readers: int = 1
    in_fork: bool = False
    patience: Patience | None = None

    def __str__(self) -> str:
        what = "an error" if self.kind == ANY_KIND else f"an error of the kind {self.kind}"
        return f"{_told_readers(self)}: {what}"

    @property
    def needs(self) -> frozenset[str]:
        """What it asks of a client."""
        return _needs(self)


@dataclass(frozen=True, slots=True)
class Invalidate:
    """The client is told that a service refused a credential."""

    name: str
    needs: frozenset[str] = frozenset({"invalidate"})

    def __str__(self) -> str:
        return f"the application says that {self.name} was refused"


@dataclass(frozen=True, slots=True)
class Cancel:
    """A reader gives up while its first request is in the air."""

    needs: frozenset[str] = frozenset({"cancel"})

    def __str__(self) -> str:
        return "a reader is cancelled while its first request is in the air"


Ask = Read | Fail | Invalidate | Cancel

_READING: Final = ("readers", "in", "waits", "requests", "in_all")


def _told_readers(asked: Read | Fail) -> str:
    if asked.in_fork:
        return "a forked child reads"
    return "one reader" if asked.readers == 1 else f"{asked.readers} readers at once"


def _needs(asked: Read | Fail) -> frozenset[str]:
    needs = {"threads": asked.readers > 1, "fork": asked.in_fork}
    return frozenset(name for name, needed in needs.items() if needed)


def _read_read(table: Table, key: str) -> Read:
    common = _reading(table)
    value: Any = table.get(key)
    expected: Mapping[str, int | None]
    if isinstance(value, str):
        expected = {value: None}
    elif isinstance(value, dict):
        counts = table.table(key)
        expected = {name: counts.whole(name) for name in counts}
    else:
        expected = dict.fromkeys(table.texts(key))
    if not expected:
        raise table.error(key, "is the name of a credential, a list of names, or a table of name = readers")
    fixed = sum(count or 0 for count in expected.values())
    if isinstance(value, dict):
        if table.get("readers", fixed) != fixed:
            raise table.error("readers", f"is {fixed}, since read says so, or left out")
        common["readers"] = fixed
    return Read(expected=expected, **common)


def _read_fail(table: Table, key: str) -> Fail:
    return Fail(kind=table.choice(key, (*KINDS, ANY_KIND)), **_reading(table))


def _reading(table: Table) -> dict[str, Any]:
    readers: int = table.whole("readers", 1)
    if readers < 1:
        raise table.error("readers", "is at least 1")
    in_fork = "in" in table and table.choice("in", (_FORK,)) == _FORK
    if in_fork and readers > 1:
        raise table.error("in", "goes with one reader")
    return {"readers": readers, "in_fork": in_fork, "patience": _patience(table)}


def _patience(table: Table) -> Patience | None:
    if "waits" not in table:
        return None
    waits = table.table("waits")
    waits.only(("requests", "timeouts"))
    return Patience(waits.whole("requests", 0), waits.whole("timeouts", 0))


def _read_cancel(table: Table, key: str) -> Cancel:
    if table.whole(key) != 1:
        raise table.error(key, "is 1: one reader at a time")
    return Cancel()


VERBS: Final[Mapping[str, tuple[Callable[[Table, str], Ask], tuple[str, ...]]]] = {
    "read": (_read_read, _READING),
    "fails": (_read_fail, _READING),
    "invalidate": (lambda table, key: Invalidate(table.text(key)), ()),
    "cancel": (_read_cancel, ()),
}
"""Each verb, with what reads it and which keys may stand beside it."""
