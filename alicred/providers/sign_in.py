"""What the providers have in common whose user has signed in in a browser, by aliyun-cli."""

from __future__ import annotations

from http import HTTPStatus
from shlex import quote
from typing import NamedTuple

from alicred.environment import Environment
from alicred.exceptions import CredentialException, CredentialRefusedError
from alicred.profiles import Profile, shown
from alicred.providers.service import Service
from alicred.providers.terms import terms_of
from alicred.settings import Settings
from alicred.transport import Reply, Terms

__all__ = ["Said", "checked_token", "is_token", "refusal", "sign_in_again", "usual_terms"]


class Said(NamedTuple):
    """What a refusal says of itself.

    Attributes:
        code: The service's word for what happened, None where it has none that may be shown.
        request_id: The id of the request, None where it has none that may be shown.
    """

    code: str | None
    request_id: str | None


def sign_in_again(profile: Profile, mode: str) -> str:
    """Return what to do when a sign-in is over, one sentence."""
    return f"Sign in again: aliyun configure --mode {mode} --profile {quote(shown(profile.name))}."


def checked_token(profile: Profile, field: str, *, remedy: str) -> str | None:
    """Return a token that may stand in a header, None where there is none.

    Raises:
        ConfigurationError: It is something else.
    """
    token = profile.text(field)
    if token and not is_token(token):
        raise profile.error(f"{field} holds characters that no token has.", remedy)
    return token


def is_token(text: str) -> bool:
    """Return whether a text may stand in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def usual_terms(provider: str, environment: Environment) -> Terms:
    """Return the terms of requests that a profile says nothing about."""
    return terms_of(Settings(provider, {}), environment)


def refusal(
    service: Service, reply: Reply, said: Said, *, asked_for: str, remedy: str
) -> CredentialException:
    """Return the error for an answer other than what was asked for.

    Args:
        service: Who answered.
        reply: The answer.
        said: What it says of itself.
        asked_for: What was asked for, such as "a credential".
        remedy: What to do where it was the service that said no.
    """
    passes = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.TOO_MANY_REQUESTS
    if said.code is None or passes:
        error = service.refused(reply, asked_for=asked_for, remedy=remedy)
        error.code, error.request_id = said
        return error
    where = f"HTTP status {reply.status}" + (f", RequestId {said.request_id}" if said.request_id else "")
    return CredentialRefusedError(
        f"{service.title} answered a request for {asked_for} with {said.code} ({where}).",
        remedy=remedy,
        provider=service.provider,
        code=said.code,
        request_id=said.request_id,
    )
