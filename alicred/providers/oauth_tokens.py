"""The tokens of a user who has signed in: how long each is good for, and how a profile holds them."""

from __future__ import annotations

from typing import Any, NamedTuple

from alicred.profiles import Profile
from alicred.providers.sign_in import checked_token, is_token

__all__ = ["Tokens", "tokens_granted", "tokens_of"]

# As aliyun-cli and the SDKs do: what is exchanged shall not end on its way.
_MARGIN_SECONDS = 1200
_USUAL_SECONDS = 3600
_LONGEST_SECONDS = 366 * 24 * 3600


class Tokens(NamedTuple):
    """An access token, and what renews it.

    Attributes:
        refresh: The refresh token, None where there is none.
        access: The access token, None where there is none.
        ends_at: When the access token ends, in epoch seconds; 0 where nothing says so.
    """

    refresh: str | None
    access: str | None
    ends_at: int

    def are_fresh(self, now: float) -> bool:
        """Return whether the access token can be used without renewing it first."""
        return self.access is not None and self.ends_at - now > _MARGIN_SECONDS

    def are_usable(self, now: float) -> bool:
        """Return whether the access token can be used if it has to be."""
        return self.access is not None and (now < self.ends_at or not self.ends_at)

    def identity(self) -> dict[str, object]:
        """Return the fields by which a profile shows whether it still holds these."""
        fields = {"oauth_refresh_token": self.refresh, "oauth_access_token": self.access}
        return {name: value for name, value in fields.items() if value is not None}

    def fields(self) -> dict[str, object]:
        """Return the fields of a profile that hold these."""
        return {**self.identity(), "oauth_access_token_expire": self.ends_at}

    def __repr__(self) -> str:
        return f"Tokens(ends_at={self.ends_at!r})"


def tokens_of(profile: Profile, *, remedy: str) -> Tokens:
    """Return the tokens that a profile holds.

    Raises:
        ConfigurationError: One of them is something else.
    """
    return Tokens(
        checked_token(profile, "oauth_refresh_token", remedy=remedy),
        checked_token(profile, "oauth_access_token", remedy=remedy),
        profile.number("oauth_access_token_expire") or 0,
    )


def tokens_granted(answer: dict[str, Any], used: Tokens, now: float) -> Tokens | None:
    """Return the tokens that an answer grants, None where it grants none.

    A service that issues no new refresh token means the one that was used.
    """
    access, refresh, seconds = (answer.get(key) for key in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(access, str) or not is_token(access):
        return None
    if not isinstance(refresh, str) or not is_token(refresh):
        refresh = used.refresh
    if type(seconds) is not int or not 0 < seconds < _LONGEST_SECONDS:
        seconds = _USUAL_SECONDS
    return Tokens(refresh, access, int(now) + seconds)
