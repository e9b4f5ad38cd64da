"""`access_key`, `sts` and `bearer`: what the user wrote down, handed back as it is."""

from __future__ import annotations

from alicred.environment import Environment
from alicred.models import Credential
from alicred.providers.base import Issued, Provider
from alicred.refresh import quarter_of_lifetime
from alicred.settings import Settings
from alicred.transport import Transport

__all__ = ["StaticProvider", "build"]

_NAMES = {"access_key": "static_ak", "sts": "static_sts", "bearer": "bearer"}


def build(settings: Settings, _environment: Environment, _transport: Transport) -> Provider:
    """Return the provider that settings describe."""
    return StaticProvider(
        Credential(
            type=settings.type,
            provider_name=_NAMES[settings.type],
            access_key_id=settings.optional_text("access_key_id"),
            access_key_secret=settings.optional_text("access_key_secret"),
            security_token=settings.optional_text("security_token"),
            bearer_token=settings.optional_text("bearer_token"),
        )
    )


class StaticProvider:
    """Hands out one credential that does not end."""

    def __init__(self, credential: Credential) -> None:
        self.name: str = credential.provider_name
        # A credential without an end never gets to its window; any window will do.
        self._issued = Issued(credential, quarter_of_lifetime)

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Return the credential."""
        return self._issued
