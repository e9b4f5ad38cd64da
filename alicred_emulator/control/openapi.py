"""The OpenAPI document of the control API, made of the routes that answer it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import TEXT, Schema, whole

_TITLE: Final = "alicred-emulator control API"
_ABOUT: Final = (
    "Steers a running emulator from another process. It listens on loopback alone, answers to the hosts "
    "127.0.0.1, localhost and [::1] with its port, and refuses whatever a browser's page sends. Bodies are "
    "JSON; a key that is not described is refused, and so is a request that says it has another type."
)
_PLACES: Final[Mapping[str, str]] = {
    "access_key_id": "LTAI5tFAKE",
    "account_id": "1234567890123456",
    "configuration_id": "ac-00fake000000000001",
    "fault_id": "1",
    "oidc_provider": "ack-rrsa-demo",
    "role": "demo-role",
    "saml_provider": "demo-idp",
    "service": "imds",
    "user": "demo-user",
}
"""What stands in a path, by an example."""

_ERROR: Final = whole("Error", {"error": TEXT})
_REFUSALS: Final[Mapping[str, str]] = {
    "400": "Something in it is not known, missing or out of range; the message names it.",
    "403": "A browser's page asked, or another host was meant.",
    "404": "There is no such thing.",
    "409": "The emulator is in no state to do it, as when a port is taken.",
    "413": "The body is too long.",
    "415": "The body is not said to be JSON.",
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document.

    Args:
        routes: All operations.

    Returns:
        What OpenAPI 3.1 calls an OpenAPI object, fit for JSON.
    """
    from importlib.metadata import version  # noqa: PLC0415 - slow to load, and seldom asked for

    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components)
    responses = {
        status: {"description": meaning, "content": _json(_published(_ERROR, components))}
        for status, meaning in _REFUSALS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": version("alicred"), "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items())), "responses": responses},
    }


def _operation(route: Route, components: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "It is done."}
    if route.answer is not None:
        done["content"] = _json(_published(route.answer, components))
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [route.path.split("/")[1]],
        "responses": {
            str(route.answered_with): done,
            **{status: {"$ref": f"#/components/responses/{status}"} for status in _REFUSALS},
        },
    }
    parameters = [*map(_place, route.places), *(_in_query(*item) for item in route.query.items())]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        content = _json(_published(route.body, components))
        content["application/json"]["examples"] = {
            name.replace(" ", "_"): {"value": value} for name, value in route.examples.items()
        }
        operation["requestBody"] = {"required": bool(route.body.get("required")), "content": content}
    return operation


def _place(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT, "example": _PLACES[name]}


def _in_query(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _published(schema: Any, components: dict[str, Any]) -> Any:
    """Return a schema with what has a title put among the components, and named."""
    if isinstance(schema, list):
        return [_published(item, components) for item in cast("Sequence[Any]", schema)]
    if not isinstance(schema, Mapping):
        return schema
    parts = cast("Mapping[str, Any]", schema)
    written = {name: _published(part, components) for name, part in parts.items()}
    title = written.get("title")
    # Among properties, "title" may be the name of one.
    if not isinstance(title, str):
        return written
    components[title] = written
    return {"$ref": f"#/components/schemas/{title}"}
