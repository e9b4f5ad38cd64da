"""What a provider notices on its way to a credential, for the log and for whoever the credential is for.

A provider may lie deep: under the default chain, under a profile, or as the source of a role. Rule of this
module: it need not know who listens, nor whether anybody does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from alicred import log
from alicred.exceptions import CredentialException

__all__ = ["collected", "fell_back_to_imds_v1"]

_Result = TypeVar("_Result")

_fall_backs: ContextVar[list[CredentialException] | None] = ContextVar("alicred_notices", default=None)


def fell_back_to_imds_v1(why: CredentialException) -> None:
    """Notice that instance metadata has begun to be asked for without a token, and has given a credential."""
    log.warning("instance metadata: normal mode is used, since %s", why.problem)
    listening = _fall_backs.get()
    if listening is not None:
        listening.append(why)


def collected(fall_backs: list[CredentialException], work: Callable[[], _Result]) -> _Result:
    """Do some work, and collect why it has fallen back."""
    before = _fall_backs.set(fall_backs)
    try:
        return work()
    finally:
        _fall_backs.reset(before)
