"""What a signature is made of and made from, by the rules of the services: pure functions.

The rules kept here: parameters are decoded first and encoded anew, since clients differ in how they write
them on the wire; a signature is compared in constant time.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ACS3_METHOD: Final = "ACS3-HMAC-SHA256"
RSA_METHOD: Final = "SHA256withRSA"
V1_DIGESTS: Final[Mapping[str, str]] = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
"""Signature methods of V1 to the hash that each is made with."""

Encode = Callable[[str], str]


@lru_cache(maxsize=1024)
def percent_encoded(text: str) -> str:
    """Encode a text as the signatures want it: all but letters, digits and ``-_.~`` (documented)."""
    return quote(text, safe="")


def plus_encoded(text: str) -> str:
    """Encode a text as a form would, with ``+`` for a space: a mistake of Alibaba's SDK for Python."""
    return quote_plus(text)


def canonical_query(pairs: Iterable[tuple[str, str]], encode: Encode = percent_encoded) -> str:
    """Write parameters in the one order and the one encoding that is signed."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(pairs))


def v1_string_to_sign(method: str, parameters: Mapping[str, str], encode: Encode = percent_encoded) -> str:
    """Return what a V1 signature is made of.

    Args:
        method: The HTTP method.
        parameters: All parameters of query and body, decoded; ``Signature`` is left out here.
        encode: How names and values are encoded, twice.

    Returns:
        The string to sign.
    """
    pairs = ((name, value) for name, value in parameters.items() if name != "Signature")
    return f"{method}&{encode('/')}&{encode(canonical_query(pairs, encode))}"


def v1_signature(signature_method: str, secret: str, string_to_sign: str) -> str:
    """Return a V1 signature by ``HMAC-SHA1`` or ``HMAC-SHA256``; the key is the secret and ``&``."""
    digest = hmac.digest(f"{secret}&".encode(), string_to_sign.encode(), V1_DIGESTS[signature_method])
    return base64.b64encode(digest).decode()


def acs3_string_to_sign(canonical_request: str) -> str:
    """Return what an ACS3 signature is made of."""
    return f"{ACS3_METHOD}\n{hashlib.sha256(canonical_request.encode()).hexdigest()}"


def acs3_canonical_request(
    method: str,
    path: str,
    pairs: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    content_sha256: str,
) -> str:
    """Return the canonical form of a request.

    Args:
        method: The HTTP method.
        path: The path, decoded.
        pairs: The parameters of the query, decoded.
        headers: The headers that are signed.
        content_sha256: The hash of the body, in hexadecimal digits.

    Returns:
        The canonical request.
    """
    signed = sorted((name.lower(), value.strip()) for name, value in headers.items())
    return "\n".join(
        [
            method,
            quote(path),
            canonical_query(pairs),
            "".join(f"{name}:{value}\n" for name, value in signed),
            ";".join(name for name, _ in signed),
            content_sha256,
        ]
    )


def acs3_signature(secret: str, string_to_sign: str) -> str:
    """Return the hexadecimal digits of an ACS3 signature; the key is the plain secret."""
    return hmac.digest(secret.encode(), string_to_sign.encode(), "sha256").hex()


def hash_of(body: bytes) -> str:
    """Return the SHA-256 of a body in hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def is_rsa_signature(public_key: "RSAPublicKey", signature: str, string_to_sign: str) -> bool:
    """Tell whether a Base64 text is an RSA signature (PKCS#1 v1.5, SHA-256) of a string."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - same
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - same

    try:
        public_key.verify(base64.b64decode(signature), string_to_sign.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
