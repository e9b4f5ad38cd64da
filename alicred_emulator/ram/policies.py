"""Session policies: whether a text is one, as far as its grammar goes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

_KEYS: Final = frozenset(
    {"Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid"},
)


def is_policy(text: str) -> bool:
    """Tell whether a text is a RAM policy: Version 1 and statements about actions on resources.

    What the policy means for a service is not judged: the fakes grant what a policy would deny.
    """
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    fields = cast("dict[str, Any]", document)
    statements: Any = fields.get("Statement")
    listed = _listed(statements)
    well_formed = fields.keys() == {"Version", "Statement"} and fields["Version"] == "1"
    return well_formed and bool(listed) and all(map(_is_statement, listed))


def _is_statement(statement: Any) -> bool:
    if not isinstance(statement, dict):
        return False
    fields = cast("Mapping[str, Any]", statement)
    return (
        fields.keys() <= _KEYS
        and fields.get("Effect") in ("Allow", "Deny")
        and _names_something(fields, "Action", "NotAction")
        and _names_something(fields, "Resource", "NotResource")
        and isinstance(fields.get("Condition", {}), dict)
    )


def _names_something(fields: Mapping[str, Any], name: str, negated: str) -> bool:
    if (name in fields) == (negated in fields):
        return False
    value: Any = fields.get(name, fields.get(negated))
    listed = _listed(value)
    return bool(listed) and all(isinstance(one, str) and one for one in listed)


def _listed(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else [value]
