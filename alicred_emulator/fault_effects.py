"""What each kind of fault does to an answer: pure functions, by the name of the kind.

Those of `REPLACING` and `DISTURBING` take the reply and the fault's arguments, those of `EDITING` the fields
of the document and the fakes' time as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, cast

from alicred_emulator.clock import wire_time
from alicred_emulator.messages import Reply
from alicred_emulator.pages import error_page

_EXPIRED_FOR: Final = timedelta(hours=1)
_OF_A_CREDENTIAL: Final = frozenset({"accesskeyid", "accesskeysecret", "securitytoken"})


def _status(reply: Reply, status: int, body: bytes | None, headers: tuple[tuple[str, str], ...]) -> Reply:
    page = error_page(status)
    return replace(page, effect=reply.effect, headers=headers, body=page.body if body is None else body)


def _body(reply: Reply, content: bytes, status: int, content_type: str) -> Reply:
    return Reply(status=status, body=content, content_type=content_type, effect=reply.effect)


def _reset(reply: Reply) -> Reply:
    return replace(reply, effect=replace(reply.effect, ending="reset"))


def _silence(reply: Reply) -> Reply:
    return replace(reply, effect=replace(reply.effect, ending="silence"))


def _delay(reply: Reply, seconds: float) -> Reply:
    return replace(reply, effect=replace(reply.effect, delay=reply.effect.delay + seconds))


def _truncate(reply: Reply, keep_bytes: int) -> Reply:
    return replace(reply, effect=replace(reply.effect, keep_bytes=keep_bytes))


def _drip(reply: Reply, size: int, interval: float, headers: bool) -> Reply:  # noqa: FBT001 - stored by position
    effect = replace(reply.effect, drip_bytes=size, drip_interval=interval, drip_headers=headers)
    return replace(reply, effect=effect)


def _code(reply: Reply, fields: dict[str, object], _now: datetime, code: str) -> Reply:
    return replace(reply, document=fields | {"Code": code}) if _holds_a_credential(fields) else reply


def _holds_a_credential(fields: Mapping[str, object]) -> bool:
    return any(
        name.lower() in _OF_A_CREDENTIAL
        or (isinstance(value, Mapping) and _holds_a_credential(cast("Mapping[str, object]", value)))
        for name, value in fields.items()
    )


def _partial(reply: Reply, fields: dict[str, object], _now: datetime, field: str) -> Reply:
    return replace(reply, document=_without(field, fields))


def _without(field: str, fields: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _without(field, cast("Mapping[str, object]", value)) if isinstance(value, Mapping) else value
        for name, value in fields.items()
        if name.lower() != field.lower()
    }


def _malformed(reply: Reply, _fields: dict[str, object], _now: datetime) -> Reply:
    payload = reply.payload
    return replace(reply, document=None, body=payload[: len(payload) // 2])


def _expired(reply: Reply, fields: dict[str, object], now: datetime) -> Reply:
    return replace(reply, document=_with_end(wire_time(now - _EXPIRED_FOR), fields))


def _with_end(moment: str, fields: Mapping[str, object]) -> dict[str, object]:
    changed: dict[str, object] = {
        name: _with_end(moment, cast("Mapping[str, object]", value)) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }
    # The OAuth service writes it in two spellings.
    ends = [name for name in fields if name.lower() == "expiration"]
    if "AccessKeySecret" in fields and not ends:
        ends = ["Expiration"]
    return changed | dict.fromkeys(ends, moment)


REPLACING: Final[Mapping[str, Callable[..., Reply]]] = {
    "status": _status,
    "body": _body,
    "reset": _reset,
    "silence": _silence,
}
DISTURBING: Final[Mapping[str, Callable[..., Reply]]] = {
    "delay": _delay,
    "truncate": _truncate,
    "drip": _drip,
}
EDITING: Final[Mapping[str, Callable[..., Reply]]] = {
    "code": _code,
    "partial": _partial,
    "malformed": _malformed,
    "expired": _expired,
}
