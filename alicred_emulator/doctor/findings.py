"""What a probe is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

OK: Final = "ok"
"""It is there, and works."""
MISSING: Final = "missing"
"""It is not there, or does not work."""
MIND: Final = "mind"
"""It may get in the way; whoever meant it need do nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        state: `OK`, `MISSING` or `MIND`.
        detail: What it is, in a part of a sentence.
        remedy: What to do.
    """

    state: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Something to look at.

    Attributes:
        name: What it is called.
        purpose: What it is for.
        look: Looks.
        needed: Whether `exec` cannot do without it.
    """

    name: str
    purpose: str
    look: Callable[[], Finding]
    needed: bool = False


def install(debian: str, fedora: str, alpine: str) -> str:
    """Say how packages are installed.

    Args:
        debian: Their names for Debian and its like.
        fedora: The same for Fedora and its like.
        alpine: The same for Alpine.
    """
    return f"Debian, Ubuntu: apt-get install {debian}; Fedora: dnf install {fedora}; Alpine: apk add {alpine}"
