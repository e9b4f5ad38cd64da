"""A value of the world that is another one for the time being.

The rule kept here: whoever replaced it may end that in any order, and the value of before is back at the end.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Replaced(Generic[_Value]):
    """A value of the world that outages replace while they last, and end in any order.

    The latest one in force decides; when the last one ends, the value of before is back.

    Args:
        read: Returns the value.
        write: Sets it.
    """

    def __init__(self, read: Callable[[], _Value], write: Callable[[_Value], None]) -> None:
        self._read = read
        self._write = write
        self._lock = threading.Lock()
        # From before the first outage, then the outages in order.
        self._values: dict[object, _Value] = {}

    def replace(self, value: _Value) -> Callable[[], None]:
        """Replace the value.

        Args:
            value: What it is for the time being.

        Returns:
            What ends that, to be called once.
        """
        outage = object()
        with self._lock:
            if not self._values:
                self._values[self] = self._read()
            self._values[outage] = value
            self._write(value)
        return lambda: self._end(outage)

    def _end(self, outage: object) -> None:
        with self._lock:
            decides = next(reversed(self._values)) is outage
            del self._values[outage]
            if decides:
                self._write(next(reversed(self._values.values())))
            if len(self._values) == 1:
                self._values.clear()
