"""The logger ``alicred``: quiet unless the application listens, loaded when there is something to say.

Rule of this module: what an application's handlers do with a line, raising included, is nothing to whoever
waits for a credential.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

__all__ = ["info", "prepare", "warning"]


def info(message: str, *parts: object) -> None:
    """Tell of a change for the better."""
    with suppress(Exception):
        _logger().info(message, *parts)


def warning(message: str, *parts: object) -> None:
    """Tell of a change for the worse that is survived."""
    with suppress(Exception):
        _logger().warning(message, *parts)


def prepare() -> None:
    """Give the logger its handler now, where the application has loaded `logging` already."""
    if "logging" in sys.modules:
        _logger()


def _logger() -> logging.Logger:
    import logging  # noqa: PLC0415 - 5 ms that an import of alicred does not need

    found = logging.getLogger("alicred")
    if not found.handlers:
        # None of its records shall reach stderr unasked.
        found.addHandler(logging.NullHandler())
    return found
