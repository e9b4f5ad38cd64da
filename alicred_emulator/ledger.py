"""Every credential that any fake issued, so that one fake knows what another handed out.

Moments are aware datetimes in UTC, by the emulator's clock.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from alicred_emulator.clock import EmulatorClock, wire_time
from alicred_emulator.keys import KeyMint, masked
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remembered import Remembered


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class IssuedCredential:
    """One temporary credential.

    Attributes:
        access_key_id: Its id, which names it in the ledger.
        access_key_secret: Its secret.
        security_token: The token that goes with it; empty for a session of an RSA key pair, which has none.
        holder: For whom it speaks.
        origin: The fake that issued it, such as ``imds``; for STS with the action, as ``sts/AssumeRole``.
        issued_at: From when it is valid.
        expires_at: From when on it is refused.
        policy: The session policy that it was narrowed by, JSON text, or None.
        source_identity: The source identity that the session carries, or None.
        uses: How often a call was granted to it.
    """

    access_key_id: str
    access_key_secret: str
    security_token: str
    holder: Principal
    origin: str
    issued_at: datetime
    expires_at: datetime
    policy: str | None = None
    source_identity: str | None = None
    uses: int = 0

    def __repr__(self) -> str:
        return (
            f"<IssuedCredential {masked(self.access_key_id)} of {self.principal}"
            f" until {wire_time(self.expires_at)}>"
        )

    @property
    def principal(self) -> str:
        """The ARN of whom it speaks for."""
        return self.holder.arn

    def is_valid(self, now: datetime) -> bool:
        """Tell whether a fake accepts it at a moment; at `expires_at` it no longer does.

        Args:
            now: The moment.
        """
        return self.issued_at <= now < self.expires_at

    def document(self) -> dict[str, object]:
        """Return the credential as the metadata service and a credentials URI write it (documented).

        Returns:
            ``AccessKeyId``, ``AccessKeySecret``, ``Expiration``, ``SecurityToken``, ``LastUpdated`` and
            ``Code``, all of them texts.

        Source:
            https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
        """
        return {
            "AccessKeyId": self.access_key_id,
            "AccessKeySecret": self.access_key_secret,
            "Expiration": wire_time(self.expires_at),
            "SecurityToken": self.security_token,
            "LastUpdated": wire_time(self.issued_at),
            "Code": "Success",
        }


class Ledger:
    """The credentials issued in one world: all that are valid, and the latest of those that have ended.

    Args:
        mint: Makes their keys.
        clock: The emulator's clock.
    """

    def __init__(self, mint: KeyMint, clock: EmulatorClock) -> None:
        self._mint = mint
        self._lock = threading.Lock()
        self._issued = Remembered[str, IssuedCredential](lambda one: clock.now() >= one.expires_at)

    def issue(  # noqa: PLR0913 - what a credential consists of
        self,
        *,
        holder: Principal,
        origin: str,
        issued_at: datetime,
        lifetime: timedelta,
        policy: str | None = None,
        source_identity: str | None = None,
        with_token: bool = True,
    ) -> IssuedCredential:
        """Make a credential and enter it.

        Args:
            holder: For whom it speaks.
            origin: The fake that issues it.
            issued_at: From when it is valid, to the whole second.
            lifetime: For how long, as a timedelta.
            policy: The session policy, JSON text.
            source_identity: The source identity of the session.
            with_token: Whether a security token goes with it.

        Returns:
            The credential.
        """
        with self._lock:
            if with_token:
                key_id, secret, token = self._mint.session_key()
            else:
                (key_id, secret), token = self._mint.rsa_session_key(), ""
            credential = IssuedCredential(
                access_key_id=key_id,
                access_key_secret=secret,
                security_token=token,
                holder=holder,
                origin=origin,
                issued_at=issued_at,
                expires_at=issued_at + lifetime,
                policy=policy,
                source_identity=source_identity,
            )
            self._issued.add(key_id, credential)
        return credential

    @property
    def credentials(self) -> tuple[IssuedCredential, ...]:
        """All credentials that are remembered, in the order of their issue."""
        with self._lock:
            return tuple(self._issued.values())

    def get(self, access_key_id: str) -> IssuedCredential | None:
        """Return a credential by its id, or None if no fake issued it."""
        return self._issued.get(access_key_id)

    def record_use(self, access_key_id: str) -> None:
        """Count that a fake was shown a credential and granted what was asked with it.

        Args:
            access_key_id: The credential's id.

        Raises:
            KeyError: If no fake issued it.
        """
        with self._lock:
            self._issued[access_key_id].uses += 1
