"""Every credential that any fake issued, so that one fake knows what another handed out."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from alicred_emulator.clock import wire_time
from alicred_emulator.keys import KeyMint, masked


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class IssuedCredential:
    """One temporary credential.

    Attributes:
        access_key_id: Its id, which names it in the ledger.
        access_key_secret: Its secret.
        security_token: The token that goes with it.
        principal: The ARN of whom it speaks for.
        origin: The fake that issued it, such as ``imds``.
        issued_at: From when it is valid.
        expires_at: From when on it is refused.
        uses: How often it was presented to a fake and found good.
    """

    access_key_id: str
    access_key_secret: str
    security_token: str
    principal: str
    origin: str
    issued_at: datetime
    expires_at: datetime
    uses: int = 0

    def __repr__(self) -> str:
        return (
            f"<IssuedCredential {masked(self.access_key_id)} of {self.principal}"
            f" until {wire_time(self.expires_at)}>"
        )

    def is_valid(self, now: datetime) -> bool:
        """Tell whether a fake accepts it at this moment; at `expires_at` it no longer does."""
        return self.issued_at <= now < self.expires_at

    def document(self) -> dict[str, object]:
        """Return the credential as the metadata service and a credentials URI write it (documented)."""
        return {
            "AccessKeyId": self.access_key_id,
            "AccessKeySecret": self.access_key_secret,
            "Expiration": wire_time(self.expires_at),
            "SecurityToken": self.security_token,
            "LastUpdated": wire_time(self.issued_at),
            "Code": "Success",
        }


class Ledger:
    """The credentials issued in one world.

    Args:
        mint: Makes their keys.
    """

    def __init__(self, mint: KeyMint) -> None:
        self._mint = mint
        self._lock = threading.Lock()
        self._issued: dict[str, IssuedCredential] = {}

    def issue(
        self, *, principal: str, origin: str, issued_at: datetime, lifetime: timedelta
    ) -> IssuedCredential:
        """Make a credential and enter it.

        Args:
            principal: The ARN of whom it speaks for.
            origin: The fake that issues it.
            issued_at: From when it is valid, to the whole second.
            lifetime: For how long.

        Returns:
            The credential.
        """
        with self._lock:
            key_id, secret, token = self._mint.session_key()
            credential = IssuedCredential(
                access_key_id=key_id,
                access_key_secret=secret,
                security_token=token,
                principal=principal,
                origin=origin,
                issued_at=issued_at,
                expires_at=issued_at + lifetime,
            )
            self._issued[key_id] = credential
        return credential

    @property
    def credentials(self) -> tuple[IssuedCredential, ...]:
        """All credentials in the order of their issue."""
        return tuple(self._issued.values())

    def get(self, access_key_id: str) -> IssuedCredential | None:
        """Return a credential by its id, or None if no fake issued it."""
        return self._issued.get(access_key_id)

    def record_use(self, access_key_id: str) -> None:
        """Count that a fake was shown this credential and found it good.

        Raises:
            KeyError: If no fake issued it.
        """
        with self._lock:
            self._issued[access_key_id].uses += 1
