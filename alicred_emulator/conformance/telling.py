"""Tells the chosen stories to the chosen subjects, and says a line about each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack

from alicred_emulator.conformance.candidates import Candidate
from alicred_emulator.conformance.results import Told
from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios.outcome import FAILED, PASSED, SKIPPED, Outcome
from alicred_emulator.scenarios.runner import run
from alicred_emulator.scenarios.story import Story

Say = Callable[[str], None]


def tell(stories: Sequence[Story], chosen: Iterable[Candidate], say: Say) -> list[Told]:
    """Tell stories.

    Args:
        stories: The stories.
        chosen: Whom to tell them to.
        say: Takes a line about each, and one about all.

    Returns:
        What came of it, by subject.
    """
    with Emulator() as emulator:
        return [_told_to(one, stories, emulator, say) for one in chosen]


def _told_to(one: Candidate, stories: Sequence[Story], emulator: Emulator, say: Say) -> Told:
    say(f"{one.subject.name}: {one.client}")
    with ExitStack() as stack:
        if isinstance(one.subject, AbstractContextManager):
            stack.enter_context(one.subject)
        outcomes = tuple(_said(stories, one, emulator, say))
    told = Told(one.subject.name, one.client, outcomes)
    say(summary(told))
    return told


def _said(stories: Sequence[Story], one: Candidate, emulator: Emulator, say: Say) -> Iterator[Outcome]:
    for story in stories:
        outcome = run(story, one.subject, emulator)
        say(line(outcome))
        yield outcome


def line(outcome: Outcome) -> str:
    """Return the line about a story: verdict, name, time, and the reason if there is one."""
    told = f"{outcome.verdict:<7} {outcome.story.name} ({outcome.seconds:.2f} s)"
    return f"{told}: {outcome.reason}" if outcome.reason else told


def summary(told: Told) -> str:
    """Return the line about all stories that were told to a subject."""
    verdicts = [one.verdict for one in told.outcomes]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in (PASSED, FAILED, SKIPPED))
    return f"{told.subject}: {counts} in {sum(one.seconds for one in told.outcomes):.1f} s\n"
