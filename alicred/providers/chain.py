"""The default chain: the first element that is configured here and has a credential.

Rules of this module: an element that is not configured is passed over in silence, one that is configured
and broken with a warning, since the identity may silently become another, and with no second one for as long
as it stays broken in the same way; only alicred's own errors move the chain on. The winner is kept, and
another is looked for only when it is no longer configured, or when its credential has expired and the fetch
was refused: never because something could not be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from alicred import log
from alicred.exceptions import Attempt, ConfigurationError, CredentialException, NoCredentialError
from alicred.providers.base import Issued, Provider

__all__ = ["ChainProvider", "Element"]


class Element(NamedTuple):
    """One place of the chain.

    Attributes:
        name: The place's name, such as ``env``.
        open: Returns what to ask there, or the reason why there is nothing; raises a `CredentialException`
            where the configuration is broken. It goes by the environment that the client was built in.
    """

    name: str
    open: Callable[[], Provider | str]


class ChainProvider:
    """Asks its elements in order."""

    name = "default"

    def __init__(self, elements: Sequence[Element], *, strict: bool = False) -> None:
        self._elements = elements
        self._strict = strict
        self._winner: tuple[Element, Provider] | None = None
        self._opened: dict[str, Provider] = {}
        self._broken: dict[str, object] = {}

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Ask the winner, or all in order; see `alicred.providers.base.Provider`."""
        if self._winner is None:
            return self._search(now)
        element, provider = self._winner
        try:
            return self._ask(element, provider, now, holding=holding)
        except CredentialException as error:
            if not _is_gone(error) and (error.temporary or holding or (self._strict and not error.absent)):
                raise
            self._warn(element, error, "The default chain is searched again.")
            refused = _attempt(element, error)
        return self._search(now, refused)

    def _search(self, now: float, refused: Attempt | None = None) -> Issued:
        attempts: list[Attempt] = []
        for element in self._elements:
            # Whoever has just refused is not asked twice.
            known = refused if refused is not None and refused.provider == element.name else None
            outcome = known or self._try(element, now)
            if isinstance(outcome, Issued):
                return outcome
            attempts.append(outcome)
        raise NoCredentialError(tuple(attempts))

    def _try(self, element: Element, now: float) -> Issued | Attempt:
        try:
            source = self._open(element)
            return (
                Attempt(element.name, source) if isinstance(source, str) else self._ask(element, source, now)
            )
        except CredentialException as error:
            if error.absent:
                self._broken.pop(element.name, None)
            elif self._strict:
                raise
            else:
                self._warn(element, error, "The default chain goes on.")
            return _attempt(element, error)

    def _warn(self, element: Element, error: CredentialException, consequence: str) -> None:
        # Each refusal has a request id of its own.
        how = error.problem if isinstance(error, ConfigurationError) else (type(error), error.code)
        if self._broken.get(element.name) != how:
            self._broken[element.name] = how
            log.warning("%s %s", error, consequence)

    def _open(self, element: Element) -> Provider | str:
        # Once: a provider knows its token and its role, and what it has logged.
        source = self._opened.get(element.name) or element.open()
        if not isinstance(source, str):
            self._opened[element.name] = source
        return source

    def _ask(self, element: Element, provider: Provider, now: float, *, holding: bool = False) -> Issued:
        issued = provider.fetch(now, holding=holding)
        self._winner = element, provider
        if self._broken.pop(element.name, None) is not None:
            log.info("default: %s has a credential again", element.name)
        credential = issued.credential
        # A file says besides what stands in it.
        steps = (
            credential.provider_name
            if credential.provider_name.startswith(f"{element.name}/")
            else element.name
        )
        return issued._replace(credential=credential.replaced(provider_name=f"{self.name}/{steps}"))


def _is_gone(error: CredentialException) -> bool:
    """Return whether the winner is no longer configured, as when its file was removed."""
    return error.absent and isinstance(error, ConfigurationError)


def _attempt(element: Element, error: CredentialException) -> Attempt:
    # A copy, since a traceback would keep the answer that it was about.
    return Attempt(element.name, f"{error.problem} {error.remedy}".rstrip(), error.copy())
