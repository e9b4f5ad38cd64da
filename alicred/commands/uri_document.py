"""What `alicred serve` answers: the document of a credentials URI.

Clients differ in what they ask of it, so it always has all four parts. Where a credential has no session
token its place is empty: Alibaba's SDKs for Python, Go and Java take that, the one for Node.js and alicred do
not. Where a credential does not end the document says in an hour, so that clients come again.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

from alicred.commands.spans import wire_time
from alicred.models import Credential

__all__ = ["NO_CREDENTIAL", "document"]

_HOUR_SECONDS = 3600

NO_CREDENTIAL = json.dumps(
    {
        "Code": "CredentialUnavailable",
        "Message": "alicred serve has no credential now; its terminal says why.",
    }
).encode()
"""The body where there is no credential. What is wrong is no business of whoever may ask."""


def document(credential: Credential, now: float) -> bytes:
    """Return a credential as clients of a credentials URI read it.

    Args:
        credential: The credential, one with a key.
        now: The wall time, in epoch seconds.
    """
    in_an_hour = now + _HOUR_SECONDS
    # One of which nobody has said when it ends is given up by alicred itself after a while.
    latest = in_an_hour if credential.expires_at is None else min(in_an_hour, credential.expires_at)
    end = credential.expiration or datetime.fromtimestamp(latest, timezone.utc)
    parts = {
        "Code": "Success",
        "AccessKeyId": credential.access_key_id,
        "AccessKeySecret": credential.access_key_secret,
        "SecurityToken": credential.security_token or "",
        "Expiration": wire_time(end),
    }
    return json.dumps(parts).encode()
