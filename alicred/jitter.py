"""Randomness for back-off, in one place so that a test can make it repeatable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alicred.loading import loaded

if TYPE_CHECKING:
    from random import Random

__all__ = ["seed", "uniform"]

_seeded: Random | None = None


def uniform(low: float, high: float) -> float:
    """Return a number between the two, as `random.uniform`."""
    # The module's own generator is seeded anew in a forked child, so that its siblings do not march in step.
    number: float = (_seeded or loaded("random")).uniform(low, high)
    return number


def seed(number: int | None) -> None:
    """Make what follows repeatable, or random again with None."""
    import random  # noqa: PLC0415 - only tests get here

    global _seeded  # noqa: PLW0603 - there is one source of randomness a process
    _seeded = None if number is None else random.Random(number)  # noqa: S311
