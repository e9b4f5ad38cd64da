"""A request to CloudSSO: what its parameters and its token name."""

import re
from datetime import datetime
from typing import Final

from alicred_emulator.cloud_sso.directory import Device
from alicred_emulator.sign_in.call import Call
from alicred_emulator.sign_in.proof_key import ProofKey
from alicred_emulator.sign_in.tokens import Token

DEFAULT_RESULTS: Final = 10
"""How many entries a page of a list has (documented for the lists of CloudSSO's API)."""

_NEXT_TOKEN: Final = "FakeNextToken"  # noqa: S105 - it names a page, and opens nothing
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,6}")


class CloudSsoCall(Call):
    """A request to CloudSSO, judged by nobody yet."""

    @property
    def access_token(self) -> Token[str] | None:
        """The access token that it presents, good or not, None if no such token was issued."""
        return self.world.cloud_sso.access_tokens.get(self.bearer_token)

    @property
    def device_code(self) -> Token[Device] | None:
        """The device code that it names, good or not, None if no such code was issued."""
        return self.world.cloud_sso.device_codes.get(self.parameters.get("DeviceCode", ""))

    @property
    def proof_key(self) -> ProofKey:
        """What it says of its later proof."""
        return ProofKey(
            challenge=self.parameters.get("CodeChallenge", ""),
            method=self.parameters.get("CodeChallengeMethod", ""),
        )

    @property
    def max_results(self) -> int | None:
        """How many entries it wants at most, None where that is no number."""
        return _whole_number(self.parameters.get("MaxResults") or str(DEFAULT_RESULTS))

    @property
    def offset(self) -> int | None:
        """Where the page begins that it wants, None where its token leads to no page."""
        text = self.parameters.get("NextToken")
        if not text:
            return 0
        return _whole_number(text.removeprefix(_NEXT_TOKEN)) if text.startswith(_NEXT_TOKEN) else None

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.world.clock.now()


def next_token(offset: int) -> str:
    """Return the token that leads to the page which begins there."""
    return f"{_NEXT_TOKEN}{offset}"


def _whole_number(text: str) -> int | None:
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None
