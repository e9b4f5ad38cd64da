"""Calls of AssumeRole by the rule of signature version 1, in as few lines as that takes.

Of neither package: what verifies is not measured with what it shares a mistake with. All that changes from
call to call is put into texts that were encoded before, so that a million of them are soon made.
"""

import hmac
from base64 import b64encode
from time import gmtime, strftime
from typing import NamedTuple
from urllib.parse import quote, urlencode

FORM_TYPE = "application/x-www-form-urlencoded"
SESSION_SECONDS = 900

_NONCE, _TIME = "NONCE", "TIMESTAMP"


class Caller(NamedTuple):
    """A user, and the role to assume."""

    access_key_id: str
    access_key_secret: str
    role_arn: str


class Forms:
    """Makes the bodies of POST requests by which a caller assumes a role."""

    def __init__(self, caller: Caller) -> None:
        parameters = {
            "AccessKeyId": caller.access_key_id,
            "Action": "AssumeRole",
            "DurationSeconds": str(SESSION_SECONDS),
            "Format": "JSON",
            "RoleArn": caller.role_arn,
            "RoleSessionName": "benchmark",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": _NONCE,
            "SignatureVersion": "1.0",
            "Timestamp": _TIME,
            "Version": "2015-04-01",
        }
        self._form = urlencode(sorted(parameters.items()), quote_via=quote, safe="")
        self._text = f"POST&%2F&{quote(self._form, safe='')}"
        self._key = f"{caller.access_key_secret}&".encode()

    def signed(self, timestamp: str, nonce: str) -> bytes:
        """Return a body.

        Args:
            timestamp: The time as STS reads it.
            nonce: Letters and digits that no other call has.
        """
        # A colon is all that has to be encoded of either, once in the form and twice in what is signed.
        text = self._text.replace(_NONCE, nonce).replace(_TIME, timestamp.replace(":", "%253A"))
        form = self._form.replace(_NONCE, nonce).replace(_TIME, timestamp.replace(":", "%3A"))
        signature = b64encode(hmac.digest(self._key, text.encode(), "sha1")).decode()
        return f"{form}&Signature={quote(signature, safe='')}".encode()


def timestamp_now() -> str:
    """Return the present time as STS reads it."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
