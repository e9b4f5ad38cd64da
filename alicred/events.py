"""What `Client(on_event=...)` is called with.

    from alicred import Client
    from alicred.events import Event, Refreshed

    def observe(event: Event) -> None:
        if isinstance(event, Refreshed):
            print(event.name, event.expiration)

    client = Client(on_event=observe)

Rules of this module: an event holds no secret, and may go into any log; its `provider_name` is that of the
credential that is held, or was held last, such as ``"default/ecs_ram_role"``, and before the first credential
that of the client. Moments are aware datetimes in UTC, in the hours of whoever issued the credential.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from alicred.exceptions import CredentialException

__all__ = ["Event", "FellBackToImdsV1", "RefreshFailed", "Refreshed", "ServingCached"]


class Refreshed(NamedTuple):
    """A credential was obtained, the first one or the next.

    Attributes:
        provider_name: Where it came from.
        access_key_id: The end of its key id, four characters at most; None where it has none.
        expiration: When it ends; None for one that does not.
        refresh_at: When it is due; None for one that never is.
        failures_before: How many attempts had failed in a row before this one.
        took_seconds: How many seconds that took, by a clock that never jumps.
    """

    provider_name: str
    access_key_id: str | None
    expiration: datetime | None
    refresh_at: datetime | None
    failures_before: int
    took_seconds: float

    @property
    def name(self) -> Literal["refreshed"]:
        """The event's name, for a metric or a log."""
        return "refreshed"


class RefreshFailed(NamedTuple):
    """No credential was obtained.

    Attributes:
        provider_name: Where the last one came from.
        error: Why; its `provider` says who failed.
        failures_in_a_row: How many attempts have failed since the last success, this one included.
        next_attempt: Before that nobody tries again; None where the next call does.
        took_seconds: How many seconds that took, by a clock that never jumps.
    """

    provider_name: str
    error: CredentialException
    failures_in_a_row: int
    next_attempt: datetime | None
    took_seconds: float

    @property
    def name(self) -> Literal["refresh_failed"]:
        """The event's name, for a metric or a log."""
        return "refresh_failed"


class ServingCached(NamedTuple):
    """A refresh has failed, and the credential that is held is served since it is still valid.

    It comes after the `RefreshFailed` that says why.

    Attributes:
        provider_name: Where the credential came from.
        access_key_id: The end of its key id, four characters at most; None where it has none.
        expiration: When it ends, and calls begin to fail; None for one that does not.
        next_attempt: When the next refresh is due.
        failures_in_a_row: How many attempts have failed since it was obtained.
    """

    provider_name: str
    access_key_id: str | None
    expiration: datetime | None
    next_attempt: datetime | None
    failures_in_a_row: int

    @property
    def name(self) -> Literal["serving_cached"]:
        """The event's name, for a metric or a log."""
        return "serving_cached"


class FellBackToImdsV1(NamedTuple):
    """Instance metadata was asked for without a token, and has answered; told once, until that has ended.

    Attributes:
        provider_name: Where the credential comes from, in the end.
        error: Why hardened mode is not to be had.
    """

    provider_name: str
    error: CredentialException

    @property
    def name(self) -> Literal["fell_back_to_imdsv1"]:
        """The event's name, for a metric or a log."""
        return "fell_back_to_imdsv1"


Event = Refreshed | RefreshFailed | ServingCached | FellBackToImdsV1
