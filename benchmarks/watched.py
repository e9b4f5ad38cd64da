"""A client under watch: a reader learns how long it took, and what must never happen is noted.

What a reader gets is compared with the emulator's ledger, and with what the client had to serve before.
"""

import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

from alicred import Client, Credential, CredentialException
from alicred_emulator import Emulator

_FEW = 5


class Watched:
    """A client, and what came of reading it.

    It puts itself between the client's cache and its provider, since nobody else sees how many refreshes are
    in flight.

    Attributes:
        name: What the cache calls its provider.
        refreshes: New credentials that were fetched.
        most_at_once: Refreshes in flight at the same time.
        errors: Reads that failed.
        violations: What must never happen and did, the first few.
    """

    def __init__(self, client: Client, emulator: Emulator) -> None:
        self._client = client
        self._emulator = emulator
        self._lock = threading.Lock()
        self._in_flight = 0
        self._valid_until = 0.0
        session: Any = client._session  # noqa: SLF001 - the cache is what is watched
        self._fetch: Callable[..., Any] = session._provider.fetch  # noqa: SLF001 - the same
        session._provider = self  # noqa: SLF001 - the same
        self.name = "watched"
        self.refreshes = self.most_at_once = self.errors = 0
        self.violations: list[str] = []

    def fetch(self, now: float, *, holding: bool = False) -> Any:
        """Have the provider fetch, and count."""
        with self._lock:
            self._in_flight += 1
            self.most_at_once = max(self.most_at_once, self._in_flight)
        try:
            issued = self._fetch(now, holding=holding)
            self.refreshes += 1
            return issued
        finally:
            with self._lock:
                self._in_flight -= 1

    def read(self) -> float:
        """Read in this thread, and return how long it took."""
        now, valid_until, began = self._now(), self._valid_until, perf_counter()
        try:
            self._check(self._client.get_credential(), now)
        except CredentialException as error:
            self._check_error(error, valid_until)
        return perf_counter() - began

    async def read_async(self) -> float:
        """Read in this task, and return how long it took."""
        now, valid_until, began = self._now(), self._valid_until, perf_counter()
        try:
            self._check(await self._client.get_credential_async(), now)
        except CredentialException as error:
            self._check_error(error, valid_until)
        return perf_counter() - began

    def _now(self) -> float:
        return self._emulator.clock.client_time()

    def _check(self, credential: Credential, asked_at: float) -> None:
        issued = self._emulator.ledger.get(credential.access_key_id or "")
        if issued is None:
            self._violated("a credential that nobody issued")
            return
        parts = credential.access_key_secret, credential.security_token
        if parts != (issued.access_key_secret, issued.security_token):
            self._violated("a torn credential")
        ends = issued.expires_at.timestamp()
        if asked_at >= ends:
            self._violated("an expired credential")
        self._valid_until = max(self._valid_until, ends)

    def _check_error(self, error: CredentialException, valid_until: float) -> None:
        with self._lock:
            self.errors += 1
        # By what was at hand before the read began: what came meanwhile may have come too late for it.
        if self._now() < valid_until:
            self._violated(f"an error while a valid credential was at hand: {error}")

    def _violated(self, what: str) -> None:
        if len(self.violations) < _FEW:
            self.violations.append(what)
