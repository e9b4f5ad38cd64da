"""Stories as parameters of a test."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from alicred_emulator.scenarios.reader import catalogue
from alicred_emulator.scenarios.story import Story

if TYPE_CHECKING:
    import pytest

_HOW_TO_FIND: Final = "alicred-emulator conformance --list names those of the catalogue"


def each_story(*patterns: str, stories: Iterable[Story] | None = None) -> pytest.MarkDecorator:
    """Parametrise a test over stories: it takes ``story``.

    Args:
        *patterns: Globs for the names of the stories; all by default.
        stories: The stories; the catalogue by default.

    Returns:
        The mark.

    Raises:
        ValueError: If a pattern fits no story.
    """
    import pytest  # noqa: PLC0415 - whoever uses this has it loaded

    found = chosen(catalogue() if stories is None else stories, *patterns)
    return pytest.mark.parametrize("story", [pytest.param(story, id=story.name) for story in found])


def chosen(stories: Iterable[Story], *patterns: str) -> tuple[Story, ...]:
    """Return the stories that patterns fit.

    Args:
        stories: All there are.
        *patterns: Globs for their names; none fits all.

    Raises:
        ValueError: If a pattern fits no story.
    """
    stories = tuple(stories)
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(story.name, pattern) for story in stories):
            raise ValueError(f"no story is called {pattern!r}; {_HOW_TO_FIND}")
    return tuple(
        story
        for story in stories
        if not patterns or any(fnmatch.fnmatchcase(story.name, pattern) for pattern in patterns)
    )
