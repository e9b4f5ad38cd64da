"""Certificates in the form in which Java keeps those that it trusts: a JKS file, which every Java reads."""

import hashlib
import re
import ssl
import struct
from typing import Final

_MAGIC: Final = 0xFEEDFEED
_VERSION: Final = 2
_TRUSTED_CERTIFICATE: Final = 2
_ALWAYS_MILLISECONDS: Final = 946_684_800_000  # 2000-01-01, before which nobody sets a clock
_PASSWORD: Final = "changeit"  # noqa: S105 - everybody's, and what it seals is public
_WHITENER: Final = b"Mighty Aphrodite"
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def java_trust_store(bundle: str) -> bytes:
    """Return a trust store with all certificates of a bundle.

    Args:
        bundle: Certificates in PEM, with anything in between.
    """
    certificates = _PEM.findall(bundle)
    body = struct.pack("!3I", _MAGIC, _VERSION, len(certificates))
    body += b"".join(_entry(f"alicred-{number}", pem) for number, pem in enumerate(certificates))
    seal = hashlib.sha1(_PASSWORD.encode("utf-16-be") + _WHITENER + body, usedforsecurity=False)
    return body + seal.digest()


def _entry(alias: str, pem: str) -> bytes:
    certificate = ssl.PEM_cert_to_DER_cert(pem)
    head = struct.pack("!I", _TRUSTED_CERTIFICATE) + _text(alias) + struct.pack("!Q", _ALWAYS_MILLISECONDS)
    return head + _text("X.509") + struct.pack("!I", len(certificate)) + certificate


def _text(text: str) -> bytes:
    encoded = text.encode("ascii")
    return struct.pack("!H", len(encoded)) + encoded
