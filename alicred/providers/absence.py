"""That there is no instance metadata service here, found once and remembered for a minute.

Off the cloud nobody answers at its address, and finding that out takes as long as a connection may take. Rule
of this module: only the default chain goes by it. Whoever asks for an instance's credential by name has it
asked for.
"""

from __future__ import annotations

from alicred.exceptions import CredentialException, ServiceUnreachableError
from alicred.providers.base import Issued, Provider

__all__ = ["AbsenceRemembering", "forget"]

_REMEMBERED_SECONDS = 60.0

_absences: dict[str, tuple[float, CredentialException]] = {}


def forget() -> None:
    """Ask again, wherever nobody was."""
    _absences.clear()


class AbsenceRemembering:
    """Asks a provider, unless it was found a moment ago that nobody is there."""

    __slots__ = ("_address", "_provider", "name")

    def __init__(self, provider: Provider, *, address: str) -> None:
        """Wrap a provider.

        Args:
            provider: Whom to ask.
            address: Where it asks: what is remembered holds for all that ask there.
        """
        self.name: str = provider.name
        self._provider = provider
        self._address = address

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Ask, or fail as before; see `alicred.providers.base.Provider`."""
        since, absence = _absences.get(self._address, (now, None))
        # A clock that shows less than it did has jumped back, and says nothing of how long ago that was.
        if absence is not None and since <= now < since + _REMEMBERED_SECONDS:
            raise absence.copy()
        try:
            return self._provider.fetch(now, holding=holding)
        except ServiceUnreachableError as error:
            if error.absent:
                _absences[self._address] = now, error.copy()
            raise
