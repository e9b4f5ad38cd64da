"""Moments for people and machines to read, in the hours of whoever issued the credential.

Rule of this module: on a machine whose clock is wrong, what is told agrees with `Credential.expiration`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone

from alicred.models import Credential

__all__ = ["moment"]


def moment(at: float, credential: Credential) -> datetime | None:
    """Return a time of this machine's clock as a moment in UTC; None for one that never comes."""
    end, ends_at = credential.expiration, credential.expires_at
    ahead = 0.0 if end is None or ends_at is None else end.timestamp() - ends_at
    # Infinity, and what lies beyond the last year that there is.
    with suppress(OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(at + ahead, timezone.utc)
    return None
