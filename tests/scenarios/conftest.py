"""What the tests of the scenario engine share: stories of a few steps, and a subject with lines to say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios.outcome import Outcome
from alicred_emulator.scenarios.reader import read_story
from alicred_emulator.scenarios.runner import run
from alicred_emulator.scenarios.story import Story
from alicred_emulator.scenarios.subject import ABILITIES, Failure, Seen
from alicred_emulator.subjects.alicred import AlicredSubject

HEAD = """
title = "A title"
story = "A story."
[client]
type = "ecs_ram_role"
timeout = 1000
connect_timeout = 1000
"""


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """One emulator for all stories."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def canaries() -> ModuleType:
    """The module of those who listen; the folder is no package."""
    spec = spec_from_file_location("canaries", Path(__file__).with_name("canaries.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def secrets(canaries: ModuleType) -> Iterator[Any]:
    """The secrets of the test: at first those of all that goes over the wire."""
    secrets = canaries.Secrets()
    with canaries.wire_tapped(secrets):
        yield secrets


@pytest.fixture
def overheard(canaries: ModuleType) -> Iterator[Any]:
    """What is said while the test runs, but for what is printed."""
    heard = canaries.Overheard()
    with canaries.listening(heard):
        yield heard


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a scenario file."""

    def write(text: str, name: str = "told.toml") -> Path:
        path = tmp_path / name
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    return write


@pytest.fixture
def story(write: Callable[[str], Path]) -> Callable[[str], Story]:
    """Return the story that these steps make, in a world of some lines; or this text, if it has a title."""

    def story(text: str, world: str = "") -> Story:
        whole = dedent(text)
        if "title =" not in text:
            whole = HEAD + (f"[world]\n{world}\n" if world else "") + whole
        [found] = read_story(write(whole))
        return found

    return story


@pytest.fixture
def tell(story: Callable[..., Story], running_emulator: Emulator) -> Callable[..., Outcome]:
    """Tell alicred, or another subject, a story of these steps."""

    def tell(text: str, subject: object = None, world: str = "") -> Outcome:
        return run(story(text, world), subject or AlicredSubject(), running_emulator)

    return tell


class Actor:
    """A subject that does, at each read, what a function of the emulator says."""

    name = "actor"

    def __init__(self, *acts: Callable[[Emulator], Seen], abilities: object = ABILITIES) -> None:
        self.abilities = frozenset(abilities)
        self.lacks = {"fork": "it has no children"}
        self.settings: list[object] = []
        self._acts = list(acts)

    @contextmanager
    def open(self, setting: object) -> Iterator["Actor"]:
        """Note the setting."""
        self.settings.append(setting)
        self._emulator = setting.emulator
        yield self

    def read(self) -> Seen:
        """Do the next act."""
        return self._acts.pop(0)(self._emulator)

    def read_at_once(self, readers: int, answered: Callable[[], None]) -> list[Seen]:
        """Do as many acts."""
        return [self.read() for _ in range(readers)]

    def read_in_fork(self) -> Seen:
        """Do the next act."""
        return self.read()


@pytest.fixture
def actor() -> type[Actor]:
    """The subject that says its lines."""
    return Actor


def shown(emulator: Emulator) -> Seen:
    """Return what the instance shows now, as an honest client hands it out."""
    issued = emulator.instance.credential_of(emulator.role)
    return Seen(
        access_key_id=issued.access_key_id,
        access_key_secret=issued.access_key_secret,
        security_token=issued.security_token,
    )


@pytest.fixture
def honest() -> Callable[[Emulator], Seen]:
    """The act of an honest client."""
    return shown


@pytest.fixture
def fails() -> Callable[..., Callable[[Emulator], Seen]]:
    """Make the act of a client that fails."""

    def fails(kind: str, text: str = "it failed.") -> Callable[[Emulator], Seen]:
        return lambda _emulator: Seen(failure=Failure(kind=kind, text=text))

    return fails
