"""The nonces that were used, as long as their time stamps would still be accepted."""

import threading
from typing import Final

ACCEPTED_SECONDS: Final = 15 * 60
"""How far a time stamp may be from the service's time, either way (documented)."""

_BUCKET_SECONDS: Final = 60


class Nonces:
    """Which nonces were used. What is forgotten is refused for its time stamp, so memory stays flat."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By the minute of their time stamps, so that a whole minute is forgotten at once.
        self._used: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return sum(len(used) for used in self._used.values())

    def use(self, key_id: str, nonce: str, timestamp: float, now: float) -> bool:
        """Use a nonce up.

        Args:
            key_id: The key that signed with it; each has nonces of its own.
            nonce: The nonce.
            timestamp: The request's time stamp in epoch seconds.
            now: The service's time in epoch seconds.

        Returns:
            Whether it had not been used before.
        """
        bucket = int(timestamp) // _BUCKET_SECONDS
        # A million of them within half an hour are to be remembered without their texts.
        used_up = hash((key_id, nonce))
        with self._lock:
            if bucket not in self._used:
                self._forget(now)
            # Two time stamps may go with one nonce: all that are accepted now are looked through.
            if any(used_up in used for used in self._used.values()):
                return False
            self._used.setdefault(bucket, set()).add(used_up)
            return True

    def _forget(self, now: float) -> None:
        oldest = (now - ACCEPTED_SECONDS) // _BUCKET_SECONDS
        for bucket in [bucket for bucket in self._used if bucket < oldest]:
            del self._used[bucket]
