"""The whole catalogue, told to alicred: read by threads, and read by tasks."""

import pytest

from alicred_emulator.scenarios import catalogue, each_story, run
from alicred_emulator.scenarios.changes import Stop
from alicred_emulator.subjects.alicred import AlicredSubject

SUBJECTS = [AlicredSubject(), AlicredSubject(asynchronous=True)]


def stops_a_service(story):
    """Tell whether a story restarts a service, which is not to be done to an emulator that others use."""
    return any(isinstance(step.action, Stop) for step in story.steps)


@each_story()
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_alicred_does_as_the_story_says(story, subject, running_emulator):
    """Every story ends well for alicred; what a subject cannot do, the other one can."""
    outcome = run(story, subject, None if stops_a_service(story) else running_emulator)
    outcome.check()
    if outcome.verdict == "skipped":
        pytest.skip(outcome.reason)


def test_each_story_is_told_to_one_subject_at_least():
    """No story is skipped by both, so none is there for nothing."""
    untold = [s.name for s in catalogue() if not any(s.needs <= one.abilities for one in SUBJECTS)]
    assert untold == []


def test_there_are_enough_stories():
    """The catalogue holds sixty stories at least, each under a title and with a name of its own."""
    stories = catalogue()
    assert len({story.name.partition("/")[0] for story in stories}) >= 60
    assert len({story.name for story in stories}) == len(stories)
    assert all(story.title and story.telling for story in stories)
