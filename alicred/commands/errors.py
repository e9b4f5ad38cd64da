"""How a subcommand says that it cannot do what it was told."""

from __future__ import annotations

__all__ = ["FAILED", "USAGE", "CommandError"]

FAILED = 1
"""The exit status where there is no credential, or none that would do."""

USAGE = 2
"""The exit status where the command itself was called wrongly."""


class CommandError(Exception):
    """A subcommand ends here.

    Attributes:
        problem: What happened, one sentence.
        remedy: What to do next, one sentence.
        status: The exit status.
    """

    def __init__(self, problem: str, *, remedy: str, status: int = FAILED) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.status = status
