"""Who has signed in with OAuth, and the tokens that each sign-in has led to."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.keys import KeyMint
from alicred_emulator.ram.principal import Principal
from alicred_emulator.sign_in.proof_key import ProofKey
from alicred_emulator.sign_in.tokens import Token, Tokens, whole_seconds

CODE_LIFETIME: Final = timedelta(minutes=10)
"""How long an authorization code is good (RFC 6749 recommends no more)."""

_SHORTEST: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignIn:
    """One sign-in, which ends when a refresh token of it is revoked.

    Attributes:
        client_id: The program that it was made for.
        principal: For whom its sessions speak.
    """

    client_id: str
    principal: Principal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consent:
    """What a user has agreed to in the browser.

    Attributes:
        sign_in: The sign-in.
        redirect_uri: Where the browser was sent with the code.
        proof_key: What the program has to prove itself by.
    """

    sign_in: SignIn
    redirect_uri: str
    proof_key: ProofKey


class TokenPair(NamedTuple):
    """What a program holds after a sign-in.

    Attributes:
        access: The access token.
        refresh: The refresh token.
    """

    access: Token[SignIn]
    refresh: Token[SignIn]


class SignIns:
    """The sign-ins of one world.

    Args:
        clock: The emulator's clock.
        mint: Makes tokens and codes.
        principal: For whom they speak, unless somebody else is said to sign in.

    Attributes:
        codes: The authorization codes.
        access_tokens: The access tokens.
        refresh_tokens: The refresh tokens.
        principal: For whom the next sign-in speaks.
        rotates_refresh_tokens: Whether a refresh token is good for one use, and brings the next.
    """

    def __init__(self, clock: EmulatorClock, mint: KeyMint, principal: Principal) -> None:
        self.codes: Final = Tokens[Consent]("Code", mint, clock)
        self.access_tokens: Final = Tokens[SignIn]("AccessToken", mint, clock)
        self.refresh_tokens: Final = Tokens[SignIn]("RefreshToken", mint, clock)
        self.principal = principal
        self.rotates_refresh_tokens = True
        self.access_token_lifetime = timedelta(hours=1)
        self.refresh_token_lifetime = timedelta(days=30)
        self.credential_lifetime = timedelta(hours=1)

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token is good: 1 hour (documented, 15 minutes to 3 hours).

        Raises:
            ValueError: When set to less than a second.
        """
        return self._access_token_lifetime

    @access_token_lifetime.setter
    def access_token_lifetime(self, lifetime: timedelta) -> None:
        self._access_token_lifetime = _positive(lifetime)

    @property
    def refresh_token_lifetime(self) -> timedelta:
        """How long after a sign-in its last refresh token ends: 30 days (likely).

        Raises:
            ValueError: When set to less than a second.
        """
        return self._refresh_token_lifetime

    @refresh_token_lifetime.setter
    def refresh_token_lifetime(self, lifetime: timedelta) -> None:
        self._refresh_token_lifetime = _positive(lifetime)

    @property
    def credential_lifetime(self) -> timedelta:
        """How long a session is good that an access token is exchanged for: 1 hour (likely).

        Raises:
            ValueError: When set to less than a second.
        """
        return self._credential_lifetime

    @credential_lifetime.setter
    def credential_lifetime(self, lifetime: timedelta) -> None:
        self._credential_lifetime = _positive(lifetime)

    def consent(self, client_id: str, redirect_uri: str, proof_key: ProofKey) -> Token[Consent]:
        """Return the code for a program that the user trusts."""
        consent = Consent(
            sign_in=SignIn(client_id=client_id, principal=self.principal),
            redirect_uri=redirect_uri,
            proof_key=proof_key,
        )
        return self.codes.issue(consent, CODE_LIFETIME)

    def begin(
        self,
        sign_in: SignIn,
        access_lifetime: timedelta | float | None = None,
        refresh_lifetime: timedelta | float | None = None,
    ) -> TokenPair:
        """Return the first tokens of a sign-in.

        Args:
            sign_in: The sign-in.
            access_lifetime: How long the access token is good, if not as long as usual.
            refresh_lifetime: How long the refresh token is good, if not as long as usual.
        """
        access = self.access_token_lifetime if access_lifetime is None else access_lifetime
        refresh = self.refresh_token_lifetime if refresh_lifetime is None else refresh_lifetime
        return TokenPair(
            self.access_tokens.issue(sign_in, access), self.refresh_tokens.issue(sign_in, refresh)
        )

    def refresh(self, used: Token[SignIn]) -> TokenPair:
        """Return further tokens of a sign-in; the next refresh token ends when the one used would have."""
        access = self.access_tokens.issue(used.given, self.access_token_lifetime)
        if not self.rotates_refresh_tokens:
            return TokenPair(access, used)
        used.withdrawn = True
        return TokenPair(access, self.refresh_tokens.issue_until(used.expires_at, used.given))

    def revoke(self, text: str) -> None:
        """Revoke an access token, or with a refresh token the whole sign-in (RFC 7009), or nothing."""
        self.access_tokens.withdraw(lambda token: token.text == text)
        refresh = self.refresh_tokens.get(text)
        if refresh is not None:
            for tokens in (self.access_tokens, self.refresh_tokens):
                tokens.withdraw(lambda token: token.given is refresh.given)


def _positive(lifetime: timedelta) -> timedelta:
    if lifetime < _SHORTEST:
        raise ValueError(f"a lifetime is at least one second, not {lifetime}")
    return whole_seconds(lifetime)
