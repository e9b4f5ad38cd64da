"""The whole catalogue, told to alicred, read by threads and read by tasks: to one of them while all listen.

Whatever alicred says then is searched for every secret that is about: those of the world, of the client's
configuration and of what goes over the wire in either direction, the bodies of faults included. What it says:
log records of all levels and loggers, warnings, exceptions with their chains and tracebacks, what is printed,
events, and the `repr` of all that it hands out. To the other one the story is told with nobody listening.
"""

import functools
import zlib

import pytest

from alicred import rsa
from alicred_emulator.scenarios import catalogue, each_story, run
from alicred_emulator.scenarios.changes import Stop
from alicred_emulator.subjects.alicred import AlicredSubject

SUBJECTS = [AlicredSubject(), AlicredSubject(asynchronous=True)]


@pytest.fixture(scope="module", autouse=True)
def each_key_is_loaded_once():
    """To load an RSA key takes 30 ms, since its primes are tried; tests of the library see to that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "load_pem_private_key", functools.cache(rsa.load_pem_private_key))
        yield


def subjects_of(story):
    """Return who is told a story while all listen, and who is without: threads and tasks in turn, if able."""
    able = [subject for subject in SUBJECTS if story.needs <= subject.abilities]
    listened_to = able[zlib.crc32(story.name.encode()) % len(able)]
    return listened_to, next(subject for subject in SUBJECTS if subject is not listened_to)


def told(story, subject, running_emulator):
    """Tell a story; one that restarts a service has an emulator of its own, since all use the running one."""
    restarts = any(isinstance(step.action, Stop) for step in story.steps)
    return run(story, subject, None if restarts else running_emulator)


@each_story()
def test_no_secret_is_said(story, canaries, secrets, overheard, running_emulator, capfd):
    """A story ends well, and nobody who listens learns what only services and callers may know."""
    listened_to, _ = subjects_of(story)
    told(story, canaries.Confided(listened_to, secrets), running_emulator).check()
    overheard.texts |= set(capfd.readouterr())
    assert secrets.said_in(overheard.texts) == []


@each_story()
def test_alicred_does_as_the_story_says(story, running_emulator):
    """It ends well for the other subject, too; what one of them cannot do, the other one can."""
    _, unheard = subjects_of(story)
    outcome = told(story, unheard, running_emulator)
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
