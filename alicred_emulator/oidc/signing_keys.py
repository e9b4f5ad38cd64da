"""The keys that the fake issuer signs with."""

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alicred_emulator.rsa_keys import rsa_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM: Final = "RS256"
"""What Kubernetes signs with when its key is an RSA key."""

_PURPOSE: Final = "oidc"
_ID_LENGTH: Final = 43


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, which is made when it first signs or is published.

    Attributes:
        number: Which one; the same in every world of the process.
    """

    number: int

    @property
    def id(self) -> str:
        """Its id, as long as those of Kubernetes, which says that the key is fake; the same in every run."""
        digest = hashlib.sha256(f"{_PURPOSE}/{self.number}".encode()).digest()
        return f"FAKE{base64.urlsafe_b64encode(digest).decode('ascii')}"[:_ID_LENGTH]

    @property
    def private(self) -> "RSAPrivateKey":
        """The private key."""
        return rsa_key(_PURPOSE, self.number)

    def jwk(self) -> dict[str, object]:
        """Return what is published of it, as Kubernetes writes it."""
        from jwt.algorithms import RSAAlgorithm  # noqa: PLC0415 - slow to load

        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {
            "use": "sig",
            "kty": "RSA",
            "kid": self.id,
            "alg": ALGORITHM,
            "n": public["n"],
            "e": public["e"],
        }
