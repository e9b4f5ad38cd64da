"""Who wants to be called when something happens.

The rule kept here: they are called without a lock, so whoever is called may do what it likes, from another
thread too.
"""

import threading
from collections.abc import Callable
from functools import partial


class Watchers:
    """Functions that are called together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A tuple that is replaced whole, so that whoever goes through it needs no lock.
        self._entries: tuple[Callable[[], None], ...] = ()

    def add(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Have a function called from now on.

        Args:
            watcher: The function.

        Returns:
            Another that ends it, which may be called more than once.
        """
        # Of its own identity, since the same function may be given twice.
        entry = partial(watcher)
        with self._lock:
            self._entries = (*self._entries, entry)

        def end() -> None:
            with self._lock:
                self._entries = tuple(kept for kept in self._entries if kept is not entry)

        return end

    def tell(self) -> None:
        """Call them all, in the order in which they came; what one raises, this raises."""
        for watcher in self._entries:
            watcher()
