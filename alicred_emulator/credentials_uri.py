"""The credentials URI: one path that hands out a credential document, without sockets."""

from typing import Final

from alicred_emulator.messages import Reply, Request
from alicred_emulator.pages import error_page
from alicred_emulator.world import World

PATH: Final = "/credentials"
"""Where it answers. The real one is anywhere, since its user names the whole URI."""

OPERATIONS: Final = frozenset({"Credential"})


def operation(request: Request) -> str | None:
    """Name what a request asks for: ``Credential``, or None on any path but `PATH`."""
    return "Credential" if request.path == PATH else None


def answer(world: World, request: Request) -> Reply:
    """Answer a request as the credentials URI.

    Args:
        world: The emulated world.
        request: The request.

    Returns:
        The answer; 404 on another path and 405 for another method than GET (both inferred).
    """
    if operation(request) is None:
        return error_page(404, f"the credentials URI is {PATH}", placed=False)
    if request.method != "GET":
        return error_page(405, "clients ask with GET")
    return world.uri_endpoint.reply()
