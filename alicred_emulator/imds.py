"""The metadata service: a request about the instance to its answer, without sockets.

The order of the decisions is the service's own: is it switched on, is it the token that is asked for,
is the method known, is the token good, does the item exist.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs

from alicred_emulator import imds_decisions as decided
from alicred_emulator.identity import identity_document
from alicred_emulator.imds_tokens import LONGEST_TTL, SHORTEST_TTL
from alicred_emulator.imds_tree import (
    LEAVES,
    META_DATA,
    ROLE_DIRECTORY,
    ROOT_LISTING,
    UNREACHABLE,
    VERSIONS,
    is_documented,
    item_of,
    operation,
)
from alicred_emulator.messages import JSON_TYPE, Reply, Request, document, text
from alicred_emulator.metadata import children, nested, written
from alicred_emulator.pages import error_page
from alicred_emulator.world import World

TOKEN_HEADER: Final = "X-aliyun-ecs-metadata-token"  # noqa: S105 - a name, not a token
TTL_HEADER: Final = "X-aliyun-ecs-metadata-token-ttl-seconds"

_DIGITS: Final = re.compile(r"[0-9]{1,9}")


def answer(world: World, request: Request) -> Reply:
    """Answer a request as the metadata service of the world's instance.

    Args:
        world: The emulated world.
        request: The request.

    Returns:
        The answer.
    """
    name = operation(request)
    reply = _decide(world, request, name)
    return reply if name is not None else replace(reply, placed=False)


def _decide(world: World, request: Request, name: str | None) -> Reply:
    if world.instance.http_endpoint == "disabled":
        return error_page(decided.STATUS_ENDPOINT_DISABLED, "HttpEndpoint is disabled")
    if name == "Token" and not world.instance.imds_v2_supported:
        return error_page(404, "the instance does not support tokens")
    if name == "Token" and request.method == "PUT":
        return _issue_token(world, request)
    if name == "Token" or request.method != "GET":
        return error_page(decided.STATUS_METHOD_UNKNOWN, "the method is not known here")
    refusal = _refusal(world, request)
    if refusal is not None:
        return refusal
    if name is None:
        return error_page(404, "no such item")
    return _ANSWERS[name](world, request)


def _issue_token(world: World, request: Request) -> Reply:
    if "X-Forwarded-For" in request.headers:
        return error_page(403, "X-Forwarded-For: tokens are not issued through proxies")
    given = request.headers.get(TTL_HEADER, "")
    if not _DIGITS.fullmatch(given) or not SHORTEST_TTL <= int(given) <= LONGEST_TTL:
        return error_page(decided.STATUS_BAD_TTL, f"a token's TTL is {SHORTEST_TTL} to {LONGEST_TTL} seconds")
    return text(world.imds_tokens.issue(world.clock.now(), int(given)))


def _refusal(world: World, request: Request) -> Reply | None:
    token = request.headers.get(TOKEN_HEADER)
    if token is not None and world.instance.imds_v2_supported:
        if world.imds_tokens.accepts(token, world.clock.now()):
            return None
        return error_page(decided.STATUS_BAD_TOKEN, "the token is unknown or has expired")
    if world.instance.http_tokens == "required":
        return error_page(403, "HttpTokens is required and the request has no token")
    return None


def _listing(names: tuple[str, ...] | list[str]) -> Reply:
    return text(decided.LISTING_SEPARATOR.join(names))


def _version(_world: World, request: Request) -> Reply:
    return _listing(VERSIONS if request.path == "/" else ROOT_LISTING)


def _role_name(world: World, _request: Request) -> Reply:
    role = world.instance.role
    return error_page(404, "no role is attached") if role is None else text(role.name)


def _role_credential(world: World, request: Request) -> Reply:
    role = world.instance.role
    if role is None:
        return error_page(404, "no role is attached")
    if item_of(request.path) != f"{ROLE_DIRECTORY}/{role.name}":
        return error_page(404, f"the attached role is {role.name}")
    return document(world.instance.credential_of(role).document())


def _metadata(world: World, request: Request) -> Reply:
    path = item_of(request.path) or ""
    shown = world.instance.visible_metadata()
    item = path.removeprefix(META_DATA + "/")
    if path != item and item in shown and item not in UNREACHABLE:
        return text(written(item, shown[item]))
    if path == f"{META_DATA}/all":
        return document(nested(shown))
    names = children(_tree(world, shown), path)
    if names:
        return _listing(names)
    return error_page(404, "the instance has no such item", placed=is_documented(item))


def _tree(world: World, shown: Mapping[str, object]) -> dict[str, object]:
    tree: dict[str, object] = {f"{META_DATA}/{item}": None for item in shown}
    tree.update(LEAVES)
    role = world.instance.role
    if role is not None:
        tree[f"{ROLE_DIRECTORY}/{role.name}"] = None
    return tree


def _raw(content: str | bytes | None, what: str) -> Reply:
    return error_page(404, f"no {what} was given") if content is None else text(content)


def _user_data(world: World, _request: Request) -> Reply:
    return _raw(world.instance.user_data, "user data")


def _vendor_data(world: World, _request: Request) -> Reply:
    return _raw(world.instance.vendor_data, "vendor data")


def _system_events(world: World, _request: Request) -> Reply:
    events = world.instance.system_events
    body = json.dumps(events).encode() if events else decided.NO_SYSTEM_EVENTS
    return Reply(body=body, content_type=JSON_TYPE)


def _identity_document(world: World, _request: Request) -> Reply:
    return text(identity_document(world.instance.visible_metadata()))


def _identity_signature(world: World, request: Request) -> Reply:
    audience = parse_qs(request.query).get("audience", [None])[0]
    return text(world.signer.sign(identity_document(world.instance.visible_metadata(), audience)))


_ANSWERS: Final[Mapping[str, Callable[[World, Request], Reply]]] = {
    "Version": _version,
    "RoleName": _role_name,
    "RoleCredential": _role_credential,
    "Metadata": _metadata,
    "UserData": _user_data,
    "VendorData": _vendor_data,
    "SystemEvents": _system_events,
    "IdentityDocument": _identity_document,
    "IdentitySignature": _identity_signature,
}
