"""Where a story takes place: an emulator, and what the story has made in it so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from alicred_emulator.clock import wire_time
from alicred_emulator.emulator import Emulator
from alicred_emulator.fault_rule import FaultHandle
from alicred_emulator.ledger import IssuedCredential
from alicred_emulator.scenarios.values import mapped

REFERENCE: Final = re.compile(r"<([a-z_]+\.[a-z_]+)>")

_SESSION_LIFETIME: Final = timedelta(hours=1)


class Stage:
    """An emulator in the state that a story has brought it to.

    Args:
        emulator: The emulator.
        home: The home directory of the client.

    Attributes:
        emulator: The emulator.
        home: The home directory of the client.
        faults: The faults in force, by the name that the story gives; those without one by themselves.
        stopped: The services that were stopped.
    """

    def __init__(self, emulator: Emulator, home: Path) -> None:
        self.emulator: Final = emulator
        self.home: Final = home
        self.faults: Final[dict[str | FaultHandle, FaultHandle]] = {}
        self.stopped: Final[set[str]] = set()
        self._session: IssuedCredential | None = None
        self._bearer_token: str | None = None

    def resume(self, service: str) -> None:
        """Have a service that was stopped listen again, on the port of before."""
        self.emulator.services[service].resume()

    def filled(self, value: Any) -> Any:
        """Return a value of the same shape, with what ``<user.access_key_id>`` and its like refer to."""
        return mapped(value, lambda text: REFERENCE.sub(lambda one: str(REFERENCES[one[1]](self)), text))

    def session(self) -> IssuedCredential:
        """Return a session of the default role, of an hour, for clients that are given one."""
        if self._session is None:
            emulator = self.emulator
            self._session = emulator.ledger.issue(
                holder=emulator.role.session("given"),
                origin="given",
                issued_at=emulator.clock.now().replace(microsecond=0),
                lifetime=_SESSION_LIFETIME,
            )
        return self._session

    def bearer_token(self) -> str:
        """Return the bearer token of the default user."""
        if self._bearer_token is None:
            self._bearer_token = self.emulator.user.add_bearer_token()
        return self._bearer_token

    def private_key_file(self) -> Path:
        """Return a file with the private key of the default user's key pair."""
        path = self.home / "private-key.pem"
        path.write_text(self.emulator.key_pair.private_key_pem, encoding="utf-8")
        return path


REFERENCES: Final[Mapping[str, Callable[[Stage], object]]] = {
    "user.access_key_id": lambda stage: stage.emulator.user.access_key_id,
    "user.access_key_secret": lambda stage: stage.emulator.user.access_key_secret,
    "bearer.token": Stage.bearer_token,
    "role.name": lambda stage: stage.emulator.role.name,
    "role.arn": lambda stage: stage.emulator.role.arn,
    "session.access_key_id": lambda stage: stage.session().access_key_id,
    "session.access_key_secret": lambda stage: stage.session().access_key_secret,
    "session.security_token": lambda stage: stage.session().security_token,
    "session.expiration": lambda stage: wire_time(stage.session().expires_at),
    "oidc.provider_arn": lambda stage: stage.emulator.oidc.provider_arn,
    "oidc.token_file": lambda stage: stage.emulator.oidc.token_file,
    "credentials_uri.url": lambda stage: stage.emulator.credentials_uri.url,
    "key_pair.public_key_id": lambda stage: stage.emulator.key_pair.public_key_id,
    "key_pair.private_key_file": Stage.private_key_file,
    "sts.endpoint": lambda stage: stage.emulator.sts.url,
    "imds.url": lambda stage: stage.emulator.imds.url,
    "home.directory": lambda stage: stage.home,
}
"""What a text may refer to as ``<thing.part>``."""

OF_THE_WORLD: Final = tuple(
    name for name in REFERENCES if name not in {"key_pair.private_key_file", "home.directory"}
)
"""Those of them that need no home directory of a client."""
