"""What is taken out of a service's answer: a JSON object, and the words in it that may be shown.

Rule of this module: a code and a request's id are shown only if they look like such, since whatever else
stands in their place may be a secret.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

__all__ = ["code_in", "json_object", "request_id_in"]

# A documented code is made of words, as InvalidRole.NotFound, and of these abbreviations.
_WORDS = "(?:[A-Z][a-z]+|OIDC|SAML|HTTP|MD5|MFA|API|RAM|STS|URL|ID|IP)+"
_CODE = re.compile(rf"(?=.{{1,64}}\Z){_WORDS}(?:\.{_WORDS})*")
_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def json_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a body is, None where it is anything else."""
    try:
        document: Any = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None


def code_in(fields: dict[str, Any]) -> str | None:
    """Return the service's word for what happened, None where there is none that may be shown."""
    return _shown(fields.get("Code"), _CODE)


def request_id_in(fields: dict[str, Any]) -> str | None:
    """Return the id of the request, None where there is none that may be shown."""
    return _shown(fields.get("RequestId"), _REQUEST_ID)


def _shown(value: object, form: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None
