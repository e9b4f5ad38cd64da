"""The logger ``alicred``: quiet unless the application listens, and loaded when there is something to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

__all__ = ["logger"]


def logger() -> logging.Logger:
    """Return the logger, with the one handler of its own: none of its records reach stderr unasked."""
    import logging  # noqa: PLC0415 - 5 ms that an import of alicred does not need

    found = logging.getLogger("alicred")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found
