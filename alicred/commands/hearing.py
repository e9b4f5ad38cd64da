"""What the library warns of while a command works, for the person at the terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager

__all__ = ["warnings_heard"]


class _Listener(logging.Handler):
    """Hands every warning on."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one on."""
        self._tell(record.getMessage())


@contextmanager
def warnings_heard(tell: Callable[[str], None]) -> Generator[None, None, None]:
    """Call a function with each warning of the library, for the length of the block."""
    logger, listener = logging.getLogger("alicred"), _Listener(tell)
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)
