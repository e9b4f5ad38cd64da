"""The certificates that the fake identity provider signs with."""

from datetime import datetime, timezone
from functools import cache
from typing import Final

from alicred_emulator.patching import real_dates
from alicred_emulator.rsa_keys import rsa_key

PURPOSE: Final = "saml"
"""What its keys are for, by which `rsa_key` knows them."""

# Nobody has to think of them, wherever the emulator's clock stands.
_VALID_FROM: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)
_VALID_UNTIL: Final = datetime(3000, 1, 1, tzinfo=timezone.utc)


@cache
def certificate_of(number: int) -> str:
    """Return the certificate of the n-th key, signed by itself, in PEM."""
    from cryptography import x509  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - same
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - same

    key = rsa_key(PURPOSE, number)
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, "alicred-emulator fake identity provider")]
    )
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=number + 1,
        not_valid_before=_VALID_FROM,
        not_valid_after=_VALID_UNTIL,
    )
    with real_dates():
        certificate = builder.sign(key, SHA256())
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
