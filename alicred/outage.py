"""What fails again and again: how often it did, and until when nobody tries anew.

Rules of this module: a failure while a credential is valid delays the next attempt, and no more; one that
comes when there is nothing to serve is, if it is temporary, the verdict for everybody until the next attempt.
"""

from __future__ import annotations

from typing import NamedTuple

from alicred import jitter
from alicred.clock import Clock
from alicred.exceptions import CredentialException
from alicred.held import Held
from alicred.refresh import next_delay

__all__ = ["Outage", "forget_verdicts", "prolonged"]

_epoch = 0


def forget_verdicts() -> None:
    """Make every session of this process try again although its last attempt failed a moment ago."""
    global _epoch  # noqa: PLW0603 - it concerns all sessions, which nobody keeps a list of
    _epoch += 1


class Outage(NamedTuple):
    """Failures in a row.

    Attributes:
        error: The last one.
        failures: How many there were.
        since: When the last one came.
        delay: How long nobody tries after it.
        is_verdict: Whether it is the answer to everybody who asks meanwhile.
        epoch: A verdict of an earlier epoch has been forgotten.
    """

    error: CredentialException
    failures: int
    since: float
    delay: float
    is_verdict: bool
    epoch: int

    def forbids(self, now: float) -> bool:
        """Return whether it stands as a verdict; not after a backward jump of the clock."""
        return self.is_verdict and self.epoch == _epoch and self.since <= now < self.since + self.delay


def prolonged(before: Outage | None, failure: Exception, held: Held, clock: Clock, name: str) -> Outage:
    """Return the outage that a failure begins or prolongs; what is held and valid is served on.

    Args:
        before: The one that it prolongs.
        failure: What was raised; whatever is none of alicred's own errors is told by its type alone.
        held: The credential whose refresh has failed.
        clock: When that was.
        name: The name of the provider that failed.
    """
    failures, delay = (before.failures, before.delay) if before is not None else (0, 0.0)
    delay = next_delay(delay, jitter.uniform)
    now = clock.time()
    is_served = held.is_valid(now)
    if is_served:
        held.serve_on(now, delay)
    error = _told(failure, name)
    return Outage(error, failures + 1, now, delay, error.temporary and not is_served, _epoch)


def _told(failure: Exception, name: str) -> CredentialException:
    if isinstance(failure, CredentialException):
        return failure
    return CredentialException(
        f"internal error ({type(failure).__name__}).", remedy="Report it: it is alicred's own.", provider=name
    )
