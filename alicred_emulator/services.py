"""The services there are: one line each."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from alicred_emulator import credentials_uri, imds, imds_tree
from alicred_emulator.service import Fake, Service


class CredentialsUriService(Service):
    """The credentials URI, whose answer a test may set. Its `url` is the whole URI."""

    @property
    def credential_lifetime(self) -> timedelta:
        """How long each credential it shows is good: 1 hour. Setting it starts a new one.

        Raises:
            ValueError: When set to anything but whole seconds, 1 s to 365 days.
        """
        return self._world.uri_endpoint.credential_lifetime

    @credential_lifetime.setter
    def credential_lifetime(self, lifetime: timedelta) -> None:
        self._world.uri_endpoint.credential_lifetime = lifetime

    def set_response(
        self, document: Mapping[str, object] | str | bytes | None = None, status: int = 200
    ) -> None:
        """Say what it answers from now on.

        Args:
            document: An object to send as JSON, raw text or bytes to send as they are, or None for
                the credential that rotates.
            status: The HTTP status; with a document of None, the credential is sent all the same.

        Raises:
            TypeError: If the document is none of these, or holds what JSON does not know.
            ValueError: If JSON or UTF-8 cannot write the document.
        """
        self._world.uri_endpoint.set_response(document, status)


IMDS: Final = Fake(
    name="imds", operations=imds_tree.OPERATIONS, operation=imds_tree.operation, answer=imds.answer
)
CREDENTIALS_URI: Final = Fake(
    name="credentials_uri",
    operations=credentials_uri.OPERATIONS,
    operation=credentials_uri.operation,
    answer=credentials_uri.answer,
    path=credentials_uri.PATH,
)

SERVICES: Final[Mapping[str, tuple[Fake, type[Service]]]] = {
    fake.name: (fake, kind) for fake, kind in ((IMDS, Service), (CREDENTIALS_URI, CredentialsUriService))
}
"""Every service by its name: what it answers with, and the class of what a test sees."""
