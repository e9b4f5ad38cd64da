"""Credentials that are asked for part by part: what belongs together is handed out together.

Some packages ask a client for the key id, then for the secret, then for the token, and a refresh may come in
between. Rule of this module: whoever was given a key id gets, in the same thread or task, the other parts of
that very credential, until it asks for an id again or the credential has expired.
"""

from __future__ import annotations

from contextvars import ContextVar

from alicred.models import Credential

__all__ = ["begin", "belonging"]

_begun: ContextVar[tuple[object, Credential] | None] = ContextVar("alicred_parts", default=None)


def begin(owner: object, credential: Credential) -> Credential:
    """Remember the credential whose key id its owner hands out."""
    _begun.set((owner, credential))
    return credential


def belonging(owner: object, current: Credential) -> Credential:
    """Return the credential whose key id the owner has handed out here, or the current one."""
    begun = _begun.get()
    if begun is None or begun[0] is not owner or begun[1].is_expired():
        return current
    return begun[1]
