"""Credentials that are asked for part by part: what belongs together is handed out together.

Some packages ask a client for the key id, then for the secret, then for the token, and a refresh may come in
between. Rule of this module: whoever was given a key id gets, in the same thread or task, the other parts of
that very credential, until it asks for an id again or the credential has expired. What is remembered for that
keeps no client alive.
"""

from __future__ import annotations

from _weakref import ref
from contextvars import ContextVar
from typing import TYPE_CHECKING

from alicred.models import Credential

__all__ = ["PartByPart"]

_begun: ContextVar[tuple[ref[PartByPart], Credential] | None] = ContextVar("alicred_parts", default=None)


class PartByPart:
    """The getters of a client that hand out one part each."""

    if TYPE_CHECKING:

        def get_credential(self) -> Credential:
            """Return all parts at once."""
            ...

        async def get_credential_async(self) -> Credential:
            """Return all parts at once."""
            ...

    def get_access_key_id(self) -> str | None:
        """Return the key id of the current credential; `get_credential` returns all parts at once."""
        return self._begin(self.get_credential()).access_key_id

    async def get_access_key_id_async(self) -> str | None:
        """Return the key id of the current credential; `get_credential` returns all parts at once."""
        return self._begin(await self.get_credential_async()).access_key_id

    def get_access_key_secret(self) -> str | None:
        """Return the secret that belongs to the key id which this thread or task was given last."""
        return self._belonging(self.get_credential()).access_key_secret

    async def get_access_key_secret_async(self) -> str | None:
        """Return the secret that belongs to the key id which this thread or task was given last."""
        return self._belonging(await self.get_credential_async()).access_key_secret

    def get_security_token(self) -> str | None:
        """Return the session token that belongs to the key id which this thread or task was given last."""
        return self._belonging(self.get_credential()).security_token

    async def get_security_token_async(self) -> str | None:
        """Return the session token that belongs to the key id which this thread or task was given last."""
        return self._belonging(await self.get_credential_async()).security_token

    def get_bearer_token(self) -> str | None:
        """Return the bearer token of the current credential."""
        return self.get_credential().bearer_token

    async def get_bearer_token_async(self) -> str | None:
        """Return the bearer token of the current credential."""
        return (await self.get_credential_async()).bearer_token

    def _begin(self, credential: Credential) -> Credential:
        _begun.set((ref(self), credential))
        return credential

    def _belonging(self, current: Credential) -> Credential:
        begun = _begun.get()
        if begun is None or begun[0]() is not self or begun[1].is_expired():
            return current
        return begun[1]
