"""Reading the JSON document in which a service hands out a credential.

Rule of this module: whatever a service may answer ends in a credential that is complete or in an error that
says which part of the answer is wrong; nothing of the answer itself gets into the error.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, cast

from alicred.answers import code_in, json_object
from alicred.exceptions import CredentialRefusedError
from alicred.models import Credential
from alicred.providers.service import Service
from alicred.transport import Reply

__all__ = ["LONGEST_LIFETIME_SECONDS", "DocumentReader", "Layout"]

_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
# No service grants a session of more than half a day; a year leaves room for emulators and odd clocks.
LONGEST_LIFETIME_SECONDS = timedelta(days=366).total_seconds()


class Layout(NamedTuple):
    """Where a document holds the parts of a credential.

    Attributes:
        within: The field that holds them; None where the document itself does, and then it has a ``Code``
            that says whether there is a credential.
        access_key_id: The name of the key id.
        access_key_secret: The name of the secret.
        security_token: The name of the token, None where there is none.
    """

    within: str | None = None
    access_key_id: str = "AccessKeyId"
    access_key_secret: str = "AccessKeySecret"  # noqa: S105 - a field's name
    security_token: str | None = "SecurityToken"  # noqa: S105 - the same


_FLAT = Layout()


class DocumentReader:
    """Reads the documents of one service."""

    __slots__ = ("_layout", "_service", "_type")

    def __init__(self, service: Service, *, credential_type: str, layout: Layout = _FLAT) -> None:
        self._service = service
        self._type = credential_type
        self._layout = layout

    def read(self, reply: Reply, now: float) -> Credential:
        """Return the credential in a reply.

        Args:
            reply: A reply with status 200.
            now: The local wall time, in epoch seconds.

        Raises:
            ServiceUnreachableError: The document is not what the service documents.
            CredentialRefusedError: It says that there is no credential.
        """
        fields = self._fields(reply.body)
        expiration = self._expiration(fields)
        expires_at = expiration.timestamp() - reply.server_ahead
        self._check_lifetime(expires_at - now)
        names = self._layout
        return Credential(
            type=self._type,
            provider_name=self._service.provider,
            access_key_id=self._text(fields, names.access_key_id),
            access_key_secret=self._text(fields, names.access_key_secret),
            security_token=self._text(fields, names.security_token) if names.security_token else None,
            expiration=expiration,
            expires_at=expires_at,
        )

    def _fields(self, body: bytes) -> dict[str, Any]:
        document = json_object(body)
        if document is None:
            raise self._service.malformed("with something that is not a JSON object")
        within = self._layout.within
        if within is None:
            self._check_code(document)
            return document
        fields = document.get(within)
        if not isinstance(fields, dict):
            raise self._service.malformed(f"with a document in which {within} is missing or not an object")
        return cast("dict[str, Any]", fields)

    def _check_code(self, document: dict[str, Any]) -> None:
        if document.get("Code") == "Success":
            return
        code = code_in(document)
        said = code or "missing or not a code"
        raise CredentialRefusedError(
            f'{self._service.title} answered, but with Code {said} in place of "Success".',
            remedy=f"Ask {self._service.author} why it hands out no credential.",
            provider=self._service.provider,
            code=code,
        )

    def _text(self, fields: dict[str, Any], name: str) -> str:
        value = fields.get(name)
        if not isinstance(value, str) or not value:
            raise self._service.malformed(f"with a document in which {name} is missing, empty or not a text")
        if not value.isascii() or not value.isprintable():
            raise self._service.malformed(f"with a document in which {name} cannot be printed")
        return value

    def _expiration(self, fields: dict[str, Any]) -> datetime:
        text = self._text(fields, "Expiration")
        if _EXPIRATION.fullmatch(text):
            with suppress(ValueError):
                return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=timezone.utc)
        raise self._service.malformed("with an Expiration that is not of the form 2026-01-31T12:00:00Z")

    def _check_lifetime(self, seconds: float) -> None:
        if seconds <= 0:
            raise self._service.malformed(
                "with a credential that has expired already, unless this machine's clock is wrong"
            )
        if seconds > LONGEST_LIFETIME_SECONDS:
            raise self._service.malformed("with a credential that ends more than a year from now")
