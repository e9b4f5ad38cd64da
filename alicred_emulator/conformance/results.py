"""What came of a run, in the order in which a reader looks for it.

The rule kept here: reports are made of this alone, so that they agree with one another.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from alicred_emulator.scenarios.outcome import FAILED, PASSED, SKIPPED, Outcome
from alicred_emulator.scenarios.story import Story

REQUESTS: Final = "requests"
"""How a story failed in which every reader saw what was right, and others were the requests."""

VERDICTS: Final = (PASSED, FAILED, REQUESTS, SKIPPED)
"""What a report tells apart."""

_OTHER_REQUESTS: Final = re.compile(r".+ expected, and .+ made")

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Keys and tokens that are handed back": ("access", "bearer", "sts"),
    "The instance's role": ("instance",),
    "Tokens of the metadata service": ("token", "tokens"),
    "Assumed roles": ("role",),
    "Pods and OIDC": ("oidc",),
    "Credentials URIs": ("uri",),
    "RSA key pairs": ("key",),
    "The default chain": ("default",),
    "Many readers at once": ("crowd",),
    "Cancelled, forked, invalidated": ("cancelled", "forked", "invalidated"),
    "Clocks that jump, and clocks apart": ("clock", "clocks", "backward", "suspended"),
}
_OTHERS: Final = "Others"

GROUPS: Final = (*_GROUPS, _OTHERS)
"""What stories are about, in the order of a report."""


def group_of(story: Story) -> str:
    """Return what a story is about, by the first word of its name."""
    word = story.name.partition("/")[0].partition("_")[0]
    return next((group for group, words in _GROUPS.items() if word in words), _OTHERS)


def shade_of(outcome: Outcome) -> str:
    """Return which of `VERDICTS` an outcome is.

    A failed story ends with the step that failed; where readers saw what was right, the step's requests are
    all that is left to be wrong.
    """
    problem = outcome.steps[-1].problem if outcome.steps else None
    return REQUESTS if _OTHER_REQUESTS.fullmatch(problem or "") else outcome.verdict


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the stories that were told to one subject.

    Attributes:
        subject: The subject's name.
        client: Which client it is, with its version.
        outcomes: What came of each story, in order of name.
    """

    subject: str
    client: str
    outcomes: tuple[Outcome, ...]

    def counted(self, fact: str | None = None) -> Counter[str]:
        """Count what came of the stories.

        Args:
            fact: Where the expectation comes from; all stories by default.

        Returns:
            How many there are of each of `VERDICTS`.
        """
        told = [one for one in self.outcomes if fact is None or one.story.fact == fact]
        return Counter(shade_of(one) for one in told)

    def failed(self) -> bool:
        """Return whether any story failed."""
        return any(one.verdict == FAILED for one in self.outcomes)

    def by_file(self) -> dict[str, tuple[Outcome, ...]]:
        """Return the outcomes by the file that tells the story: those of all its cases."""
        found: dict[str, tuple[Outcome, ...]] = {}
        for outcome in self.outcomes:
            stem = outcome.story.name.partition("/")[0]
            found[stem] = (*found.get(stem, ()), outcome)
        return found


def grouped(stories: Iterable[Story]) -> Iterator[tuple[str, tuple[Story, ...]]]:
    """Yield the groups that have stories, in their order."""
    known = tuple(stories)
    for group in GROUPS:
        found = tuple(story for story in known if group_of(story) == group)
        if found:
            yield group, found
