"""`oauth`: a session for a user who has signed in to Alibaba Cloud in a browser.

aliyun-cli has left an access token in the profile, and a refresh token that renews it. The access token is
exchanged for a session, and all of it is written back, so that the next process begins with it. Rules:

- a refresh token may be worth nothing once it has been used, and whoever loses its successor has to sign in
  again; so the successor is written down before anything else is done;
- other processes do the same with the same file: of those that keep these rules one at a time does it; of
  all others, what they have written there is used, and not overwritten;
- a session that somebody has left in the file is used like one's own.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone

from alicred import log
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, CredentialException, CredentialRefusedError
from alicred.models import Credential
from alicred.profiles import Profile
from alicred.providers.base import Issued, Provider
from alicred.providers.document import LONGEST_LIFETIME_SECONDS
from alicred.providers.oauth_site import site_of
from alicred.providers.oauth_tokens import Tokens, tokens_of
from alicred.providers.sign_in import checked_token, sign_in_again, usual_terms
from alicred.refresh import quarter_of_lifetime
from alicred.transport import Conversation, Terms, Transport
from alicred.write_back import StoredProfile

__all__ = ["OAuthProvider", "build_profile"]

# A session that is found in the file has to be worth beginning with, and while another one is held,
# worth having instead: no session is refreshed earlier than a quarter of an hour before its end.
_LEAST_SECONDS = 60.0
_LEAST_SECONDS_WHILE_HOLDING = 900.0
# The words for it are known from clients, so an answer without a word that is known may mean the same.
_ABOUT_THE_TOKEN = (None, "invalid_token", "expired_token")


def build_profile(profile: Profile, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that a profile of mode OAuth describes.

    Raises:
        ConfigurationError: A field cannot be right.
    """
    terms = usual_terms(OAuthProvider.name, environment)
    return OAuthProvider(profile=profile, transport=transport, terms=terms)


class OAuthProvider:
    """Exchanges the access token of a user for a session, and renews it before."""

    __slots__ = (
        "_is_token_kept",
        "_issued_until",
        "_profile",
        "_remedy",
        "_seen",
        "_site",
        "_stored",
        "_terms",
        "_tokens",
        "_transport",
    )

    name = "oauth"

    def __init__(self, *, profile: Profile, transport: Transport, terms: Terms) -> None:
        self._profile = profile
        self._transport = transport
        self._terms = terms
        self._remedy = sign_in_again(profile, "OAuth")
        self._site = site_of(profile, self.name, remedy=self._remedy)
        self._stored = StoredProfile(profile)
        self._issued_until = 0
        self._is_token_kept = False
        # What the file said last, and what is in use: not the same where the file cannot be written.
        self._seen = self._tokens = tokens_of(profile, remedy=self._remedy)

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Use the session that is in the file, or obtain one; see `alicred.providers.base.Provider`."""
        least = _LEAST_SECONDS_WHILE_HOLDING if holding else _LEAST_SECONDS
        credential = self._found(now, least)
        if credential is None:
            with self._stored.in_turn():
                # By whoever has had their turn before.
                credential = self._found(now, least) or self._obtained(now)
        self._issued_until = _end_of(credential)
        return Issued(credential, quarter_of_lifetime)

    def _found(self, now: float, least: float) -> Credential | None:
        self._look()
        return self._kept(now + least, now + LONGEST_LIFETIME_SECONDS)

    def _obtained(self, now: float) -> Credential:
        with self._transport.open(self._terms, now=now) as conversation:
            credential = self._obtain(conversation, now)
        self._keep_session(credential)
        return credential

    def _look(self) -> bool:
        """Take over the tokens that another process has written, and return whether there are any."""
        profile = self._stored.read()
        if profile is None:
            return False
        self._profile = profile
        tokens = tokens_of(profile, remedy=self._remedy)
        if tokens == self._seen:
            return False
        self._seen = self._tokens = tokens
        return True

    def _kept(self, earliest: float, latest: float) -> Credential | None:
        """Return the session that the file holds, unless it ends too early, or is the one that was issued."""
        # Whatever is wrong with it is overwritten by the next one.
        with suppress(ConfigurationError):
            ends_at = self._profile.number("sts_expiration") or 0
            fields = ("access_key_id", "access_key_secret", "sts_token")
            key_id, secret, token = (checked_token(self._profile, name, remedy="") for name in fields)
            if key_id and secret and token and max(earliest, self._issued_until) < ends_at < latest:
                return Credential(
                    type=self.name,
                    provider_name=self.name,
                    access_key_id=key_id,
                    access_key_secret=secret,
                    security_token=token,
                    expiration=datetime.fromtimestamp(ends_at, timezone.utc),
                    expires_at=float(ends_at),
                )
        return None

    def _obtain(self, conversation: Conversation, now: float) -> Credential:
        was_fresh = self._tokens.are_fresh(now)
        if was_fresh:
            self._is_token_kept = False
        else:
            self._see_to_a_token(conversation, now)
        try:
            return self._site.exchange(conversation, self._tokens.access, now)
        except CredentialRefusedError as refused:
            error = refused.copy()
        # It was revoked, or this machine's clock is behind.
        if was_fresh and self._tokens.refresh and error.code in _ABOUT_THE_TOKEN:
            failure = self._renew(conversation, now)
            if failure is None:
                return self._site.exchange(conversation, self._tokens.access, now)
            error = failure
        raise error

    def _see_to_a_token(self, conversation: Conversation, now: float) -> None:
        if not self._tokens.refresh and self._tokens.are_usable(now):
            return
        error = self._renew(conversation, now)
        if error is not None and not self._tokens.are_usable(now):
            raise error
        if error is not None and not self._is_token_kept:
            log.warning("%s The access token that is there is used.", error)
        self._is_token_kept = error is not None

    def _renew(self, conversation: Conversation, now: float) -> CredentialException | None:
        error = self._try_to_renew(conversation, now)
        # Whoever has used the refresh token before us has written down its successor.
        if not isinstance(error, CredentialRefusedError) or not self._look():
            return error
        return None if self._tokens.are_fresh(now) else self._try_to_renew(conversation, now)

    def _try_to_renew(self, conversation: Conversation, now: float) -> CredentialException | None:
        if not self._tokens.refresh:
            return self._profile.error("oauth_access_token is missing or has ended.", self._remedy)
        try:
            self._keep_tokens(self._site.renew(conversation, self._tokens, now), now)
        except CredentialException as failure:
            return failure.copy()
        return None

    def _keep_tokens(self, tokens: Tokens, now: float) -> None:
        self._tokens = tokens
        profile = self._stored.update(tokens.fields(), provided=self._seen.identity())
        if profile is None:
            return
        self._seen = tokens_of(profile, remedy=self._remedy)
        if self._seen.are_usable(now):
            self._tokens = self._seen

    def _keep_session(self, credential: Credential) -> None:
        changes = {
            **self._tokens.fields(),
            "access_key_id": credential.access_key_id,
            "access_key_secret": credential.access_key_secret,
            "sts_token": credential.security_token,
            "sts_expiration": _end_of(credential),
        }
        self._stored.update(changes, provided=self._seen.identity())


def _end_of(credential: Credential) -> int:
    # By the service's clock, as the file has it.
    return int(credential.expiration.timestamp()) if credential.expiration else 0
