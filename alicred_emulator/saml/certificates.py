"""The certificates that the fake identity provider signs with."""

from datetime import datetime, timezone
from functools import cache
from typing import Final

from alicred_emulator.rsa_keys import rsa_key
from alicred_emulator.self_signed import self_signed

PURPOSE: Final = "saml"
"""What its keys are for, by which `rsa_key` knows them."""

# Nobody has to think of them, wherever the emulator's clock stands.
_VALID_FROM: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)
_VALID_UNTIL: Final = datetime(3000, 1, 1, tzinfo=timezone.utc)


@cache
def certificate_of(number: int) -> str:
    """Return the certificate of the n-th key, signed by itself, in PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - slow to load

    certificate = self_signed(
        rsa_key(PURPOSE, number),
        "alicred-emulator fake identity provider",
        number=number + 1,
        valid_from=_VALID_FROM,
        valid_until=_VALID_UNTIL,
    )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
