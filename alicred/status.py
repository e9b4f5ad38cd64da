"""How a client is doing, as a health check or a person wants to know it.

Rules of this module: nobody is asked, and nothing is refreshed; what is told holds no secret.
Moments are aware datetimes in UTC, in the hours of whoever issued the credential.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from alicred import clock
from alicred.exceptions import CredentialException
from alicred.moments import moment
from alicred.session import Session

__all__ = ["State", "Status", "status_of"]

State = Literal["empty", "fresh", "due", "expired", "closed"]


class Status(NamedTuple):
    """A client at one moment.

    Attributes:
        type: The configured type, ``default`` for the default chain.
        provider_name: Where the credential came from that is held, or was held last; before the first one,
            the name of the client's provider.
        state: ``empty`` before the first credential; ``fresh``, ``due`` or ``expired`` as that is; or
            ``closed``.
        expiration: When it ends, or has ended; None for one that does not, and where there is none.
        refresh_at: When it is due, or has become so; None for one that never is, and where there is none.
        last_error: Why the last attempt failed; None after one that did not.
        failures_in_a_row: How many attempts have failed since the last success.
        next_attempt: Before that no refresh is tried; None where the next call tries, or none is planned.
    """

    type: str
    provider_name: str
    state: State
    expiration: datetime | None
    refresh_at: datetime | None
    last_error: CredentialException | None
    failures_in_a_row: int
    next_attempt: datetime | None

    def to_map(self) -> dict[str, Any]:
        """Return the same for JSON, by the names of the attributes.

        Returns:
            Moments as ISO 8601 such as ``2026-01-02T03:04:05+00:00``, the error as its text, the rest as it
            is.
        """
        return {name: _plain(value) for name, value in self._asdict().items()}


def status_of(session: Session, kind: str, provider_name: str) -> Status:
    """Return how a session is doing.

    Args:
        session: The session.
        kind: The type of its client.
        provider_name: The name of its provider.
    """
    now, held, outage = clock.time(), session.held, session.outage
    credential = held.credential
    is_empty = not credential.type
    if session.is_closed:
        return Status(kind, provider_name, "closed", None, None, None, 0, None)
    if is_empty:
        state: State = "empty"
    elif not held.is_valid(now):
        state = "expired"
    else:
        state = "fresh" if outage is None and held.is_fresh(now) else "due"
    next_at = None
    if held.is_fresh(now):
        next_at = held.serve_until
    elif outage is not None and outage.forbids(now):
        next_at = outage.since + outage.delay
    return Status(
        type=kind,
        provider_name=credential.provider_name or provider_name,
        state=state,
        expiration=credential.expiration,
        refresh_at=None if is_empty else moment(held.refresh_at, credential),
        last_error=None if outage is None else outage.error.copy(),
        failures_in_a_row=0 if outage is None else outage.failures,
        next_attempt=None if next_at is None else moment(next_at, credential),
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, CredentialException) else value
