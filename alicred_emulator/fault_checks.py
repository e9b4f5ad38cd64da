"""What a fault may be made of: each check says what is wrong with a value, and what it has to be."""

import itertools
import re
from datetime import timedelta
from typing import Final

_LONGEST_SECONDS: Final = 24 * 60 * 60
_UNSENDABLE: Final = re.compile(r"[^\x00-\xff]|[\r\n\x00]")


def not_negative(what: str, number: float) -> float:
    """Return a number that is at least 0.

    Args:
        what: What it is, for the message.
        number: The number.

    Raises:
        ValueError: If it is negative.
    """
    if number < 0:
        raise ValueError(f"the {what} is at least 0, not {number}")
    return number


def real_seconds(what: str, given: float) -> float:
    """Return a number of seconds of real time, a day at most.

    Args:
        what: What it is, for the message.
        given: The number of seconds.

    Raises:
        ValueError: If it is negative, longer than a day, or no number.
    """
    # What is no number is not at most a day, either.
    if not not_negative(what, given) <= _LONGEST_SECONDS:
        raise ValueError(f"the {what} is at most {_LONGEST_SECONDS} seconds, not {given}")
    return given


def check_status(status: int) -> None:
    """Refuse a status that no answer may end with.

    Raises:
        ValueError: If it is not 200 to 599.
    """
    if not 200 <= status <= 599:  # noqa: PLR2004 - the bounds of HTTP itself
        raise ValueError(f"an HTTP answer has a status of 200 to 599, not {status}")


def check_bytes(body: object) -> None:
    """Refuse a body that is not bytes.

    Raises:
        TypeError: If it is something else.
    """
    if not isinstance(body, bytes):
        raise TypeError(f"a body is bytes, not {type(body).__name__}")


def check_length(by: object) -> None:
    """Refuse a length of time that is no timedelta.

    Raises:
        TypeError: If it is something else.
    """
    if not isinstance(by, timedelta):
        raise TypeError(f"a clock is skewed by a timedelta, not {type(by).__name__}")


def check_fields(*fields: tuple[object, ...]) -> None:
    """Refuse parts of header fields that cannot be sent.

    Raises:
        TypeError: If one is not text.
        ValueError: If one has a character that is not Latin-1, or a line break.
    """
    for part in itertools.chain(*fields):
        if not isinstance(part, str):
            raise TypeError(f"a header field is text, not {type(part).__name__}")
        if _UNSENDABLE.search(part):
            raise ValueError(f"a header field is Latin-1 without line breaks, not {part!r}")
