"""The cache around one provider: who fetches, who waits, and who is served what is there.

Rules of this module, for any mixture of threads, tasks and event loops:

- a session has at most one fetch in flight in a process, and no lock is held while it runs;
- a credential and its times are held in one object (`Held`), so nobody sees half of one and half of another;
- while a credential is valid nobody gets an error, and once it has expired nobody gets the credential;
- where somebody else sees to what is due, whoever finds it so is served like everybody;
- what there is to tell of a flight is told when it has landed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alicred import log
from alicred.clock import Clock
from alicred.exceptions import ConfigurationError, CredentialException, ServiceUnreachableError
from alicred.flight import Airspace, Flight, in_a_thread
from alicred.held import Held
from alicred.models import Credential
from alicred.outage import Outage, prolonged
from alicred.providers.base import Issued, Provider
from alicred.refresh import schedule

if TYPE_CHECKING:
    from alicred.herald import Herald

__all__ = ["Session"]


class Session:
    """Keeps one provider's credential fresh.

    Attributes:
        held: The credential that is there, if one is.
        outage: The failures since the last success; None where there were none.
        is_closed: Whether it serves nothing any more.
    """

    __slots__ = (
        "__weakref__",
        "_airspace",
        "_clock",
        "_herald",
        "_provider",
        "_see_to",
        "held",
        "is_closed",
        "outage",
    )

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        *,
        see_to: Callable[[Session], bool] | None = None,
        herald: Herald | None = None,
    ) -> None:
        """Keep a credential fresh.

        Args:
            provider: Where it comes from.
            clock: What time it is.
            see_to: Has `refresh` called soon, and returns whether that can be done; None where whoever asks
                for a credential that is due refreshes it.
            herald: Who is told of it, around the provider; None where nobody is.
        """
        self._provider = herald or provider
        self._clock = clock
        self._see_to = see_to
        self._herald = herald
        self._airspace = Airspace()
        self.held: Held = Held()
        self.outage: Outage | None = None
        self.is_closed: bool = False

    def renew(self) -> Credential:
        """Return a valid credential when the one that is held cannot be served without a question.

        Raises:
            CredentialException: None is held that is valid, and none is to be had.
        """
        return self._served_meanwhile() or self.refresh()

    async def renew_async(self) -> Credential:
        """Do the same as `renew` for a task: it waits for a flight that has a thread of its own.

        Raises:
            CredentialException: None is held that is valid, and none is to be had.
        """
        return self._served_meanwhile() or await self._refresh_async()

    def refresh(self) -> Credential:
        """Do the same as `renew`, and fetch what is due in this thread, unless somebody is about it.

        Raises:
            CredentialException: None is held that is valid, and none is to be had.
        """
        while True:
            now, held, outage = self._clock.time(), self.held, self.outage
            if self._can_serve(held, now):
                return held.credential
            flight = Flight(now)
            try:
                leading = self._airspace.claim(flight)
                if leading is flight and self.held is held and self.outage is outage:
                    self._fly(flight)
            finally:
                self._airspace.give_back(flight)
            if leading is flight:
                self._tell(flight)
            elif held.is_valid(now):
                return held.credential
            else:
                self._refuse_to_wait_for_myself(leading)
                leading.wait()
            if (credential := self._arrived(leading)) is not None:
                return credential

    async def _refresh_async(self) -> Credential:
        while True:
            now, held, outage = self._clock.time(), self.held, self.outage
            if self._can_serve(held, now):
                return held.credential
            flight = Flight(now)
            try:
                leading = self._airspace.claim(flight)
                if leading is flight and self.held is held and self.outage is outage:
                    self._fly_in_a_thread(flight)
                else:
                    self._airspace.give_back(flight)
            except BaseException:  # an interrupt, and its thread may never come
                self._airspace.give_up(flight)
                raise
            if leading is not flight:
                if held.is_valid(now):
                    return held.credential
                self._refuse_to_wait_for_myself(leading)
            await leading.wait_async()
            if (credential := self._arrived(leading)) is not None:
                return credential

    def invalidate(self, credential: Credential) -> None:
        """Count a credential as expired if it is the one that is held."""
        held = self.held
        if held.credential == credential:
            held.end()

    def close(self) -> None:
        """Forget the credential and serve none any more; a flight in the air lands for nobody."""
        self.is_closed = True
        self.held.end()

    def _served_meanwhile(self) -> Credential | None:
        """Return what is held if nobody has to wait, since it is fresh or somebody else sees to it."""
        now, held = self._clock.time(), self.held
        if self._see_to is None or not held.is_valid(now):
            return None
        return held.credential if held.is_fresh(now) or self._see_to(self) else None

    def _can_serve(self, held: Held, now: float) -> bool:
        if self.is_closed:
            raise ConfigurationError("this client has been closed.", remedy="Build another one.")
        if held.is_fresh(now):
            return True
        outage = self.outage
        if outage is not None and outage.forbids(now):
            raise outage.error.copy()
        return False

    @staticmethod
    def _refuse_to_wait_for_myself(flight: Flight) -> None:
        if flight.is_flown_by_me():
            raise CredentialException(
                "the credential was asked for while this thread is fetching it.",
                remedy="Do not use this client in a log handler or a signal handler.",
            )

    def _fly_in_a_thread(self, flight: Flight) -> None:
        def fly() -> None:
            try:
                self._fly(flight)
            finally:
                self._airspace.give_back(flight)
            self._tell(flight)

        flight.await_pilot()
        in_a_thread(fly)

    def _fly(self, flight: Flight) -> None:
        if not flight.take_off():
            return
        before = self.outage
        try:
            self._keep(*self._fetch(flight.started_at))
        except Exception as error:  # noqa: BLE001 - everybody who waits gets it, whatever it is
            # A copy, since a traceback keeps alive what the fetch had in its hands.
            flight.error = error.copy() if isinstance(error, CredentialException) else error
            self._note_failure(flight.error)
        if self._herald is not None:
            flight.events = self._herald.events(self.held, before, self.outage)

    def _tell(self, flight: Flight) -> None:
        if self._herald is not None and not self.is_closed:
            self._herald.tell(flight.events)

    def _fetch(self, now: float) -> tuple[Issued, float]:
        """Return what the provider issues and when it was asked; twice, if the clock has run away."""
        issued = self._provider.fetch(now, holding=self.held.is_valid(now))
        for _ in range(2):
            expires_at = issued.credential.expires_at
            if expires_at is None or self._clock.time() < expires_at:
                return issued, now
            now = self._clock.time()
            issued = self._provider.fetch(now)
        raise ServiceUnreachableError(
            "the credential had expired when it arrived.",
            remedy="Whoever hands it out is too slow, or hands out its last seconds.",
            provider=self._provider.name,
        )

    def _keep(self, issued: Issued, fetched_at: float) -> None:
        plan = schedule(fetched_at, issued.credential.expires_at, issued.window, issued.good_for_seconds)
        ended, self.outage = self.outage, None
        self.held = held = Held(issued.credential, plan)
        if self.is_closed:
            held.end()
        if ended is not None:
            log.info("%s: refreshing works again", self._provider.name)

    def _note_failure(self, error: Exception) -> None:
        before, held = self.outage, self.held
        self.outage = outage = prolonged(before, error, held, self._clock, self._provider.name)
        if before is None and held.is_valid(outage.since):
            until = held.credential.expiration or "that works again"
            log.warning("%s The credential that is held is served, until %s.", outage.error, until)

    def _arrived(self, flight: Flight) -> Credential | None:
        """Return what a landed flight has brought, or None where one has to look again."""
        held = self.held
        if held.is_valid(self._clock.time()):
            return held.credential
        if flight.error is None:
            return None
        raise flight.error.copy() if isinstance(flight.error, CredentialException) else flight.error
