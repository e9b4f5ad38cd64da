"""What the credentials URI answers: a credential that rotates, or what a test has set."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.fault_checks import check_status
from alicred_emulator.ledger import Ledger
from alicred_emulator.messages import JSON_TYPE, Reply, document, text
from alicred_emulator.ram.roles import Role
from alicred_emulator.rotation import Rotation

_DEFAULT_LIFETIME: Final = timedelta(hours=1)
_FIELDS: Final = ("Code", "AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")
"""The fields that the clients read, in the order of their documentation."""


class UriEndpoint:
    """The state of the credentials URI.

    By default it shows a session of the default role and replaces it at half its life, so that what
    a client reads is good for at least half an hour.

    Args:
        clock: The emulator's clock.
        ledger: Where its credentials are entered.
        role: The role that its credentials speak for.
    """

    def __init__(self, clock: EmulatorClock, ledger: Ledger, role: Role) -> None:
        self._holder = role.session("credentials-uri")
        # An overlap without limit means the longest that counts: half the lifetime.
        self._rotation = Rotation(
            clock, ledger, origin="credentials_uri", lifetime=_DEFAULT_LIFETIME, overlap=timedelta.max
        )
        self._content: Mapping[str, object] | str | bytes | None = None
        self._status = 200

    @property
    def credential_lifetime(self) -> timedelta:
        """How long each credential is good: 1 hour. Setting it starts a new one.

        Raises:
            ValueError: When set to anything but whole seconds, 1 s to 365 days.
        """
        return self._rotation.lifetime

    @credential_lifetime.setter
    def credential_lifetime(self, lifetime: timedelta) -> None:
        self._rotation.lifetime = lifetime

    def reanchor_if_unshown(self) -> None:
        """Let the present credential have been issued now, unless someone has seen it already."""
        self._rotation.reanchor_if_unshown()

    def set_response(
        self, content: Mapping[str, object] | str | bytes | None = None, status: int = 200
    ) -> None:
        """Say what it answers from now on.

        Args:
            content: An object to send as JSON, raw text or bytes to send as they are, or None for
                the rotating credential.
            status: The HTTP status, 200 to 599.

        Raises:
            TypeError: If the content is none of these, or holds what JSON does not know.
            ValueError: If JSON or UTF-8 cannot write the content, or no server may end with the status.
        """
        check_status(status)
        _check_content(content)
        if content is not None:
            # A body that cannot be written is refused here, and not before the client.
            _ = _reply(content, status).payload
        self._content, self._status = content, status

    def reply(self) -> Reply:
        """Return the answer to a request for the credential."""
        content = self._content
        if content is None:
            issued = self._rotation.current(self._holder).document()
            content = {field: issued[field] for field in _FIELDS}
        return _reply(content, self._status)


def _reply(content: Mapping[str, object] | str | bytes, status: int) -> Reply:
    if isinstance(content, str | bytes):
        return replace(text(content), status=status, content_type=JSON_TYPE)
    return document(content, status=status)


def _check_content(content: object) -> None:
    if content is not None and not isinstance(content, Mapping | str | bytes):
        raise TypeError(f"a response is a mapping, text, bytes or None, not {type(content).__name__}")
