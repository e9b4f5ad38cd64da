"""Who may ask: programs on this machine that mean this API, and no page in a browser.

A page of any site can have a browser send requests to loopback, and can have its own name resolve to
127.0.0.1 (DNS rebinding). The first kind carries an ``Origin`` or ``Sec-Fetch-Site``, the second the foreign
name in ``Host``; neither kind can say ``application/json`` without asking first, which is refused as well.
"""

from typing import Final

from alicred_emulator.control.call import RefusedCallError
from alicred_emulator.messages import JSON_TYPE, Request

LONGEST_BODY: Final = 1024 * 1024
"""Bytes of a body; nothing that is sent here comes near."""

_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def check_caller(request: Request, port: int) -> None:
    """Refuse whoever may not ask.

    Args:
        request: The request.
        port: The port that it came to.

    Raises:
        RefusedCallError: If a browser's page asks, or somebody who meant another host.
    """
    if "origin" in request.headers:
        raise RefusedCallError(403, "pages in a browser may not ask here: send no Origin")
    if request.headers.get("sec-fetch-site", "none") != "none":
        raise RefusedCallError(403, "pages in a browser may not ask here: send no Sec-Fetch-Site")
    expected = {f"{name}:{port}" for name in _NAMES}
    # A whole URL as target names a host besides the header's.
    if not {request.host.lower(), request.headers.get("host", "").lower()} <= expected:
        raise RefusedCallError(403, f"that host is not this one: ask {' or '.join(sorted(expected))}")


def check_body(request: Request) -> None:
    """Refuse a body that is no JSON by its own word.

    Raises:
        RefusedCallError: If it says that it is something else, or is too long.
    """
    kind = request.headers.get("content-type")
    if kind is None and not request.body:
        return
    essence = (kind or "").partition(";")[0].strip().lower()
    if essence != JSON_TYPE:
        raise RefusedCallError(415, f"a body is JSON: send it with Content-Type: {JSON_TYPE}")
    if len(request.body) > LONGEST_BODY:
        raise RefusedCallError(413, f"the body is longer than {LONGEST_BODY} bytes")
