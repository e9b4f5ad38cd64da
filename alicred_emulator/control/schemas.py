"""What the control API's messages are described with: JSON Schema, as OpenAPI 3.1 has it.

The rule kept here: a message is described once, as data. `checking.py` holds what a client sends against the
description, and `openapi.py` publishes the same.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Schema]

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer"}
SECONDS: Final[Schema] = {"type": "number", "description": "Seconds."}
MOMENT: Final[Schema] = {"type": "string", "description": "A moment in UTC, like 2026-01-02T03:04:05Z."}
ANY_OBJECT: Final[Schema] = {"type": "object", "additionalProperties": True}
TRUE: Final[Schema] = {"const": True}


def said(schema: Schema, meaning: str) -> Schema:
    """Return a schema with what it means, for a person."""
    return {**schema, "description": meaning}


def nullable(schema: Schema) -> Schema:
    """Return the schema of what may be null as well."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def either(*schemas: Schema, meaning: str = "") -> Schema:
    """Return the schema of what is one of several things."""
    return {"anyOf": list(schemas), **({"description": meaning} if meaning else {})}


def word(*allowed: str) -> Schema:
    """Return the schema of one of a few words."""
    return {"type": "string", "enum": list(allowed)}


def listed(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def mapped(value: Schema) -> Schema:
    """Return the schema of an object with any keys."""
    return {"type": "object", "additionalProperties": value}


def record(fields: Fields, *, required: Collection[str] = (), title: str = "") -> Schema:
    """Return the schema of an object.

    Args:
        fields: The keys that it may have; any other is a mistake.
        required: The keys that it must have.
        title: A name to publish it by.

    Returns:
        The schema.
    """
    schema: dict[str, Any] = {"type": "object", "properties": dict(fields), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    if title:
        schema["title"] = title
    return schema


def whole(title: str, fields: Fields) -> Schema:
    """Return the schema of an object that has all its keys, as answers do."""
    return record(fields, required=tuple(fields), title=title)


LIFETIME: Final = said(SECONDS, "How many seconds it is good; negative for one that has expired.")
CONTENT: Final[Schema] = either(
    TEXT,
    record({"base64": TEXT}, required=["base64"]),
    meaning="Text, or bytes as Base64.",
)

PRINCIPAL_FIELDS: Final[Fields] = {
    "kind": said(word("Account", "RAMUser", "AssumedRoleUser"), "What it is."),
    "arn": said(TEXT, "Its ARN as a caller."),
    "entity_arn": said(TEXT, "The ARN of the root, the user or the role."),
    "account_id": TEXT,
    "principal_id": TEXT,
    "user_id": nullable(TEXT),
    "role_id": nullable(TEXT),
}
PRINCIPAL: Final[Schema] = whole("Principal", PRINCIPAL_FIELDS)
