"""Reading single things from the elements of an assertion.

The rule kept here: what SAML wants once counts if it is there once. Of two, nobody could say which is meant.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from alicred_emulator.clock import as_utc
from alicred_emulator.saml.names import PREFIXES

if TYPE_CHECKING:
    # lxml has no public name for it.
    from lxml.etree import _Element  # pyright: ignore[reportPrivateUsage]

    Element: TypeAlias = _Element

_MOMENT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(.*)")
_LONGEST_FRACTION: Final = 7


def only(parent: "Element | None", path: str) -> "Element | None":
    """Return the one element at a path, None if there is none or another."""
    found = [] if parent is None else parent.findall(path, PREFIXES)
    return found[0] if len(found) == 1 else None


def text_of(element: "Element | None") -> str | None:
    """Return the text of an element that holds nothing else, without white space around it."""
    if element is None or len(element):
        return None
    return (element.text or "").strip() or None


def texts_at(parent: "Element", path: str) -> list[str]:
    """Return the texts of the elements at a path."""
    texts = (text_of(element) for element in parent.findall(path, PREFIXES))
    return [text for text in texts if text is not None]


def attribute_of(element: "Element | None", name: str) -> str | None:
    """Return an attribute's value."""
    return None if element is None else element.get(name)


def moment_of(element: "Element | None", name: str) -> datetime | None:
    """Return the moment that an attribute names, None where there is no such attribute.

    Raises:
        ValueError: If it names none.
    """
    written = attribute_of(element, name)
    if written is None:
        return None
    parts = _MOMENT.fullmatch(written)
    if parts is None:
        raise ValueError(f"{written!r} is no moment; write it like 2026-01-02T03:04:05.678Z")
    seconds, fraction, zone = parts.groups()
    # Python 3.10 wants six digits of a fraction, and some providers write seven.
    return as_utc(f"{seconds}{(fraction or '.')[:_LONGEST_FRACTION]:0<7}{zone}")
