"""What should go wrong: put in force, listed, ended."""

import itertools
import threading
import weakref
from collections.abc import Iterable
from typing import Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    COUNT,
    FLAG,
    SECONDS,
    TEXT,
    TRUE,
    Schema,
    either,
    listed,
    mapped,
    nullable,
    record,
    said,
    whole,
    word,
)
from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.fault_forms import fault_from
from alicred_emulator.fault_rule import FaultHandle
from alicred_emulator.services import SERVICES

_DURATION: Final = either(SECONDS, TEXT, meaning="Seconds, or text such as 300ms. It is real time.")

_FORM: Final[Schema] = {
    **record(
        {
            "name": said(TEXT, "A well-known outage, such as imds_down."),
            "status": said(COUNT, "Answer with this status."),
            "body": said(TEXT, "Answer with this body."),
            "body_base64": said(TEXT, "Answer with these bytes."),
            "content_type": said(TEXT, "Beside a body: its type."),
            "reset": said(TRUE, "Reset the connection."),
            "silence": said(TRUE, "Never answer."),
            "delay": _DURATION,
            "truncate": said(COUNT, "Send so many bytes of the body, and close."),
            "drip": _DURATION,
            "bytes_per_chunk": said(COUNT, "Beside drip: the size of a piece."),
            "headers": either(
                mapped(TEXT),
                FLAG,
                meaning="Beside status: further fields. Beside drip: whether they drip too.",
            ),
            "refusal": said(TEXT, "Have STS or a resource API refuse with this code."),
            "code": said(TEXT, "Set the Code of a credential document."),
            "partial": said(TEXT, "Leave this field out of a document."),
            "malformed": said(TRUE, "Break off the JSON of a credential document."),
            "expired": said(TRUE, "Hand out a credential that ended an hour ago."),
            "skew": said(TEXT, "Have the clients' clocks run ahead by so much, such as -1d for behind."),
            "service": said(TEXT, "The service concerned; all by default."),
            "operation": said(TEXT, "The operation concerned, globs allowed; all by default."),
            "path": said(TEXT, "A glob for the path; all by default."),
            "role": said(TEXT, "A glob for the name of the role that a request is about; all by default."),
            "when": said(
                mapped(either(TEXT, FLAG)),
                "'header NAME' or 'parameter NAME' to a glob for its value, or to whether there is one.",
            ),
            "times": said(COUNT, "How many requests it meets; by default it stays until it is removed."),
            "after": said(TEXT, "Begin so much later by the emulator's clock, such as 5m."),
            "lasts": said(TEXT, "End so much later than it begins, by the emulator's clock, such as 30s."),
        },
        title="FaultForm",
    ),
    "description": "One thing that goes wrong, with what belongs to it, and where and when.",
}

_FAULT: Final = whole(
    "Fault",
    {
        "id": TEXT,
        "name": said(TEXT, "What it is called in the journal."),
        "service": nullable(TEXT),
        "hits": said(COUNT, "How many requests it has met."),
    },
)
_FAULTS: Final = whole("Faults", {"faults": listed(_FAULT)})
_OF_SERVICE: Final = {"service": said(word(*SERVICES), "What concerns one service alone.")}


class _Ids:
    """Names handles, whoever put them in force, for as long as they are in use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._ids: weakref.WeakKeyDictionary[FaultHandle, str] = weakref.WeakKeyDictionary()

    def of(self, handle: FaultHandle) -> str:
        with self._lock:
            return self._ids.get(handle) or self._ids.setdefault(handle, str(next(self._numbers)))


_IDS: Final = _Ids()


def id_of(handle: FaultHandle) -> str:
    """Return the id by which a fault in force is asked for."""
    return _IDS.of(handle)


def _board(call: Call) -> FaultBoard:
    name = call.query.get("service")
    return call.emulator.faults if name is None else call.emulator.services[name].faults


def _show(handle: FaultHandle) -> dict[str, object]:
    return {"id": id_of(handle), "name": handle.name, "service": handle.service, "hits": handle.hits}


def _show_all(handles: Iterable[FaultHandle]) -> object:
    return {"faults": [_show(handle) for handle in handles]}


def _called(call: Call) -> FaultHandle:
    wanted = call.places["fault_id"]
    board = call.emulator.faults
    for handle in (*board.in_force, *board.ended):
        if id_of(handle) == wanted:
            return handle
    raise LookupError(f"no fault with the id {wanted!r} is in force; GET /faults lists those that are")


def _add(call: Call) -> object:
    return _show(fault_from(call.body).add_to(_board(call)))


def _remove(call: Call) -> object:
    handle = _called(call)
    handle.remove()
    return _show(handle)


def _clear(call: Call) -> None:
    _board(call).clear()


ROUTES: Final = (
    Route(
        method="GET",
        path="/faults",
        operation="faults",
        summary="List the faults in force.",
        handle=lambda call: _show_all(_board(call).in_force),
        query=_OF_SERVICE,
        answer=_FAULTS,
    ),
    Route(
        method="POST",
        path="/faults",
        operation="add_fault",
        summary="Put a fault or a named outage in force.",
        handle=_add,
        query=_OF_SERVICE,
        answer=_FAULT,
        status=201,
        body=either(TEXT, _FORM, meaning="The name of an outage, or a form."),
        examples={
            "outage": "imds_down",
            "named": {"name": "sts_throttled", "times": 2},
            "status": {"status": 503, "service": "imds", "operation": "Token", "times": 1},
            "slow": {"delay": "20ms", "service": "credentials_uri"},
            "role": {"refusal": "NoPermission", "service": "sts", "role": "demo-*"},
            "normal mode": {
                "status": 403,
                "service": "imds",
                "when": {"header X-aliyun-ecs-metadata-token": False},
            },
            "for a while": {"status": 500, "service": "imds", "after": "5h45m", "lasts": "30s"},
            "clocks": {"skew": "-10m"},
            "late": {"reset": True, "service": "imds", "path": "*/security-credentials/*", "after": "6h"},
        },
    ),
    Route(
        method="DELETE",
        path="/faults",
        operation="clear_faults",
        summary="End all faults.",
        handle=_clear,
        query=_OF_SERVICE,
    ),
    Route(
        method="GET",
        path="/faults/{fault_id}",
        operation="fault",
        summary="Tell how often a fault was met, in force or ended by itself.",
        handle=lambda call: _show(_called(call)),
        answer=_FAULT,
    ),
    Route(
        method="DELETE",
        path="/faults/{fault_id}",
        operation="remove_fault",
        summary="End a fault, and undo what it changed in the world.",
        handle=_remove,
        answer=_FAULT,
    ),
)
