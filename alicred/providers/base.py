"""What a provider is: settings in, a credential out, over a transport that it is given."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from alicred.models import Credential
from alicred.refresh import FOREVER, Window

__all__ = ["Issued", "Provider", "Source"]


class Issued(NamedTuple):
    """What a provider brought.

    Attributes:
        credential: The credential.
        window: How long before its end it is refreshed.
        good_for_seconds: How long it need not be asked for again, if its window does not come before that.
    """

    credential: Credential
    window: Window
    good_for_seconds: float = FOREVER


class Provider(Protocol):
    """A source of credentials. Only one call to `fetch` is under way at any time."""

    @property
    def name(self) -> str:
        """The name that errors and the credential carry, such as ``ecs_ram_role``."""
        ...

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Obtain a credential.

        Args:
            now: The wall time in epoch seconds, as the caller reads it.
            holding: Whether what was issued last is still good.

        Raises:
            CredentialException: There is none to be had, and why.
        """
        ...


class Source(Protocol):
    """A credential that is kept fresh, for a provider that needs one to obtain its own."""

    def renew(self) -> Credential:
        """Return a credential that is valid now.

        Raises:
            CredentialException: There is none to be had, and why.
        """
        ...

    def invalidate(self, credential: Credential) -> None:
        """Say that a service refused a credential, so that it is not returned again."""
        ...
