"""Certificates that nobody has to vouch for: each is signed by the key that it is about."""

from datetime import datetime
from typing import TYPE_CHECKING

from alicred_emulator.patching import real_dates

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate


def self_signed(
    key: "RSAPrivateKey", name: str, *, number: int, valid_from: datetime, valid_until: datetime
) -> "Certificate":
    """Make a certificate.

    Args:
        key: The key that it is about.
        name: The common name of whoever has the key.
        number: The serial number.
        valid_from: From when it is good.
        valid_until: Until when.

    Returns:
        The certificate.
    """
    from cryptography import x509  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - same

    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer_name=named,
        subject_name=named,
        public_key=key.public_key(),
        serial_number=number,
        not_valid_before=valid_from,
        not_valid_after=valid_until,
    )
    with real_dates():
        return builder.sign(key, SHA256())
