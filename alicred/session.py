"""The cache around one provider: who fetches, who waits, and who is served what is there.

Rules of this module, for any mixture of threads, tasks and event loops:

- a session has at most one fetch in flight in a process, and no lock is held while it runs;
- a credential and its times are held in one object (`Held`), so nobody sees half of one and half of another;
- while a credential is valid nobody gets an error, and once it has expired nobody gets the credential;
- a failure while it is valid delays the next attempt; one after it has expired is, if it is temporary, the
  verdict for everybody until the next attempt.

The right to fetch is one entry of a dict under the process's id, claimed by `dict.setdefault`, which is
atomic; a forked child has another id, so a flight of its parent's never concerns it and there is no lock that
it could find closed. Whoever claims it gives it back whatever happens, an interrupt included.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from alicred import jitter, log
from alicred.clock import Clock
from alicred.exceptions import ConfigurationError, CredentialException, ServiceUnreachableError
from alicred.flight import Flight
from alicred.held import Held
from alicred.models import Credential
from alicred.providers.base import Issued, Provider
from alicred.refresh import next_delay, schedule

__all__ = ["Session", "forget_verdicts"]

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


class Session:
    """Keeps one provider's credential fresh.

    Attributes:
        held: The credential that is there, if one is.
    """

    __slots__ = ("_clock", "_closed", "_delay", "_flights", "_provider", "_verdict", "held")

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._closed = False
        self._delay = 0.0
        self._verdict: Verdict | None = None
        self._flights: dict[int, Flight] = {}
        self.held = Held()

    def renew(self) -> Credential:
        """Return a valid credential when the one that is held cannot be served without a question.

        Raises:
            CredentialException: None is held that is valid, and none is to be had.
        """
        while True:
            now, held = self._clock.time(), self.held
            if self._can_serve(held, now):
                return held.credential
            flight = Flight(now)
            try:
                leading = self._claim(flight)
                if leading is flight and self.held is held:
                    self._fly(flight)
            finally:
                self._give_back(flight)
            if leading is not flight:
                if held.is_valid(now):
                    return held.credential
                self._refuse_to_wait_for_myself(leading)
                leading.wait()
            credential = self._arrived(leading)
            if credential is not None:
                return credential

    async def renew_async(self) -> Credential:
        """Do the same as `renew` for a task: it waits for a flight that has a thread of its own.

        Raises:
            CredentialException: None is held that is valid, and none is to be had.
        """
        while True:
            now, held = self._clock.time(), self.held
            if self._can_serve(held, now):
                return held.credential
            flight = Flight(now)
            leading = self._claim(flight)
            if leading is not flight:
                if held.is_valid(now):
                    return held.credential
                self._refuse_to_wait_for_myself(leading)
            elif self.held is held:
                self._fly_in_a_thread(flight)
            else:
                self._give_back(flight)
            await leading.wait_async()
            credential = self._arrived(leading)
            if credential is not None:
                return credential

    def invalidate(self, credential: Credential) -> None:
        """Count a credential as expired if it is the one that is held."""
        held = self.held
        if held.credential == credential:
            held.end()

    def close(self) -> None:
        """Forget the credential and serve none any more; a flight in the air lands for nobody."""
        self._closed = True
        self.held.end()

    def _can_serve(self, held: Held, now: float) -> bool:
        if self._closed:
            raise ConfigurationError("this client has been closed.", remedy="Build another one.")
        if held.serve_from <= now < held.serve_until:
            return True
        verdict = self._verdict
        if verdict is not None and verdict.applies(now):
            raise verdict.error.copy()
        return False

    def _claim(self, offered: Flight) -> Flight:
        """Return the flight that is in the air in this process: the one that is offered, or another."""
        process = os.getpid()
        flight = self._flights.setdefault(process, offered)
        if flight is offered and len(self._flights) > 1:
            # Flights of parents never land here, and their ids may be given out again.
            self._flights = {process: flight}
        return flight

    def _give_back(self, flight: Flight) -> None:
        process = os.getpid()
        try:
            if self._flights.get(process) is flight:
                del self._flights[process]
        finally:
            flight.land()

    @staticmethod
    def _refuse_to_wait_for_myself(flight: Flight) -> None:
        if flight.is_flown_by_me():
            raise CredentialException(
                "the credential was asked for while this thread is fetching it.",
                remedy="Do not use this client in a log handler or a signal handler.",
            )

    def _fly_in_a_thread(self, flight: Flight) -> None:
        from threading import Thread  # noqa: PLC0415 - loaded wherever an event loop runs

        def fly() -> None:
            try:
                self._fly(flight)
            finally:
                self._give_back(flight)

        try:
            Thread(target=fly, name="alicred-refresh", daemon=True).start()
        except RuntimeError:
            # No thread is to be had. Holding up one loop is better than failing all that wait.
            fly()

    def _fly(self, flight: Flight) -> None:
        flight.take_off()
        try:
            self._keep(*self._fetch(flight.started_at))
        except Exception as error:  # noqa: BLE001 - everybody who waits gets it, whatever it is
            # A copy, since a traceback keeps alive what the fetch had in its hands.
            flight.error = error.copy() if isinstance(error, CredentialException) else error
            self._note_failure(flight.error)

    def _fetch(self, now: float) -> tuple[Issued, float]:
        """Return what the provider issues and when it was asked; twice, if the clock has run away."""
        issued = self._provider.fetch(now, holding=self.held.is_valid(now))
        for _ in range(2):
            expires_at = issued.credential.expires_at
            if expires_at is None or self._clock.time() < expires_at:
                return issued, now
            now = self._clock.time()
            issued = self._provider.fetch(now, holding=False)
        raise ServiceUnreachableError(
            "the credential had expired when it arrived.",
            remedy="Whoever hands it out is too slow, or hands out its last seconds.",
            provider=self._provider.name,
        )

    def _keep(self, issued: Issued, fetched_at: float) -> None:
        plan = schedule(fetched_at, issued.credential.expires_at, issued.window, issued.good_for_seconds)
        recovered, self._delay, self._verdict = self._delay > 0, 0.0, None
        held = Held(issued.credential, plan)
        self.held = held
        if self._closed:
            held.end()
        if recovered:
            log.info("%s: refreshing works again", self._provider.name)

    def _note_failure(self, error: Exception) -> None:
        before, self._delay = self._delay, next_delay(self._delay, jitter.uniform)
        now, held = self._clock.time(), self.held
        if held.is_valid(now):
            held.serve_on(now, self._delay)
            if not before:
                until = held.credential.expiration or "that works again"
                log.warning("%s The credential that is held is served, until %s.", _told(error), until)
        elif isinstance(error, CredentialException) and error.temporary:
            self._verdict = Verdict(error, now, now + self._delay, _epoch)

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
        str(error) if isinstance(error, CredentialException) else f"internal error ({type(error).__name__})."
    )
