"""The instance identity document and its signature.

The real service signs with a key whose certificate Alibaba Cloud publishes; this one has a key of its
own, made when first needed and never written anywhere. A verifier must be given its certificate.
"""

import base64
import json
import textwrap
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Final

from alicred_emulator.rsa_keys import rsa_key
from alicred_emulator.self_signed import self_signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_KEYS: Final = (
    "zone-id",
    "serial-number",
    "instance-id",
    "region-id",
    "private-ipv4",
    "owner-account-id",
    "mac",
    "image-id",
    "instance-type",
)
"""The document's keys in their recorded order."""

_VALID_FROM: Final = datetime(2018, 2, 23, tzinfo=timezone.utc)
_VALID_UNTIL: Final = datetime(2038, 2, 18, tzinfo=timezone.utc)
_BASE64_LINE: Final = 64


def identity_document(metadata: Mapping[str, object], audience: str | None = None) -> str:
    """Write the identity document: compact JSON (documented).

    Args:
        metadata: The instance's metadata, by path.
        audience: The audience that a signature names; the signed text carries it at its end.

    Returns:
        The text; an item that the metadata lack is left out.
    """
    # The type is the one key that lives in a directory of the tree.
    items = {**metadata, "instance-type": metadata.get("instance/instance-type")}
    content = {key: items[key] for key in _KEYS if items.get(key) is not None}
    if audience is not None:
        content["audience"] = audience
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


class IdentitySigner:
    """Signs identity documents with a key of this process."""

    @property
    def certificate_pem(self) -> bytes:
        """The certificate to verify signatures with, in PEM."""
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - slow to load

        return self._identity[1].public_bytes(Encoding.PEM)

    def sign(self, signed_text: str) -> str:
        """Sign a text.

        Args:
            signed_text: The identity document, with its audience if there is one.

        Returns:
            The detached PKCS#7 signature as Base64 lines without PEM armour (documented).
        """
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - slow to load
        from cryptography.hazmat.primitives.serialization import Encoding, pkcs7  # noqa: PLC0415 - same

        key, certificate = self._identity
        # The attributes would carry the machine's time instead of the emulator's.
        options = [
            pkcs7.PKCS7Options.DetachedSignature,
            pkcs7.PKCS7Options.Binary,
            pkcs7.PKCS7Options.NoCerts,
            pkcs7.PKCS7Options.NoAttributes,
        ]
        builder = pkcs7.PKCS7SignatureBuilder().set_data(signed_text.encode())
        signature = builder.add_signer(certificate, key, SHA256()).sign(Encoding.DER, options)
        return "\n".join(textwrap.wrap(base64.b64encode(signature).decode("ascii"), _BASE64_LINE))

    @cached_property
    def _identity(self) -> "tuple[RSAPrivateKey, Certificate]":
        key = rsa_key("instance identity", 0)
        certificate = self_signed(
            key,
            "alicred-emulator fake instance identity",
            number=1,
            valid_from=_VALID_FROM,
            valid_until=_VALID_UNTIL,
        )
        return key, certificate
