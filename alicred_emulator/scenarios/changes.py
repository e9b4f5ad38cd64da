"""The verbs that change the world: what stories and machine scenarios have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from alicred_emulator.durations import told
from alicred_emulator.fault_forms import fault_from
from alicred_emulator.scenarios.stage import OF_THE_WORLD, REFERENCE, REFERENCES, Stage
from alicred_emulator.scenarios.tables import Table
from alicred_emulator.scenarios.values import texts_in
from alicred_emulator.scenarios.world import MOVING_CLIENTS, Change, read_changes
from alicred_emulator.services import SERVICES

EVERYTHING: Final = "everything"

_CLOCK_OUTAGES: Final = frozenset({"clock_ahead", "clock_behind"})
_CLOCK: Final = frozenset({"clock"})
_NOTHING: Final[frozenset[str]] = frozenset()


class WorldAction(Protocol):
    """Something that changes the world."""

    @property
    def needs(self) -> frozenset[str]:
        """What it asks of a client."""
        ...

    def apply(self, stage: Stage) -> None:
        """Do it.

        Args:
            stage: The emulator, in the state that the story has brought it to.

        Raises:
            ValueError: If the world cannot be so.
        """
        ...


@dataclass(frozen=True, slots=True)
class Advance:
    """Both clocks move."""

    by: timedelta
    needs: frozenset[str] = _CLOCK

    def __str__(self) -> str:
        back = self.by < timedelta(0)
        return f"both clocks jump back by {told(-self.by)}" if back else f"{told(self.by)} pass"

    def apply(self, stage: Stage) -> None:
        """Move the clock; the world's wall time alone, since nothing moves monotonic time."""
        stage.emulator.clock.shift(self.by)


@dataclass(frozen=True, slots=True)
class Break:
    """A fault begins."""

    form: Mapping[str, Any] | str
    called: str | None

    def __str__(self) -> str:
        return f"from now on: {fault_from(self.form).what}" + (f" ({self.called})" if self.called else "")

    @property
    def needs(self) -> frozenset[str]:
        """A clock that can be told what to show, where the clients' goes wrong."""
        what = fault_from(self.form).what
        skews = what in _CLOCK_OUTAGES if isinstance(what, str) else what.skewed_by is not None
        return _CLOCK if skews else _NOTHING

    def apply(self, stage: Stage) -> None:
        """Put it in force."""
        handle = fault_from(stage.filled(self.form)).add_to(stage.emulator.faults)
        stage.faults[self.called or handle] = handle


@dataclass(frozen=True, slots=True)
class Mend:
    """A fault ends, or all do, and what was stopped starts again."""

    name: str
    needs: frozenset[str] = _NOTHING

    def __str__(self) -> str:
        return f"{self.name} is mended"

    def apply(self, stage: Stage) -> None:
        """End it."""
        ended = list(stage.faults) if self.name == EVERYTHING else [self.name]
        for name in reversed(ended):
            if name not in stage.faults:
                called = ", ".join(known for known in stage.faults if isinstance(known, str)) or "none"
                raise ValueError(f"no fault in force is called {name!r}; called so are: {called}")
            stage.faults.pop(name).remove()
        if self.name == EVERYTHING:
            for service in sorted(stage.stopped):
                Start(service).apply(stage)


@dataclass(frozen=True, slots=True)
class Stop:
    """A service stops: connections to it are refused."""

    service: str
    needs: frozenset[str] = _NOTHING

    def __str__(self) -> str:
        return f"nobody listens at {self.service} any more"

    def apply(self, stage: Stage) -> None:
        """Stop it."""
        stage.emulator.services[self.service].stop()
        stage.stopped.add(self.service)


@dataclass(frozen=True, slots=True)
class Start:
    """A service that was stopped starts again."""

    service: str
    needs: frozenset[str] = _NOTHING

    def __str__(self) -> str:
        return f"{self.service} listens again"

    def apply(self, stage: Stage) -> None:
        """Start it, where it was."""
        if self.service not in stage.stopped:
            raise ValueError(f"{self.service} was not stopped")
        stage.stopped.remove(self.service)
        stage.resume(self.service)


@dataclass(frozen=True, slots=True)
class Set:
    """The world becomes another one."""

    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return "from now on: " + ", ".join(map(str, self.changes))

    @property
    def needs(self) -> frozenset[str]:
        """A clock that can be told what to show, where the clients' is set."""
        return _CLOCK if MOVING_CLIENTS.intersection(c.key for c in self.changes) else _NOTHING

    def apply(self, stage: Stage) -> None:
        """Make it so."""
        for change in self.changes:
            change.apply(stage)


@dataclass(frozen=True, slots=True)
class Rotate:
    """Something is replaced ahead of its time."""

    what: str
    needs: frozenset[str] = _NOTHING

    def __str__(self) -> str:
        return f"{self.what}: a new one ahead of time"

    def apply(self, stage: Stage) -> None:
        """Replace it."""
        ROTATIONS[self.what](stage)


def _rotate_instance(stage: Stage) -> None:
    instance = stage.emulator.instance
    # Attaching a role begins a new series of credentials.
    instance.role = instance.role


def _rotate_uri(stage: Stage) -> None:
    service = stage.emulator.credentials_uri
    # So does a new lifetime.
    service.credential_lifetime = service.credential_lifetime


ROTATIONS: Final[Mapping[str, Callable[[Stage], None]]] = {
    "instance": _rotate_instance,
    "credentials_uri": _rotate_uri,
    "token file": lambda stage: stage.emulator.oidc.projected_token.renew(),
    "oidc keys": lambda stage: stage.emulator.oidc.rotate_keys(keep_former=False),
}
"""What can be replaced ahead of its time."""


def check_references(
    table: Table, key: str, value: Any, allowed: Collection[str] = tuple(REFERENCES)
) -> None:
    """Refuse a reference to what there is not, anywhere within a value.

    Raises:
        ScenarioError: If there is one.
    """
    for text in texts_in(value):
        for name in REFERENCE.findall(text):
            if name not in allowed:
                known = ", ".join(f"<{one}>" for one in allowed)
                raise table.error(key, f"refers to <{name}>, which is not known; allowed: {known}")


def _read_fault(table: Table, key: str) -> Break:
    form = table.get(key)
    # A machine scenario has no client, and so no home to write a file in.
    check_references(table, key, form, OF_THE_WORLD)
    table.made(key, fault_from, form)
    return Break(form, table.text("called", None))


VERBS: Final[Mapping[str, tuple[Callable[[Table, str], WorldAction], tuple[str, ...]]]] = {
    "advance": (lambda table, key: Advance(table.duration(key)), ()),
    "fault": (_read_fault, ("called",)),
    "mend": (lambda table, key: Mend(table.text(key)), ()),
    "stop": (lambda table, key: Stop(table.choice(key, SERVICES)), ()),
    "start": (lambda table, key: Start(table.choice(key, SERVICES)), ()),
    "set": (lambda table, key: Set(read_changes(table.table(key))), ()),
    "rotate": (lambda table, key: Rotate(table.choice(key, ROTATIONS)), ()),
}
"""Each verb, with what reads it and which keys may stand beside it."""
