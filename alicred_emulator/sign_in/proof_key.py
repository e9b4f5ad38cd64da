"""The proof key of RFC 7636: what a program that asked for a code shows when it comes back with it."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

METHODS: Final = ("S256", "plain")
"""The ways to make a challenge (documented)."""

_SHAPE: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""Of verifiers and of challenges (documented)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProofKey:
    """What a program has said of its proof beforehand.

    Attributes:
        challenge: The challenge, as the method makes it of the verifier.
        method: The method.
    """

    challenge: str
    method: str

    @property
    def is_readable(self) -> bool:
        """Whether it has the shape that it has to have."""
        return self.method in METHODS and _SHAPE.fullmatch(self.challenge) is not None

    def is_met_by(self, verifier: str) -> bool:
        """Tell whether the challenge was made of this verifier."""
        if self.method == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        return verifier == self.challenge
