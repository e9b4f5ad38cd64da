"""Reading an ID token: what it says, and whether a key of an issuer signed it.

The rule kept here: every text is either a token or is none, and no text raises. No clock is read: a token
that has ended is read like any other, and whoever asks decides what is checked, and in which order.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from alicred_emulator.clock import EPOCH

LONGEST_TOKEN: Final = 20_000
"""Characters that a token may have (documented)."""

_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_ALGORITHMS: Final = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in ("256", "384", "512")
)
"""Those of RFC 7518 whose keys have a public half. Whoever can read a JWKS could sign with the others."""

_SHORTEST_RSA_KEY: Final = 2048
"""Bits; RFC 7518 wants them."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdToken:
    """What a JSON Web Token says, whoever signed it.

    Attributes:
        text: The token itself, without white space around it.
        header: Its header.
        claims: Its claims.
    """

    text: str
    header: Mapping[str, object]
    claims: Mapping[str, object]

    @classmethod
    def read(cls, text: str) -> "IdToken | None":
        """Read a token, with or without white space around it.

        Args:
            text: Any text.

        Returns:
            The token, or None if it is no JWT whose header and claims are JSON objects.
        """
        from jwt import PyJWS, PyJWTError  # noqa: PLC0415 - slow to load

        compact = text.strip()
        if len(compact) > LONGEST_TOKEN or not _COMPACT.fullmatch(compact):
            return None
        try:
            parts = PyJWS().decode_complete(compact, options={"verify_signature": False})
            claims = _json_object(parts["payload"])
        except (PyJWTError, ValueError, RecursionError):
            return None
        return cls(text=compact, header=parts["header"], claims=claims)

    def __repr__(self) -> str:
        return f"<IdToken of {self.subject} by {self.issuer}>"

    @property
    def issuer(self) -> str | None:
        """Who issued it; None when it does not say so in text."""
        return _text(self.claims.get("iss"))

    @property
    def subject(self) -> str | None:
        """For whom it speaks; None when it does not say so in text."""
        return _text(self.claims.get("sub"))

    @property
    def audiences(self) -> tuple[str, ...]:
        """For whose ears it is: one in text, or each text of a list."""
        given = self.claims.get("aud")
        listed = cast("list[object]", given) if isinstance(given, list) else [given]
        return tuple(audience for audience in listed if isinstance(audience, str))

    @property
    def expires_at(self) -> datetime | None:
        """From when on it is refused; None when it does not name a moment."""
        return _moment(self.claims.get("exp"))

    @property
    def issued_at(self) -> datetime | None:
        """When it was issued; None when it does not name a moment."""
        return _moment(self.claims.get("iat"))

    @property
    def not_before(self) -> datetime | None:
        """From when on it is good; None when it does not name a moment."""
        return _moment(self.claims.get("nbf"))

    def is_signed_by(self, jwks: Mapping[str, object]) -> bool:
        """Tell whether one of an issuer's keys signed it.

        A token that names a key is tried with that one alone, the others with every key. Signatures that
        need a shared secret, or none, are never good.

        Args:
            jwks: The issuer's JSON Web Key Set; what is no key in it is passed over.

        Returns:
            Whether the signature is good.
        """
        algorithm = self.header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
            return False
        return any(self._is_signed_with(key, algorithm) for key in self._candidates(jwks, algorithm))

    def _candidates(self, jwks: Mapping[str, object], algorithm: str) -> Iterator[dict[str, Any]]:
        listed = jwks.get("keys")
        name = self.header.get("kid")
        for key in cast("list[object]", listed) if isinstance(listed, list) else ():
            if not isinstance(key, Mapping):
                continue
            fields = dict(cast("Mapping[str, Any]", key))
            named = name is None or fields.get("kid") == name
            if named and fields.get("use", "sig") == "sig" and fields.get("alg", algorithm) == algorithm:
                yield fields

    def _is_signed_with(self, key: dict[str, Any], algorithm: str) -> bool:
        from jwt import PyJWK, PyJWS, PyJWTError  # noqa: PLC0415 - slow to load

        try:
            public: Any = PyJWK(key, algorithm).key
            if key["kty"] == "RSA" and public.key_size < _SHORTEST_RSA_KEY:
                return False
            PyJWS().decode(self.text, public, algorithms=[algorithm])
        except (PyJWTError, ValueError, TypeError, AttributeError):
            # What stands in a JWKS may be anything, and then is no key.
            return False
        return True


def _json_object(payload: bytes) -> dict[str, object]:
    content = json.loads(payload.decode())
    if not isinstance(content, dict):
        raise ValueError("a JSON object was expected")  # noqa: TRY004 - of the text, not of an argument
    # Python reads NaN and half a surrogate pair, which JSON and UTF-8 have no place for, and no answer
    # could repeat.
    json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
    return cast("dict[str, object]", content)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return EPOCH + timedelta(seconds=value)
    except OverflowError:
        return None
