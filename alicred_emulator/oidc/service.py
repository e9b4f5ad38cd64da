"""The issuer's two public documents: a request to its answer, without sockets.

Content types and caching are those of Kubernetes; ACK serves copies of its documents. The paths count from
the issuer's URL, which in the real world has the cluster's id as its path.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from alicred_emulator.messages import JSON_TYPE, Reply, Request, document
from alicred_emulator.oidc.issuer import DISCOVERY_PATH, JWKS_PATH, OidcIssuer
from alicred_emulator.pages import error_page

_JWKS_TYPE: Final = "application/jwk-set+json"
_CACHED: Final = ("Cache-Control", "public, max-age=3600")
_DOCUMENTS: Final[Mapping[str, str]] = {"Discovery": DISCOVERY_PATH, "Jwks": JWKS_PATH}

OPERATIONS: Final = frozenset(_DOCUMENTS)


class HasIssuer(Protocol):
    """A world with an issuer in it."""

    @property
    def oidc(self) -> OidcIssuer:
        """The issuer."""
        ...


def operation(request: Request) -> str | None:
    """Name what a request asks for: ``Discovery`` or ``Jwks``, below whatever path; else None."""
    return next((name for name, path in _DOCUMENTS.items() if request.path.endswith(path)), None)


def answer(world: HasIssuer, request: Request) -> Reply:
    """Answer a request as the issuer.

    Args:
        world: What has the issuer.
        request: The request.

    Returns:
        The answer; 404 on another path, and 405 for another method than GET (both inferred).
    """
    name = operation(request)
    if name is None or request.path != urlsplit(world.oidc.url).path + _DOCUMENTS[name]:
        return error_page(404, f"the issuer is {world.oidc.url}", placed=False)
    if request.method != "GET":
        return error_page(405, "clients ask with GET")
    if name == "Discovery":
        reply, content_type = document(world.oidc.discovery()), JSON_TYPE
    else:
        reply, content_type = document(world.oidc.jwks()), _JWKS_TYPE
    return replace(reply, content_type=content_type, headers=(_CACHED,))
