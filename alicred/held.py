"""A credential and when it may be served, in one object, so that nobody sees half of two."""

from __future__ import annotations

from alicred.models import Credential
from alicred.refresh import FOREVER, Schedule

__all__ = ["Held"]

_NO_CREDENTIAL = Credential(type="", provider_name="")


class Held:
    """A credential and its times, in epoch seconds of the local clock.

    Only the flight that is in the air moves the times; anybody may end the credential, once and for all.

    Attributes:
        credential: The credential, meaningless once `expires_at` has come.
        refresh_at: When it was first due, or will be.
        serve_from: From here until `serve_until` it is served without a question; a clock that shows less
            has jumped back.
        serve_until: From here on the next caller looks for a newer one.
        expires_at: From here on it is dead.
    """

    __slots__ = ("_ended", "_lifetime", "credential", "expires_at", "refresh_at", "serve_from", "serve_until")

    def __init__(self, credential: Credential = _NO_CREDENTIAL, plan: Schedule | None = None) -> None:
        plan = plan or Schedule(FOREVER, -FOREVER, -FOREVER)
        self.credential: Credential = credential
        self.serve_from: float = plan.fetched_at
        self.serve_until: float = plan.refresh_at
        self.refresh_at: float = plan.refresh_at
        self.expires_at: float = plan.expires_at
        self._lifetime = plan.expires_at - plan.fetched_at
        self._ended = False

    def is_fresh(self, now: float) -> bool:
        """Return whether it is served without a question."""
        return self.serve_from <= now < self.serve_until

    def is_valid(self, now: float) -> bool:
        """Return whether it has not expired."""
        return now < self.expires_at

    def end(self) -> None:
        """Count it as expired, for good."""
        self._ended = True
        self.expires_at = self.serve_until = -FOREVER

    def serve_on(self, now: float, delay: float) -> None:
        """Serve it, after a failed refresh, until the next attempt is due; never beyond its end."""
        if now < self.serve_from:
            # The clock has jumped back, and the end was reckoned by what it showed before.
            self.expires_at = min(self.expires_at, now + self._lifetime)
        self.serve_from = now
        self.serve_until = min(now + delay, self.expires_at)
        if self._ended:
            # It was ended while this was written.
            self.end()
