"""RSA keys, which take long to make: each is made once in a process, when it is first needed.

The n-th key for a purpose is the same for every world and after every reset, so that a suite of hundreds of
tests makes a handful. None is ever written anywhere by this package.
"""

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_BITS: Final = 2048
_making: Final = threading.Lock()
_made: Final[dict[tuple[str, int], "RSAPrivateKey"]] = {}


def rsa_key(purpose: str, number: int) -> "RSAPrivateKey":
    """Return the n-th key for a purpose.

    Args:
        purpose: What it is for; keys for different purposes differ.
        number: Which one, from 0.

    Returns:
        The key, of 2048 bits.
    """
    with _making:
        key = _made.get((purpose, number))
        if key is None:
            from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - slow to load

            key = _made[purpose, number] = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key


def private_pem(key: "RSAPrivateKey") -> str:
    """Write a private key as PKCS#8 in PEM, without a password."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - slow to load
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_pem(key: "RSAPrivateKey") -> str:
    """Write the public half of a key in PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - same

    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode("ascii")
