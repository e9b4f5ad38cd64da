"""`credentials_uri`: a service, usually on this machine, that hands out credentials at a URL."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from alicred.environment import Environment
from alicred.providers.base import Issued, Provider
from alicred.providers.document import DocumentReader
from alicred.providers.service import Service
from alicred.providers.terms import terms_of
from alicred.refresh import quarter_of_lifetime
from alicred.settings import Settings
from alicred.transport import NoReply, Reply, Terms, Transport

__all__ = ["CredentialsURIProvider", "build"]


def build(settings: Settings, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that settings describe."""
    terms = terms_of(settings, environment)
    return CredentialsURIProvider(uri=settings.text("credentials_uri"), transport=transport, terms=terms)


class CredentialsURIProvider:
    """Asks a credentials URI with one GET, exactly as the URI is written."""

    name = "credential_uri"

    def __init__(self, *, uri: str, transport: Transport, terms: Terms) -> None:
        self._uri = uri
        self._transport = transport
        self._terms = terms
        self._service = Service(
            provider=self.name,
            # Path, query and userinfo may hold a secret; the host is enough to find the service.
            title=f"The credentials URI on {urlsplit(uri).hostname}",
            unreachable_remedy="Check that the service runs and that the URI names its address and port.",
            author="whoever runs that service",
        )
        self._reader = DocumentReader(self._service, credential_type="credentials_uri")

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Ask once; see `alicred.providers.base.Provider`."""
        reply = self._ask(now)
        if reply.status != HTTPStatus.OK:
            raise self._service.refused(reply, asked_for="a credential")
        return Issued(self._reader.read(reply, now), quarter_of_lifetime)

    def _ask(self, now: float) -> Reply:
        try:
            with self._transport.open(self._terms, now=now) as conversation:
                return conversation.send("GET", self._uri)
        except NoReply as outcome:
            error = self._service.unreachable(outcome)
        raise error
