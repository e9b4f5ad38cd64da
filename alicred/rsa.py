"""RSA signatures, by the package `cryptography`, which the extra ``alicred[rsa]`` brings.

Rule of this module: it is loaded by whoever signs with RSA, and by nobody else.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from alicred.files import UnusableFileError

__all__ = ["signer"]

_NOT_RSA = "names a file whose private key is not an RSA key."


def signer(pem: bytes) -> Callable[[str], str]:
    """Return what signs a text by SHA256withRSA, in Base64.

    Args:
        pem: A private key in PEM (PKCS#1 or PKCS#8), without a password.

    Raises:
        UnusableFileError: It is none.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise UnusableFileError("names a file whose private key is encrypted.") from None
    except UnsupportedAlgorithm:
        raise UnusableFileError(_NOT_RSA) from None
    except ValueError:
        raise UnusableFileError("names a file that does not hold a private key in PEM.") from None
    if not isinstance(key, RSAPrivateKey):
        raise UnusableFileError(_NOT_RSA)
    return lambda text: b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode("ascii")
