"""Durations as a person writes them, ``5h44m59s``, ``-1d``, ``300ms``, and as a program gives them.

The rule kept here: written, a duration is whole numbers with their units, so that nobody has to guess what a
bare number means.
"""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART: Final = r"(\d+)(ms|[dhms])"
_WHOLE: Final = re.compile(f"(-?)((?:{_PART})+)", re.ASCII)


def duration(text: str) -> timedelta:
    """Read a duration.

    Args:
        text: Whole numbers, each with its unit (d, h, m, s, ms), after a minus sign if it leads back.

    Returns:
        The duration.

    Raises:
        ValueError: If the text is none.
    """
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        raise ValueError(f"{text!r} is no duration; write it like 5h44m59s, with the units d, h, m, s and ms")
    parts = re.findall(_PART, whole[2])
    try:
        length = sum((int(number) * _UNITS[unit] for number, unit in parts), timedelta(0))
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any clock goes") from None
    return -length if whole[1] else length


def length_of(given: timedelta | float, **besides: float) -> timedelta:
    """Return a duration that a program gives.

    Args:
        given: A timedelta, or seconds.
        **besides: What to add to it, by the units of a timedelta.

    Returns:
        The sum.

    Raises:
        ValueError: If it is longer than any clock goes, or no number.
    """
    try:
        length = given if isinstance(given, timedelta) else timedelta(seconds=given)
        return length + timedelta(**besides)
    except (OverflowError, ValueError):
        raise ValueError(
            "the duration is longer than any clock goes, or no number; give a shorter one"
        ) from None


def told(length: timedelta) -> str:
    """Write a duration so that `duration` reads the same, to the millisecond."""
    sign, rest = ("-", -length) if length < timedelta(0) else ("", length)
    parts: list[str] = []
    for unit, one in _UNITS.items():
        number, rest = divmod(rest, one)
        if number:
            parts.append(f"{number}{unit}")
    return sign + "".join(parts) if parts else "0s"
