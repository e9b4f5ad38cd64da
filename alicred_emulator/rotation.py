"""A credential that is replaced before it ends, as a pure function of the time.

The rule kept here: which credential is shown depends on the anchor, the lifetime, the overlap and the
moment alone. However often it was asked for, and however the clock jumped, the answer is the same.
"""

import threading
from datetime import timedelta
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.ledger import IssuedCredential, Ledger
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remembered import Remembered

_SECOND: Final = timedelta(seconds=1)
_LONGEST_LIFETIME: Final = timedelta(days=365)


class Rotation:
    """Issues the credentials of one source, each in its turn.

    The first is issued at the anchor, the next one `overlap` before it ends, and so on; during the
    overlap both are good, and the newer one is shown.

    Args:
        clock: The emulator's clock.
        ledger: Where the credentials are entered.
        origin: The fake that shows them.
        lifetime: How long each is good.
        overlap: How long before its end its successor appears; at most half the lifetime counts.
    """

    def __init__(
        self, clock: EmulatorClock, ledger: Ledger, *, origin: str, lifetime: timedelta, overlap: timedelta
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._origin = origin
        self._lock = threading.Lock()
        self._lifetime = lifetime
        self._overlap = overlap
        self.reanchor()

    @property
    def lifetime(self) -> timedelta:
        """How long each credential is good; setting it starts a new one now.

        Raises:
            ValueError: When set to anything but whole seconds, 1 s to 365 days.
        """
        return self._lifetime

    @lifetime.setter
    def lifetime(self, lifetime: timedelta) -> None:
        _check_duration("lifetime", lifetime, shortest=_SECOND)
        self._lifetime = lifetime
        self.reanchor()

    @property
    def overlap(self) -> timedelta:
        """How long before a credential's end its successor appears; setting it starts a new one now.

        At most half the lifetime takes effect, so that a short credential is shown for a while too.

        Raises:
            ValueError: When set to anything but whole seconds, 0 s to 365 days.
        """
        return self._overlap

    @overlap.setter
    def overlap(self, overlap: timedelta) -> None:
        _check_duration("overlap", overlap, shortest=timedelta(0))
        self._overlap = overlap
        self.reanchor()

    def reanchor(self) -> None:
        """Begin a new series: its first credential is issued at the present whole second."""
        with self._lock:
            self._anchor = self._clock.now().replace(microsecond=0)
            self._shown = Remembered[tuple[int, Principal], IssuedCredential](
                lambda shown: self._clock.now() >= shown.expires_at
            )

    def reanchor_if_unshown(self) -> None:
        """Begin a new series unless a credential of the present one was shown already."""
        if not self._shown:
            self.reanchor()

    def current(self, holder: Principal) -> IssuedCredential:
        """Return the credential that is shown now.

        Args:
            holder: For whom it speaks.

        Returns:
            The credential, entered in the ledger when it is first shown.
        """
        with self._lock:
            period = self._lifetime - min(self._overlap, self._lifetime // 2 // _SECOND * _SECOND)
            turn = (self._clock.now() - self._anchor) // period
            credential = self._shown.get((turn, holder))
            if credential is None:
                credential = self._ledger.issue(
                    holder=holder,
                    origin=self._origin,
                    issued_at=self._anchor + turn * period,
                    lifetime=self._lifetime,
                )
                self._shown.add((turn, holder), credential)
        return credential


def _check_duration(what: str, duration: timedelta, *, shortest: timedelta) -> None:
    if duration % _SECOND or not shortest <= duration <= _LONGEST_LIFETIME:
        allowed = f"whole seconds from {shortest} to {_LONGEST_LIFETIME}"
        raise ValueError(f"the {what} is a timedelta of {allowed}, not {duration!r}")
