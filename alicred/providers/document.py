"""Reading the JSON document in which a service hands out a credential.

Rule of this module: whatever a service may answer ends in a credential that is complete or in an error that
says which part of the answer is wrong; nothing of the answer itself gets into the error.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from alicred.exceptions import CredentialRefusedError
from alicred.models import Credential
from alicred.providers.service import Service
from alicred.transport import Reply

__all__ = ["DocumentReader"]

_EXPIRATION_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
# A documented code is made of words, as InvalidRole.NotFound; what else stands there may be a secret.
_CODE = re.compile(r"(?=.{1,64}\Z)([A-Z][a-z]+)+(\.([A-Z][a-z]+)+)*")
# No service grants a session of more than half a day; a year leaves room for emulators and odd clocks.
_LONGEST_LIFETIME_SECONDS = timedelta(days=366).total_seconds()


class DocumentReader:
    """Reads the documents of one service."""

    def __init__(self, service: Service, *, credential_type: str) -> None:
        self._service = service
        self._type = credential_type

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
        return Credential(
            type=self._type,
            provider_name=self._service.provider,
            access_key_id=self._text(fields, "AccessKeyId"),
            access_key_secret=self._text(fields, "AccessKeySecret"),
            security_token=self._text(fields, "SecurityToken"),
            expiration=expiration,
            expires_at=expires_at,
        )

    def _fields(self, body: bytes) -> dict[str, Any]:
        try:
            document: Any = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise self._service.malformed("with something that is not a JSON object")
        fields = cast("dict[str, Any]", document)
        code = fields.get("Code")
        if code == "Success":
            return fields
        said = code if isinstance(code, str) and _CODE.fullmatch(code) else "missing or not a code"
        raise CredentialRefusedError(
            f'{self._service.title} answered, but with Code {said} in place of "Success".',
            remedy=f"Ask {self._service.author} why it hands out no credential.",
            provider=self._service.provider,
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
                return datetime.strptime(text, _EXPIRATION_FORMAT).replace(tzinfo=timezone.utc)
        raise self._service.malformed("with an Expiration that is not of the form 2026-01-31T12:00:00Z")

    def _check_lifetime(self, seconds: float) -> None:
        if seconds <= 0:
            raise self._service.malformed(
                "with a credential that has expired already, unless this machine's clock is wrong"
            )
        if seconds > _LONGEST_LIFETIME_SECONDS:
            raise self._service.malformed("with a credential that ends more than a year from now")
