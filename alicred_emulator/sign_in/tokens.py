"""Opaque tokens, each with an end and with what it was given for.

The rule kept here: a token that has ended or was withdrawn is still known for what it was, so that it can be
told from one that was never issued; the oldest of these are forgotten, those that are good never. Moments are
aware datetimes in UTC.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from alicred_emulator.clock import EmulatorClock, wire_time
from alicred_emulator.durations import length_of
from alicred_emulator.keys import KeyMint, masked
from alicred_emulator.remembered import Remembered

_SECOND: Final = timedelta(seconds=1)
_Given = TypeVar("_Given")


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Token(Generic[_Given]):
    """One token.

    Attributes:
        text: The token itself.
        given: What it was given for.
        expires_at: From when on it is refused.
        withdrawn: Whether it is refused before that: it was revoked, or used and good for one use.
    """

    text: str
    given: _Given
    expires_at: datetime
    withdrawn: bool = False

    def __repr__(self) -> str:
        return f"<Token {masked(self.text)} until {wire_time(self.expires_at)}>"

    @property
    def expires_at_seconds(self) -> int:
        """Its end as a profile of aliyun-cli writes it: in seconds since 1970."""
        return int(self.expires_at.timestamp())

    def is_expired(self, now: datetime) -> bool:
        """Tell whether its end has come.

        Args:
            now: The moment at which it has or has not.
        """
        return now >= self.expires_at


class Tokens(Generic[_Given]):
    """The tokens of one kind that a world has issued. Any thread may ask.

    Args:
        kind: What they call themselves, such as ``AccessToken``.
        mint: Makes them.
        clock: The emulator's clock.
    """

    def __init__(self, kind: str, mint: KeyMint, clock: EmulatorClock) -> None:
        self._kind = kind
        self._mint = mint
        self._clock = clock
        self._lock = threading.Lock()
        self._issued = Remembered[str, Token[_Given]](
            lambda token: token.withdrawn or token.is_expired(clock.now())
        )

    def issue(self, given: _Given, lifetime: timedelta | float) -> Token[_Given]:
        """Issue a token.

        Args:
            given: What it is given for.
            lifetime: How long it is good, as a timedelta or in seconds, rounded down to whole ones;
                negative for one that has expired.

        Returns:
            The token.

        Raises:
            ValueError: If the lifetime is longer than any clock goes.
        """
        now = self._clock.now().replace(microsecond=0)
        return self.issue_until(now + whole_seconds(lifetime), given)

    def issue_until(self, expires_at: datetime, given: _Given) -> Token[_Given]:
        """Issue a token that ends at a given moment.

        Args:
            expires_at: The moment.
            given: What it is given for.
        """
        with self._lock:
            text = self._mint.sign_in_token(self._kind)
            token = Token(text=text, given=given, expires_at=expires_at)
            self._issued.add(text, token)
        return token

    def get(self, text: str) -> Token[_Given] | None:
        """Return a token by its text, good or not, or None if it is not remembered to have been issued."""
        return self._issued.get(text)

    def first(self, is_meant: Callable[[Token[_Given]], bool]) -> Token[_Given] | None:
        """Return the first token that is meant, or None.

        Args:
            is_meant: Tells of each whether it is.
        """
        with self._lock:
            return next(filter(is_meant, self._issued.values()), None)

    def withdraw(self, is_meant: Callable[[Token[_Given]], bool]) -> None:
        """Withdraw the tokens that are meant.

        Args:
            is_meant: Tells of each whether it is.
        """
        with self._lock:
            for token in filter(is_meant, self._issued.values()):
                token.withdrawn = True


def whole_seconds(lifetime: timedelta | float) -> timedelta:
    """Return a lifetime, given as a timedelta or in seconds, rounded down to whole seconds."""
    return length_of(lifetime) // _SECOND * _SECOND
