"""Each kind of fault as data: made from its keys, and written back.

The rule kept here: keys and types have been checked by `fault_forms.py`; what the fault itself refuses is its
own to say.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from alicred_emulator.durations import duration, told
from alicred_emulator.faults import Fault


class FaultFormError(ValueError):
    """A form that describes no fault.

    Attributes:
        key: The key that is wrong, if one is.
    """

    def __init__(self, problem: str, key: str | None = None) -> None:
        super().__init__(problem)
        self.key = key


def _seconds(value: float | str) -> float:
    return duration(value).total_seconds() if isinstance(value, str) else value


def _bytes(form: Mapping[str, Any]) -> bytes | None:
    if "body_base64" in form:
        try:
            return base64.b64decode(form["body_base64"], validate=True)
        except (binascii.Error, ValueError):
            raise FaultFormError("body_base64 is not base64", "body_base64") from None
    return str(form["body"]).encode() if "body" in form else None


def _body(form: Mapping[str, Any]) -> Fault:
    besides = {key: form[key] for key in ("status", "content_type") if key in form}
    return Fault.body(_bytes(form) or b"", **besides)


MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Fault]]] = {
    "status": lambda form: Fault.status(form["status"], _bytes(form), form.get("headers")),
    "body": _body,
    "body_base64": _body,
    "reset": lambda _: Fault.reset(),
    "silence": lambda _: Fault.silence(),
    "delay": lambda form: Fault.delay(_seconds(form["delay"])),
    "truncate": lambda form: Fault.truncate(form["truncate"]),
    "drip": lambda form: Fault.drip(
        form.get("bytes_per_chunk", 1), _seconds(form["drip"]), headers=form.get("headers", True)
    ),
    "refusal": lambda form: Fault.refusal(form["refusal"]),
    "code": lambda form: Fault.code(form["code"]),
    "partial": lambda form: Fault.partial(form["partial"]),
    "malformed": lambda _: Fault.malformed(),
    "expired": lambda _: Fault.expired(),
    "skew": lambda form: Fault.skew(duration(form["skew"])),
}
"""What makes a fault of the keys of a form, by its kind."""


def _form_of_one(fault: Fault) -> dict[str, object]:
    return {fault.kind: fault.arguments[0] if fault.arguments else True}


def _form_of_skew(fault: Fault) -> dict[str, object]:
    return {"skew": told(fault.arguments[0])}


def _form_of_bytes(content: bytes) -> dict[str, object]:
    try:
        return {"body": content.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(content).decode("ascii")}


def _form_of_status(fault: Fault) -> dict[str, object]:
    status, body, headers = fault.arguments
    form: dict[str, object] = {"status": status}
    if body is not None:
        form |= _form_of_bytes(body)
    return form | ({"headers": dict(headers)} if headers else {})


def _form_of_body(fault: Fault) -> dict[str, object]:
    content, status, content_type = fault.arguments
    return _form_of_bytes(content) | {"status": status, "content_type": content_type}


def _form_of_drip(fault: Fault) -> dict[str, object]:
    size, interval, headers = fault.arguments
    return {"drip": interval, "bytes_per_chunk": size, "headers": headers}


FORMS: Final[Mapping[str, Callable[[Fault], dict[str, object]]]] = {
    **dict.fromkeys(MAKERS, _form_of_one),
    "status": _form_of_status,
    "body": _form_of_body,
    "drip": _form_of_drip,
    "skew": _form_of_skew,
}
"""What writes a fault back as keys, by its kind."""
