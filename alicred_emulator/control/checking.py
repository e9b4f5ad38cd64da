"""Holds what a client sent against its description, and says what is wrong in the client's terms.

It knows what `schemas.py` writes and no more of JSON Schema than that.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from alicred_emulator.control.call import RefusedCallError
from alicred_emulator.control.schemas import Schema


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


_KINDS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "string": ("a text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and _is_number(value)),
    "number": ("a number", _is_number),
    "array": ("a list", lambda value: isinstance(value, list)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "null": ("null", lambda value: value is None),
}
"""What JSON Schema calls a kind: how a message calls it, and whether a value is of it."""


def check(value: object, schema: Schema, where: str = "the body") -> None:
    """Hold a value against its schema.

    Args:
        value: What JSON was read as.
        schema: The schema.
        where: What the value is called in a message.

    Raises:
        RefusedCallError: If it does not fit; the message names the key and what is allowed.
    """
    if "anyOf" in schema:
        _check_either(value, schema["anyOf"], where)
        return
    if "const" in schema and value is not schema["const"]:
        raise _refused(f"{where} is {_written(schema['const'])} or left out")
    kinds = _kinds(schema)
    if kinds and not any(_KINDS[kind][1](value) for kind in kinds):
        raise _refused(f"{where} is {_or(_KINDS[kind][0] for kind in kinds)}, not {_kind_of(value)}")
    if "enum" in schema and value not in schema["enum"]:
        raise _refused(f"{where} is {_or(map(_written, schema['enum']))}, not {_written(value)}")
    if isinstance(value, dict):
        _check_object(cast("dict[str, Any]", value), schema, where)
    elif isinstance(value, list):
        for position, item in enumerate(cast("Sequence[Any]", value)):
            check(item, schema.get("items", {}), f"{_named(where)}[{position}]")


def _check_either(value: object, alternatives: Sequence[Schema], where: str) -> None:
    fitting = [one for one in alternatives if any(_KINDS[kind][1](value) for kind in _kinds(one))]
    if not fitting:
        allowed = _or(_KINDS[kind][0] for one in alternatives for kind in _kinds(one))
        raise _refused(f"{where} is {allowed}, not {_kind_of(value)}")
    check(value, fitting[0], where)


def _check_object(content: Mapping[str, Any], schema: Schema, where: str) -> None:
    known: Mapping[str, Schema] = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    inside = "" if where == "the body" else f"{where}."
    for name, value in content.items():
        if name not in known and others is False:
            raise _refused(f"{inside}{name} is not known; allowed: {', '.join(known) or 'nothing'}")
        check(value, known.get(name, {} if isinstance(others, bool) else others), f"{inside}{name}")
    missing = [name for name in schema.get("required", ()) if name not in content]
    if missing:
        raise _refused(f"{where} lacks {', '.join(missing)}")
    if not schema.get("minProperties", 0) <= len(content) <= schema.get("maxProperties", math.inf):
        wanted = "one" if "maxProperties" in schema else "at least one"
        raise _refused(f"{where} has {wanted} of: {', '.join(known)}; not {len(content)} of them")


def _kinds(schema: Schema) -> list[str]:
    kinds: str | list[str] = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _kind_of(value: object) -> str:
    return next((name for name, fits in _KINDS.values() if fits(value)), "a number out of range")


def _written(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


def _named(where: str) -> str:
    return "" if where == "the body" else where


def _or(names: Any) -> str:
    return " or ".join(dict.fromkeys(names))


def _refused(reason: str) -> RefusedCallError:
    return RefusedCallError(400, reason)
