"""What becomes of a client's refreshes, told to the function that its user has given.

Rules of this module: the function is called when the flight has landed, by the thread that flew it, and no
lock is held, so it may itself ask the client; what it sets off by that is not told to it again. What it
raises is nothing to whoever waits for a credential.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial

from alicred import log
from alicred.clock import Clock
from alicred.events import Event, FellBackToImdsV1, Refreshed, RefreshFailed, ServingCached
from alicred.exceptions import ConfigurationError, CredentialException
from alicred.held import Held
from alicred.models import masked
from alicred.moments import moment
from alicred.notices import collected
from alicred.outage import Outage
from alicred.providers.base import Issued, Provider

__all__ = ["Herald", "Listener"]

Listener = Callable[[Event], object]

_IS_COROUTINE_FUNCTION = 0x80
"""`inspect.CO_COROUTINE`, without what `inspect` loads."""

_telling: ContextVar[tuple[list[Herald], ...]] = ContextVar("alicred_telling", default=())
"""Who is telling something here. What is begun meanwhile keeps its copy, so each is emptied at the end."""


class Herald:
    """The provider of one client, watched."""

    __slots__ = ("_clock", "_fall_backs", "_has_complained", "_listener", "_provider", "_took", "name")

    def __init__(self, provider: Provider, clock: Clock, listener: Listener) -> None:
        """Watch a provider.

        Raises:
            ConfigurationError: The listener cannot be called, or would have to be awaited.
        """
        _check(listener)
        self.name: str = provider.name
        self._provider = provider
        self._clock = clock
        self._listener = listener
        self._fall_backs: list[CredentialException] = []
        self._took = 0.0
        self._has_complained = False

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Fetch, and note what happens meanwhile; see `alicred.providers.base.Provider`."""
        began, before = self._clock.monotonic(), self._took
        # What an interrupt leaves: it ends the flight, and nobody is told of that.
        self._took = 0.0
        try:
            issued = collected(self._fall_backs, partial(self._provider.fetch, now, holding=holding))
        except Exception:
            self._took = before + self._clock.monotonic() - began
            raise
        self._took = before + self._clock.monotonic() - began
        return issued

    def events(self, held: Held, before: Outage | None, outage: Outage | None) -> tuple[Event, ...]:
        """Return what there is to tell of the flight that is in the air, before it lands.

        Args:
            held: The credential that is held now.
            before: The outage that went on when it took off.
            outage: The one that goes on now.
        """
        took, self._took = self._took, 0.0
        if any(self in telling for telling in _telling.get()):
            # What has fallen back meanwhile is noticed once, and told with the next flight.
            return ()
        fall_backs, self._fall_backs = self._fall_backs, []
        name = held.credential.provider_name or self.name
        happened: list[Event] = [FellBackToImdsV1(name, why) for why in fall_backs]
        if outage is None:
            happened.append(_success(name, held, before, took))
        else:
            happened += _failure(name, held, outage, took)
        return tuple(happened)

    def tell(self, events: tuple[Event, ...]) -> None:
        """Tell what `events` has returned, now that the flight has landed."""
        telling: list[Herald] = [self]
        before = _telling.set((*_telling.get(), telling))
        try:
            for event in events:
                self._tell(event)
        finally:
            telling.clear()
            _telling.reset(before)

    def _tell(self, event: Event) -> None:
        try:
            self._listener(event)
        except Exception as error:  # noqa: BLE001 - it is the application's own
            if not self._has_complained:
                self._has_complained = True
                # Its type alone: what it says and what its frames hold is not known to be no secret.
                log.warning(
                    "%s: on_event has raised %s at %s. Mend it: this is not told again.",
                    self.name,
                    type(error).__name__,
                    event.name,
                )


def _success(name: str, held: Held, before: Outage | None, took: float) -> Event:
    credential = held.credential
    return Refreshed(
        provider_name=name,
        access_key_id=masked(credential.access_key_id),
        expiration=credential.expiration,
        refresh_at=moment(held.refresh_at, credential),
        failures_before=0 if before is None else before.failures,
        took_seconds=took,
    )


def _failure(name: str, held: Held, outage: Outage, took: float) -> Iterator[Event]:
    credential = held.credential
    is_served = held.is_valid(outage.since)
    next_at = held.serve_until if is_served else outage.since + outage.delay
    next_attempt = moment(next_at, credential) if is_served or outage.is_verdict else None
    yield RefreshFailed(name, outage.error, outage.failures, next_attempt, took)
    if is_served:
        key_id = masked(credential.access_key_id)
        yield ServingCached(name, key_id, credential.expiration, next_attempt, outage.failures)


def _check(listener: object) -> None:
    if not callable(listener):
        raise ConfigurationError("on_event cannot be called.", remedy="Give it a function of one argument.")
    if _is_coroutine_function(listener):
        raise ConfigurationError(
            "on_event is a coroutine function, and there may be no event loop where it is called.",
            remedy="Give it a plain function, such as one that calls loop.call_soon_threadsafe.",
        )


def _is_coroutine_function(listener: object) -> bool:
    while isinstance(listener, partial):
        listener = listener.func
    # Of an object that is called, the class has it.
    function = listener if hasattr(listener, "__code__") else type(listener).__call__
    return bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & _IS_COROUTINE_FUNCTION)
