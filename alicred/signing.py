"""Signatures as Alibaba Cloud's gateways check them: ACS3-HMAC-SHA256, and what version 1 signs.

Rule of this module: whatever is signed is encoded here and sent as it was signed, so a blank is ``%20`` in
both places, and never ``+``.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

__all__ = ["Request", "canonical_request", "encoded", "sign", "string_to_sign"]

_ALGORITHM = "ACS3-HMAC-SHA256"
_HASH_HEADER = "x-acs-content-sha256"


class Request(NamedTuple):
    """A request to an API whose only path is ``/``.

    Attributes:
        method: The HTTP method.
        query: The parameters of the query.
        headers: The headers by name.
        body: The body, empty where there is none.
    """

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def target(self) -> str:
        """The path and the query."""
        return f"/?{encoded(self.query)}" if self.query else "/"

    def __repr__(self) -> str:
        return f"Request(method={self.method!r})"


def encoded(parameters: Mapping[str, str]) -> str:
    """Return parameters as a query, or as a form, in the order in which they are signed."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(parameters.items()))


def sign(request: Request, access_key_id: str, access_key_secret: str) -> Request:
    """Return the request with the headers that prove who sends it.

    ``host``, ``content-type`` and every ``x-acs-`` header are signed, so they must be there already.
    """
    hashed = {**request.headers, _HASH_HEADER: sha256(request.body).hexdigest()}
    canonical = canonical_request(request._replace(headers=hashed))
    text = f"{_ALGORITHM}\n{sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(access_key_secret.encode(), text.encode(), "sha256").hex()
    names = ";".join(_signed(hashed))
    authorization = f"{_ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signature}"
    return request._replace(headers={**hashed, "Authorization": authorization})


def canonical_request(request: Request) -> str:
    """Return what the signature of ACS3-HMAC-SHA256 is about."""
    signed = _signed(request.headers)
    lines = [f"{name}:{value}" for name, value in signed.items()]
    parts = [request.method, "/", encoded(request.query), *lines, "", ";".join(signed)]
    return "\n".join([*parts, sha256(request.body).hexdigest()])


def string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    """Return what a signature of version 1 is about.

    Args:
        method: The HTTP method.
        parameters: All parameters, of the query and of a form together, but for ``Signature``.
    """
    return f"{method}&{_encoded('/')}&{_encoded(encoded(parameters))}"


def _encoded(text: str) -> str:
    # Letters, digits and _.-~ stand for themselves.
    return quote(text, safe="")


def _signed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are signed, in their order."""
    found = {name.lower(): value.strip() for name, value in headers.items()}
    return {
        name: found[name]
        for name in sorted(found)
        if name in ("host", "content-type") or name.startswith("x-acs-")
    }
