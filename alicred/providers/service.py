"""The words in which a provider's errors speak of the service behind it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from alicred.exceptions import CredentialException, CredentialRefusedError, ServiceUnreachableError
from alicred.transport import NoReply, Reply

__all__ = ["Service"]

_REDIRECTS = range(300, 400)
_SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True, slots=True)
class Service:
    """A service as its user knows it.

    Attributes:
        provider: The name of the provider that asks it.
        title: What a sentence about it begins with.
        unreachable_remedy: What to do when it does not answer.
        author: In whose hands its answers are, as in "Ask <author>."
    """

    provider: str
    title: str
    unreachable_remedy: str
    author: str

    def unreachable(self, outcome: NoReply, *, absent: bool = False) -> ServiceUnreachableError:
        """Return the error for a request that got no answer.

        Args:
            outcome: What happened instead.
            absent: Whether this means that there is nothing at this place.
        """
        return ServiceUnreachableError(
            f"{self.title} {outcome.what}",
            remedy=self.unreachable_remedy,
            provider=self.provider,
            absent=absent,
        )

    def refused(
        self, reply: Reply, *, asked_for: str, remedy: str = "", absent: bool = False
    ) -> CredentialException:
        """Return the error for an answer with a status other than 200.

        Args:
            reply: The answer.
            asked_for: What was asked for, such as "the token".
            remedy: What to do when the service said no; asking its author where nothing is known.
            absent: Whether this means that there is nothing at this place.
        """
        problem = f"{self.title} answered a request for {asked_for} with HTTP status {reply.status}"
        if reply.status in _SERVER_ERRORS or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            return ServiceUnreachableError(
                f"{problem}.",
                remedy="It may recover by itself; otherwise ask " + self.author + ".",
                provider=self.provider,
            )
        if reply.status in _REDIRECTS:
            problem += ", a redirect, which is not followed"
        return CredentialRefusedError(
            f"{problem}.",
            remedy=remedy or f"Ask {self.author} why.",
            provider=self.provider,
            absent=absent,
        )

    def malformed(self, how: str) -> ServiceUnreachableError:
        """Return the error for an answer that does not fit; `how` continues "it answered"."""
        return ServiceUnreachableError(
            f"{self.title} answered {how}.", remedy=f"Ask {self.author} to mend it.", provider=self.provider
        )
