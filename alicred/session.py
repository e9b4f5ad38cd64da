"""The cache around one provider: who fetches, who waits, and who is served what is there.

Rules of this module, for any mixture of threads, tasks and event loops:

- at most one fetch is in flight a process (`_claim`), and no lock is held while it runs;
- what is held is replaced whole (`Held`), so nobody sees half of it;
- while a credential is valid nobody gets an error, and once it has expired nobody gets the credential;
- a failure while it is valid delays the next attempt; one after it has expired is, if it is temporary, the
  verdict for everybody until the next attempt.

The claim is one entry of a dict under the process's id, set by `dict.setdefault`, which is atomic; a forked
child has another id, so a flight of its parent's never concerns it and there is no lock that it could find
closed.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from alicred import jitter
from alicred.clock import Clock
from alicred.exceptions import ConfigurationError, CredentialException
from alicred.flight import Flight
from alicred.log import logger
from alicred.models import Credential
from alicred.providers.base import Issued, Provider
from alicred.refresh import next_delay, schedule

__all__ = ["Held", "Session", "forget_verdicts"]

_NEVER = float("inf")
_NO_CREDENTIAL = Credential(type="", provider_name="")
_epoch = 0


def forget_verdicts() -> None:
    """Make every session of this process try again although its last attempt failed a moment ago."""
    global _epoch  # noqa: PLW0603 - it concerns all sessions, which nobody keeps a list of
    _epoch += 1


class Verdict(NamedTuple):
    """A temporary failure that stands for everybody who asks before `until`."""

    error: CredentialException
    since: float
    until: float
    epoch: int

    def applies(self, now: float) -> bool:
        """Return whether it still stands; not after a backward jump of the clock."""
        return self.epoch == _epoch and self.since <= now < self.until


class Held:
    """What a session knows at one moment; times are epoch seconds of the local clock.

    Written out rather than generated, since every read of a credential goes through it.

    Attributes:
        credential: The credential, meaningless once `expires_at` has come.
        serve_from: From here until `serve_until` it is served without a question; a clock that shows less
            has jumped back.
        serve_until: From here on the next caller looks for a newer one.
        expires_at: From here on it is dead.
        delay: The back-off after the last attempt, in seconds; 0 if it succeeded.
        verdict: The failure that stands in its place.
    """

    __slots__ = ("credential", "delay", "expires_at", "serve_from", "serve_until", "verdict")

    def __init__(  # noqa: PLR0913 - the parts of a value
        self,
        credential: Credential = _NO_CREDENTIAL,
        *,
        serve_from: float = _NEVER,
        serve_until: float = -_NEVER,
        expires_at: float = -_NEVER,
        delay: float = 0.0,
        verdict: Verdict | None = None,
    ) -> None:
        self.credential = credential
        self.serve_from = serve_from
        self.serve_until = serve_until
        self.expires_at = expires_at
        self.delay = delay
        self.verdict = verdict

    def is_valid(self, now: float) -> bool:
        """Return whether there is a credential that has not expired."""
        return now < self.expires_at


class Session:
    """Keeps one provider's credential fresh.

    Attributes:
        held: What is known now. Replaced, never changed, so that one read of it is consistent.
    """

    __slots__ = ("_clock", "_closed", "_flights", "_provider", "held")

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._closed = False
        self._flights: dict[int, Flight] = {}
        self.held = Held()

    def renew(self) -> Credential:
        """Return a valid credential when the one that is held cannot be served without a question.

        Raises:
            CredentialException: None is held that is valid, and none is to be had.
        """
        while True:
            boarded = self._board()
            if isinstance(boarded, Credential):
                return boarded
            flight, is_mine = boarded
            if is_mine:
                self._fly(flight)
            else:
                flight.wait()
            credential = self._arrived(flight)
            if credential is not None:
                return credential

    async def renew_async(self) -> Credential:
        """Do the same as `renew` for a task: it waits for a flight that has a thread of its own."""
        while True:
            boarded = self._board()
            if isinstance(boarded, Credential):
                return boarded
            flight, is_mine = boarded
            if is_mine:
                self._fly_in_a_thread(flight)
            await flight.wait_async()
            credential = self._arrived(flight)
            if credential is not None:
                return credential

    def invalidate(self, credential: Credential) -> None:
        """Count a credential as expired if it is the one that is held."""
        if self.held.credential == credential:
            self.held = Held()

    def close(self) -> None:
        """Forget the credential and serve none any more."""
        self._closed = True
        self.held = Held()

    def _board(self) -> Credential | tuple[Flight, bool]:
        """Return what can be served at once, or the flight to wait for and whether it is ours to fly."""
        while True:
            now = self._clock.time()
            held = self.held
            if self._closed:
                raise ConfigurationError("this client has been closed.", remedy="Build another one.")
            if held.serve_from <= now < held.serve_until:
                return held.credential
            if held.verdict is not None and held.verdict.applies(now):
                raise held.verdict.error.copy()
            flight, is_mine = self._claim(now)
            if is_mine:
                if self.held is held:
                    return flight, True
                # Another flight landed between the look and the claim: look again.
                self._release(flight, None)
            elif held.is_valid(now):
                return held.credential
            elif flight.is_flown_by_me():
                raise CredentialException(
                    "the credential was asked for while this thread is fetching it.",
                    remedy="Do not use this client in a log handler or a signal handler.",
                )
            else:
                return flight, False

    def _claim(self, now: float) -> tuple[Flight, bool]:
        process = os.getpid()
        offered = Flight(now)
        flight = self._flights.setdefault(process, offered)
        if flight is offered and len(self._flights) > 1:
            # Flights of parents never land here, and their ids may be given out again.
            self._flights = {process: flight}
        return flight, flight is offered

    def _release(self, flight: Flight, error: Exception | None) -> None:
        self._flights.pop(os.getpid(), None)
        flight.land(error)

    def _fly_in_a_thread(self, flight: Flight) -> None:
        from threading import Thread  # noqa: PLC0415 - loaded wherever an event loop runs

        thread = Thread(target=self._fly, args=(flight,), name="alicred-refresh", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread is to be had. Holding up one loop is better than failing all that wait.
            self._fly(flight)

    def _fly(self, flight: Flight) -> None:
        error: Exception | None = None
        flight.take_off()
        try:
            issued = self._provider.fetch(flight.started_at)
            self._keep(issued, flight.started_at)
        except Exception as failure:  # noqa: BLE001 - everybody who waits gets it, whatever it is
            error = failure
            self._note_failure(failure)
        finally:
            # In any case: an interrupted pilot leaves the flight to those who wait, and one of them goes on.
            self._release(flight, error)

    def _keep(self, issued: Issued, fetched_at: float) -> None:
        plan = schedule(fetched_at, issued.credential.expires_at, issued.window)
        recovered = self.held.delay > 0
        self.held = Held(
            issued.credential,
            serve_from=plan.fetched_at,
            serve_until=plan.refresh_at,
            expires_at=plan.expires_at,
        )
        if self._closed:
            self.held = Held()
        if recovered:
            logger().info("%s: refreshing works again", self._provider.name)

    def _note_failure(self, error: Exception) -> None:
        now = self._clock.time()
        held = self.held
        delay = next_delay(held.delay, jitter.uniform)
        if held.is_valid(now):
            self.held = Held(
                held.credential,
                serve_from=now,
                serve_until=min(now + delay, held.expires_at),
                expires_at=held.expires_at,
                delay=delay,
            )
            if not held.delay:
                until = held.credential.expiration
                logger().warning("%s The credential that is held is served, until %s.", _told(error), until)
        elif isinstance(error, CredentialException) and error.temporary:
            self.held = Held(delay=delay, verdict=Verdict(error.copy(), now, now + delay, _epoch))

    def _arrived(self, flight: Flight) -> Credential | None:
        """Return what a landed flight has brought, or None where one has to look again."""
        held = self.held
        if held.is_valid(self._clock.time()):
            return held.credential
        if flight.error is None:
            return None
        raise flight.error.copy() if isinstance(flight.error, CredentialException) else flight.error


def _told(error: Exception) -> str:
    return (
        str(error) if isinstance(error, CredentialException) else f"internal error ({type(error).__name__})"
    )
