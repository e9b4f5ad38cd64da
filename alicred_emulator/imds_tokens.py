"""The tokens of the metadata service's hardened mode.

A token carries its own expiry under a keyed digest, so that any number may be alive, as on the real
service, and none takes memory. Another world has another key, so its tokens are refused here.
"""

import base64
import hashlib
import hmac
import itertools
import secrets
from datetime import datetime, timedelta
from typing import Final

SHORTEST_TTL: Final = 1
LONGEST_TTL: Final = 21600
"""Bounds of a token's life in seconds, both allowed (documented)."""

_DIGEST_SIZE: Final = 24


class ImdsTokens:
    """Issues tokens and recognises its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._numbers = itertools.count(1)

    def issue(self, now: datetime, ttl_seconds: int) -> str:
        """Return a new token of printable ASCII that is good for so many seconds."""
        expiry = (now + timedelta(seconds=ttl_seconds)).timestamp()
        claim = f"{expiry:.6f}/{next(self._numbers)}"
        return self._written(claim)

    def accepts(self, token: str, now: datetime) -> bool:
        """Tell whether a token is one of these and has not expired; at its expiry it is refused."""
        try:
            claim = base64.urlsafe_b64decode(token.partition(".")[0]).decode("ascii")
        except ValueError:
            return False
        # The whole is compared, since many texts decode to the same claim.
        if not hmac.compare_digest(token.encode(), self._written(claim).encode()):
            return False
        return now.timestamp() < float(claim.partition("/")[0])

    def _written(self, claim: str) -> str:
        return f"{base64.urlsafe_b64encode(claim.encode()).decode('ascii')}.{self._digest(claim)}"

    def _digest(self, claim: str) -> str:
        return hashlib.blake2b(claim.encode(), key=self._key, digest_size=_DIGEST_SIZE).hexdigest()
