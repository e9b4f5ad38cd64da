"""What came of a story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alicred_emulator.scenarios.story import Story

PASSED: Final = "passed"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What came of a step.

    Attributes:
        number: Its place in the story, from 1 on.
        step: The step as it is read aloud.
        seen: What readers saw, by the story's names; never a secret.
        requests: What was asked of the fakes, such as ``imds.Token 200``.
        problem: What is wrong, or None.
    """

    number: int
    step: str
    seen: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    problem: str | None = None

    def lines(self) -> Iterator[str]:
        """Yield it as lines for a person."""
        yield f"{self.number:>3}. {self.step}"
        yield from (f"       saw {one}" for one in self.seen)
        yield from (f"       asked {one}" for one in self.requests)
        if self.problem is not None:
            yield f"     ! {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a story, told to one subject.

    Attributes:
        story: The story.
        subject: The subject's name.
        verdict: ``passed``, ``failed`` or ``skipped``.
        reason: Why it was skipped, or the first problem; empty if it passed.
        steps: What came of the steps, up to the first that failed.
        seconds: How long it took, in real seconds.
    """

    story: Story
    subject: str
    verdict: str
    reason: str = ""
    steps: tuple[StepResult, ...] = ()
    seconds: float = 0.0

    def told(self) -> str:
        """Return it as text for a person: the story's title, its steps, and what was asked."""
        lines = [f"{self.story.name}: {self.story.title}", f"told to {self.subject}: {self.verdict}"]
        lines += [self.reason] if self.reason else []
        return "\n".join([*lines, *(line for step in self.steps for line in step.lines())])

    def check(self) -> None:
        """Fail if the story did.

        Raises:
            AssertionError: With the steps that were told and the requests that were made.
        """
        if self.verdict == FAILED:
            raise AssertionError(self.told())
