"""Faults as data: what stands in a scenario file, or comes to the control API as JSON.

A form says what goes wrong, by one of the keys of `KINDS`, and where and when. The rule kept here: an unknown
key, a second kind or a value of the wrong type is refused by its name, before anything is put in force.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from alicred_emulator.durations import duration, told
from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.fault_conditions import When, check_when
from alicred_emulator.fault_kinds import FORMS, MAKERS, FaultFormError
from alicred_emulator.fault_rule import FaultHandle
from alicred_emulator.faults import Fault

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": (),
    "status": ("body", "body_base64", "headers"),
    "body": ("status", "content_type"),
    "body_base64": ("status", "content_type"),
    "reset": (),
    "silence": (),
    "delay": (),
    "truncate": (),
    "drip": ("bytes_per_chunk", "headers"),
    "refusal": (),
    "code": (),
    "partial": (),
    "malformed": (),
    "expired": (),
    "skew": (),
}
"""What can go wrong, each with the keys that may stand beside it."""

PLACES: Final = ("service", "operation", "path", "role", "when", "times", "after", "lasts")
"""The keys that say where and when."""

_LENGTHS: Final = ("after", "lasts")
_SWITCHES: Final = frozenset({"reset", "silence", "malformed", "expired"})
_TEXTS: Final = frozenset({"name", "refusal", "code", "partial", "body", "body_base64", "content_type"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultForm:
    """What goes wrong, where and when.

    Attributes:
        what: A fault, or the name of an outage.
        service: The service it concerns; None for all.
        operation: The operation it concerns; None for all.
        path: A glob for the path; None for all.
        role: A glob for the role that a request is about; None for all.
        when: What a request's headers and parameters say; None for whatever they do.
        times: How many requests it meets; None for all until it is removed.
        after: How much later it begins; None for at once.
        lasts: How much later than that it ends; None for when it is removed.
    """

    what: Fault | str
    service: str | None = None
    operation: str | None = None
    path: str | None = None
    role: str | None = None
    when: When | None = None
    times: int | None = None
    after: timedelta | None = None
    lasts: timedelta | None = None

    def add_to(self, board: FaultBoard) -> FaultHandle:
        """Put it in force.

        Args:
            board: The board of an emulator, or of one of its services.

        Returns:
            What counts its hits and removes it.

        Raises:
            ValueError: If the board knows no such outage, service or operation, or no request could be met.
        """
        return board.add(self.what, **{key: getattr(self, key) for key in PLACES})


def fault_from(data: object) -> FaultForm:
    """Read a form.

    Args:
        data: The name of an outage, or a mapping with one key of `KINDS`, those that belong to it, and
            `PLACES`.

    Returns:
        What it says.

    Raises:
        FaultFormError: If it describes no fault; the message names the key and what is allowed.
    """
    if isinstance(data, str):
        return FaultForm(what=data)
    if not isinstance(data, Mapping):
        raise FaultFormError(f"a fault is the name of an outage or a table, not {data!r}")
    form = cast("Mapping[str, Any]", data)
    kind = _kind_of(form)
    for key, value in form.items():
        _check(kind, key, value)
    return FaultForm(what=_fault(kind, form), **_places(form))


def form_of(fault: FaultForm | Fault | str) -> dict[str, object]:
    """Return the form of a fault, fit for JSON: `fault_from` makes the same fault of it."""
    if isinstance(fault, FaultForm):
        places = {key: getattr(fault, key) for key in PLACES}
        places |= {key: told(places[key]) for key in _LENGTHS if places[key] is not None}
        return form_of(fault.what) | {key: value for key, value in places.items() if value is not None}
    if isinstance(fault, str):
        return {"name": fault}
    return FORMS[fault.kind](fault)


def _kind_of(form: Mapping[str, Any]) -> str:
    known = (*KINDS, *PLACES, *(key for besides in KINDS.values() for key in besides))
    for key in form:
        if key not in known:
            raise FaultFormError(f"{key} is not known; allowed: {', '.join(dict.fromkeys(known))}", key)
    kinds = [kind for kind in KINDS if kind in form]
    # A status may stand beside a body, and a body beside a status: its type decides whose it is.
    if "status" in kinds and len(kinds) > 1:
        kinds.remove("status" if "content_type" in form else kinds[1])
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        raise FaultFormError(f"a fault says one thing, and this one {found}; one of: {', '.join(KINDS)}")
    return kinds[0]


def _check(kind: str, key: str, value: object) -> None:
    if key not in {kind, *KINDS[kind], *PLACES}:
        allowed = ", ".join((*KINDS[kind], *PLACES))
        raise FaultFormError(f"{key} has no place beside {kind}; allowed: {allowed}", key)
    wanted = _complaint(kind, key, value)
    if wanted:
        raise FaultFormError(f"{key} is {wanted}, not {value!r}", key)


def _complaint(kind: str, key: str, value: object) -> str | None:
    """Return what a value should have been."""
    if key in _SWITCHES:
        return None if value is True else "true, or left out"
    if key in _TEXTS or key in {"service", "operation", "path", "role"}:
        return None if isinstance(value, str) else "a text"
    if key == "headers":
        if kind == "drip":
            return None if isinstance(value, bool) else "true or false"
        return None if _is_texts(value) else "a table of texts"
    if key in {"delay", "drip"}:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if number or isinstance(value, str) else "a number of seconds or a duration such as 300ms"
    if key == "when":
        return None if isinstance(value, Mapping) else "a table such as { 'header NAME' = 'glob' }"
    if key in {*_LENGTHS, "skew"}:
        return None if isinstance(value, str) else "a duration such as 5m"
    return None if isinstance(value, int) and not isinstance(value, bool) else "a whole number"


def _is_texts(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(
        isinstance(part, str) for pair in cast("Mapping[object, object]", value).items() for part in pair
    )


def _fault(kind: str, form: Mapping[str, Any]) -> Fault | str:
    try:
        if kind == "name":
            return str(form["name"])
        return MAKERS[kind](form)
    except FaultFormError:
        raise
    except (TypeError, ValueError) as error:
        raise FaultFormError(f"{kind}: {error}", kind) from None


def _places(form: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _READERS.get(key, _as_it_is)(key, form[key]) for key in PLACES if key in form}


def _as_it_is(_key: str, value: Any) -> Any:
    return value


def _length(key: str, text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise FaultFormError(f"{key}: {error}", key) from None


def _when(key: str, when: When) -> When:
    try:
        check_when(when)
    except (TypeError, ValueError) as error:
        raise FaultFormError(f"{key}: {error}", key) from None
    return dict(when)


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {"when": _when, **dict.fromkeys(_LENGTHS, _length)}
"""What reads the value of a key that does not stand for itself."""
