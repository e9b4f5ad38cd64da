"""What a fake has handed out, for as long as somebody may come back with it.

The rule kept here: what is good is never forgotten, and what has ended not at once, so that it can be told
from what there never was. Of that the oldest is forgotten, so that a server that runs for days stays small.
"""

from collections.abc import Callable
from typing import Final, TypeVar

KEPT_ENDED: Final = 10_000
"""How many are remembered at least that have ended; about twice as many before the oldest are forgotten."""

_Key = TypeVar("_Key")
_Handed = TypeVar("_Handed")


class Remembered(dict[_Key, _Handed]):
    """What was handed out, in that order. Whoever adds to it or walks it from several threads holds a lock.

    Args:
        has_ended: Tells whether something is good no more.
    """

    def __init__(self, has_ended: Callable[[_Handed], bool]) -> None:
        super().__init__()
        self._has_ended = has_ended
        self._swept_at = 2 * KEPT_ENDED

    def add(self, key: _Key, handed: _Handed) -> None:
        """Remember something by its key."""
        self[key] = handed
        if len(self) > self._swept_at:
            self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        ended = [key for key, handed in self.items() if self._has_ended(handed)]
        for key in ended[:-KEPT_ENDED]:
            del self[key]
        # Twice as many as are left, so that the sweep costs each a constant time.
        self._swept_at = 2 * max(len(self), KEPT_ENDED)
