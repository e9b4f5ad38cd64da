"""The default chain, watched while it is searched: what each element said, and how long that took.

Rule of this module: it decides nothing. The chain itself does the searching, over elements that are watched,
so what is told is what every `Client()` does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from alicred import clock
from alicred.commands.hearing import warnings_heard
from alicred.exceptions import CredentialException, NoCredentialError
from alicred.providers.base import Issued, Provider
from alicred.providers.chain import ChainProvider, Element

__all__ = ["Step", "Trace", "searched"]


class Step(NamedTuple):
    """One element of the chain, and what it said.

    Attributes:
        name: The element's name, such as ``env``.
        reached: Whether the search came as far as it.
        applies: Whether there is something to ask here.
        reason: Why there is nothing; None where there is.
        error: What went wrong; None where nothing did.
        milliseconds: How long it took; None where it was not reached.
        warnings: What the library warned of meanwhile, such as a file that others can read.
    """

    name: str
    reached: bool
    applies: bool
    reason: str | None = None
    error: CredentialException | None = None
    milliseconds: float | None = None
    warnings: tuple[str, ...] = ()


class Trace(NamedTuple):
    """A search.

    Attributes:
        at: When it began, in epoch seconds.
        steps: What every element said, in the chain's order.
        winner: The name of the element that gave the credential, None where none did.
        issued: What it gave.
    """

    at: float
    steps: tuple[Step, ...]
    winner: str | None = None
    issued: Issued | None = None


def searched(chain: Sequence[Element]) -> Trace:
    """Search a chain, and return what happened."""
    watched = [_Watched(element) for element in chain]
    now = clock.time()
    provider = ChainProvider([Element(one.name, one.open) for one in watched])
    issued = None
    with suppress(NoCredentialError):
        issued = provider.fetch(now)
    winner = next((one.name for one in watched if one.won), None)
    return Trace(now, tuple(one.step() for one in watched), winner, issued)


class _Watched:
    """One element, and what it has said so far."""

    def __init__(self, element: Element) -> None:
        self.name = element.name
        self.won = False
        self._element = element
        self._reached = False
        self._reason: str | None = None
        self._error: CredentialException | None = None
        self._seconds = 0.0
        self._warnings: list[str] = []

    def open(self) -> Provider | str:
        """Open the element for the chain."""
        self._reached = True
        with self._noted():
            return self._opened()

    def fetched(self, fetch: Callable[[], Issued]) -> Issued:
        """Fetch from the element for the chain."""
        with self._noted():
            issued = fetch()
        self.won = True
        return issued

    def step(self) -> Step:
        """Return what it has said; one that was not reached is opened, which asks nobody."""
        if not self._reached:
            with suppress(CredentialException), self._noted():
                self._opened()
        absent = self._error is not None and self._error.absent
        return Step(
            name=self.name,
            reached=self._reached,
            applies=self._reason is None and not absent,
            reason=self._reason,
            error=self._error,
            milliseconds=1000 * self._seconds if self._reached else None,
            warnings=tuple(self._warnings),
        )

    def _opened(self) -> Provider | str:
        source = self._element.open()
        if isinstance(source, str):
            self._reason = source
            return source
        return _WatchedProvider(source, self)

    @contextmanager
    def _noted(self) -> Generator[None, None, None]:
        began = clock.monotonic()
        try:
            # What the chain itself warns of is in the outcome; this is within the element.
            with warnings_heard(self._warnings.append):
                yield
        except CredentialException as error:
            self._error = error.copy()
            raise
        finally:
            self._seconds += clock.monotonic() - began


class _WatchedProvider:
    """What an element opened."""

    def __init__(self, provider: Provider, watched: _Watched) -> None:
        self.name = provider.name
        self._provider = provider
        self._watched = watched

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Obtain a credential; see `alicred.providers.base.Provider`."""
        return self._watched.fetched(lambda: self._provider.fetch(now, holding=holding))
