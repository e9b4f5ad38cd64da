"""A request to the OAuth service: what its parameters and its token name."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from alicred_emulator.oauth.sign_ins import Consent, SignIn
from alicred_emulator.oauth.sites import sites_at
from alicred_emulator.sign_in.call import Call
from alicred_emulator.sign_in.proof_key import ProofKey
from alicred_emulator.sign_in.tokens import Token

GRANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "refresh_token": ("refresh_token",),
    "authorization_code": ("code", "redirect_uri", "code_verifier"),
}
"""What a token is given for, with the parameters that each cannot do without."""

_ON_THIS_MACHINE: Final = re.compile(
    r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?(?:/[!-\"$-~]*)?"
)
"""Where a native program waits for the browser to come back: no other place may learn a code."""


class OAuthCall(Call):
    """A request to the OAuth service, judged by nobody yet."""

    @property
    def grant_type(self) -> str:
        """What it asks for a token with, empty where it does not say, or asks for none."""
        asks = "grant_type" in self.operation.needs
        return self.parameters.get("grant_type", "") if asks else ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The parameters that it cannot do without; what it asks for a token with has its own."""
        return (*self.operation.needs, *GRANTS.get(self.grant_type, ()))

    @property
    def client_id(self) -> str:
        """The program that it says it comes from."""
        return self.parameters.get("client_id", "")

    @property
    def client_ids(self) -> frozenset[str]:
        """The programs that are known where it was sent to."""
        return frozenset(site.client_id for site in sites_at(self.host))

    @property
    def redirect_uri(self) -> str:
        """Where it wants the browser sent back to, empty where no browser may be sent."""
        wanted = self.parameters.get("redirect_uri", "")
        return wanted if _ON_THIS_MACHINE.fullmatch(wanted) else ""

    @property
    def proof_key(self) -> ProofKey:
        """What it says of its later proof; the method is `plain` unless it says another (RFC 7636)."""
        return ProofKey(
            challenge=self.parameters.get("code_challenge", ""),
            method=self.parameters.get("code_challenge_method", "plain"),
        )

    @property
    def code(self) -> Token[Consent] | None:
        """The authorization code that it asks for tokens with, good or not, None if there is none such."""
        if self.grant_type != "authorization_code":
            return None
        return self.world.sign_ins.codes.get(self.parameters.get("code", ""))

    @property
    def refresh_token(self) -> Token[SignIn] | None:
        """The refresh token that it asks for tokens with, good or not, None if there is none such."""
        if self.grant_type != "refresh_token":
            return None
        return self.world.sign_ins.refresh_tokens.get(self.parameters.get("refresh_token", ""))

    @property
    def access_token(self) -> Token[SignIn] | None:
        """The access token that it presents, good or not, None if no such token was issued."""
        return self.world.sign_ins.access_tokens.get(self.bearer_token)

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.world.clock.now()
