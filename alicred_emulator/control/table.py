"""All that can be asked of the control API: one table, which answers, checks and describes."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from alicred_emulator.control import (
    account_routes,
    clock_routes,
    emulator_routes,
    fault_routes,
    holder_routes,
    instance_routes,
    record_routes,
    service_routes,
    sign_in_routes,
)
from alicred_emulator.control.call import Call, RefusedCallError, json_reply, read_json
from alicred_emulator.control.callers import check_body
from alicred_emulator.control.checking import check
from alicred_emulator.control.openapi import document
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import ANY_OBJECT, record
from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Reply, Request

ROUTES: Final[Sequence[Route]] = (
    *emulator_routes.ROUTES,
    *clock_routes.ROUTES,
    *fault_routes.ROUTES,
    *record_routes.ROUTES,
    *instance_routes.ROUTES,
    *account_routes.ROUTES,
    *holder_routes.ROUTES,
    *service_routes.ROUTES,
    *sign_in_routes.ROUTES,
    Route(
        method="GET",
        path="/openapi.json",
        operation="openapi",
        summary="Read this description.",
        handle=lambda _call: document(ROUTES),
        answer=ANY_OBJECT,
    ),
)


def answer(emulator: Emulator, request: Request) -> Reply:
    """Do what a request asks for.

    Args:
        emulator: The emulator that it is about.
        request: The request, whose sender may ask.

    Returns:
        The answer.

    Raises:
        RefusedCallError: If it asks for what there is not, or wrongly.
        LookupError: If it names what there is not.
        ValueError: If the emulator does not take a value.
    """
    route, places = _found(request)
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    check(query, record(route.query), "the query")
    call = Call(emulator=emulator, places=places, query=query, body=_body(route, request))
    content = route.handle(call)
    if route.answer is None:
        return Reply(status=route.answered_with, content_type="")
    return json_reply(content, route.answered_with)


def _found(request: Request) -> tuple[Route, dict[str, str]]:
    method = "GET" if request.method == "HEAD" else request.method
    matching = [(route, places) for route in ROUTES if (places := route.match(request.raw_path)) is not None]
    if not matching:
        raise RefusedCallError(404, "there is nothing at that path; GET /openapi.json tells what there is")
    for route, places in matching:
        if route.method == method:
            return route, dict(places)
    allowed = {route.method for route, _ in matching}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    listed = ", ".join(sorted(allowed))
    raise RefusedCallError(405, f"that path takes {listed}, not this method", (("Allow", listed),))


def _body(route: Route, request: Request) -> object:
    check_body(request)
    if route.body is None:
        if request.body:
            raise RefusedCallError(400, f"{route.method} {route.path} takes no body")
        return None
    # An empty object may be left out.
    body: object = read_json(request.body or b"{}")
    check(body, route.body)
    return body
