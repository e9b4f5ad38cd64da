"""What names and ids of RAM look like, and the complaint about one that does not."""

import hashlib
import re
from collections.abc import Container, Mapping
from typing import Final, TypeVar

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
LONGEST_NAME: Final = 64
LONGEST_PROVIDER_NAME: Final = 128
"""Of an OIDC provider (documented); taken for a SAML provider as well."""

_ID_DIGITS: Final = 17

_Named = TypeVar("_Named")


def check_new(kind: str, name: str, taken: Container[str], longest: int = LONGEST_NAME) -> None:
    """Complain of a name that RAM would not take.

    Raises:
        ValueError: If the name is malformed, or taken already.
    """
    if not _NAME.fullmatch(name) or len(name) > longest:
        raise ValueError(f"{name!r} is no {kind} name; use 1 to {longest} letters, digits, '.', '-' and '_'")
    if name in taken:
        raise ValueError(f"there is a {kind} called {name!r} already")


def find(kind: str, name: str, existing: Mapping[str, _Named]) -> _Named:
    """Return what has a name.

    Raises:
        LookupError: If nothing has; the message lists what there is.
    """
    try:
        return existing[name]
    except KeyError:
        known = ", ".join(existing) or "none"
        raise LookupError(f"no {kind} is called {name!r}; existing: {known}") from None


def numeric_id(arn: str, first_digit: str) -> str:
    """Return the 18 digits by which RAM knows a user or a role; the same for an ARN in every run."""
    number = int.from_bytes(hashlib.sha256(arn.encode()).digest()[:8], "big")
    return f"{first_digit}{number % 10**_ID_DIGITS:0{_ID_DIGITS}}"
