"""Keys and tokens that look real and say that they are fake.

They are deterministic: the n-th key of a world is the same in every run, so that a recorded journal or
a failing test can be compared with the next. Being computable by anyone, they protect nothing.
"""

import base64
import hashlib
import itertools
import string
import uuid
from typing import Final

_ALPHABET: Final = string.ascii_letters + string.digits
# Bytes modulo 62 are slightly uneven, which no one who reads a fake key will mind.
_LETTERS: Final = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))
_TAIL_LENGTH: Final = 4
_TAIL_COUNT: Final = len(_ALPHABET) ** _TAIL_LENGTH
# Odd and no multiple of 31, hence prime to 62**4: multiplying by it visits every tail once.
_TAIL_STEP: Final = 7_654_321


class KeyMint:
    """Makes the keys of one world; no two are alike, nor are their last four characters.

    Args:
        seed: What tells this world's keys from another's, such as the account id.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._numbers = itertools.count(1)
        # Counted by themselves, so that a refused call changes no key that is made after it.
        self._requests = itertools.count(1)

    def user_key(self) -> tuple[str, str]:
        """Return the id and the secret of a user's long-lived AccessKey pair."""
        number = next(self._numbers)
        return f"LTAI5tFAKE{self._letters(number, 'id', 10)}{tail(number)}", self._secret(number)

    def session_key(self) -> tuple[str, str, str]:
        """Return the id, the secret and the security token of a temporary credential."""
        number = next(self._numbers)
        key_id = f"STS.NTFAKE{self._letters(number, 'id', 14)}{tail(number)}"
        filling = b"".join(self._digest(number, f"token-{part}") for part in range(12))
        token = f"CAISFAKE{base64.b64encode(filling).decode('ascii')}"
        return key_id, self._secret(number), token

    def key_pair_id(self) -> str:
        """Return the id of an RSA key pair's public key."""
        number = next(self._numbers)
        return f"PKFAKE{self._letters(number, 'id', 14)}{tail(number)}"

    def rsa_session_key(self) -> tuple[str, str]:
        """Return the id and the secret of a session of an RSA key pair, which has no security token."""
        number = next(self._numbers)
        return f"TMPSK.FAKE{self._letters(number, 'id', 14)}{tail(number)}", self._secret(number)

    def bearer_token(self) -> str:
        """Return a bearer token."""
        number = next(self._numbers)
        return f"FakeBearer{self._letters(number, 'bearer', 34)}{tail(number)}"

    def sign_in_token(self, kind: str) -> str:
        """Return an opaque token of a sign-in service, of a kind such as ``AccessToken``."""
        number = next(self._numbers)
        return f"Fake{kind}{self._letters(number, kind, 34)}{tail(number)}"

    def request_id(self) -> str:
        """Return the id of another request: an upper-case UUID (documented)."""
        digest = self._digest(next(self._requests), "request")
        return str(uuid.UUID(bytes=digest[:16], version=4)).upper()

    def _secret(self, number: int) -> str:
        return f"FakeSecret{self._letters(number, 'secret', 34)}"

    def _letters(self, number: int, purpose: str, length: int) -> str:
        digest = self._digest(number, purpose) + self._digest(number, purpose + "+")
        return digest[:length].translate(_LETTERS).decode("ascii")

    def _digest(self, number: int, purpose: str) -> bytes:
        return hashlib.sha256(f"{self._seed}/{number}/{purpose}".encode()).digest()


def masked(key_id: str) -> str:
    """Return what may be shown of a key id: its last four characters."""
    return f"***{key_id[-_TAIL_LENGTH:]}"


def tail(number: int) -> str:
    """Return the last four characters of a world's n-th key; they repeat after 62**4 keys."""
    rest, letters = number * _TAIL_STEP % _TAIL_COUNT, ""
    for _ in range(_TAIL_LENGTH):
        rest, index = divmod(rest, len(_ALPHABET))
        letters += _ALPHABET[index]
    return letters
