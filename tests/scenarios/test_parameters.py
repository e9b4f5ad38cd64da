"""Stories as parameters of a user's own test, and what the package exports."""

import subprocess
import sys

import pytest

from alicred_emulator import scenarios
from alicred_emulator.scenarios import catalogue, each_story

USERS_TEST = """
    from alicred_emulator.scenarios import Seen, each_story, read_story, run

    class Mine:
        name = "mine"
        abilities = frozenset()
        lacks = {}

        def open(self, setting):
            self.setting = setting
            return self

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def read(self):
            user = self.setting.emulator.user
            return Seen(access_key_id=user.access_key_id, access_key_secret=user.access_key_secret)

    @each_story(stories=read_story("mine.toml"))
    def test_mine(story, alicred_emulator):
        run(story, Mine(), alicred_emulator).check()
"""
USERS_STORY = """
title = "A key"
story = "It is there."
[client]
type = "access_key"
[[steps]]
read = "A"
requests = {}
"""


def test_a_user_runs_stories_of_their_own_against_a_client_of_their_own(pytester, monkeypatch):
    """A file and a class of a few lines are all that it takes; the test has the story's name."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(USERS_TEST)
    pytester.makefile(".toml", mine=USERS_STORY)
    result = pytester.runpytest_inprocess("-v", "-p", "alicred_emulator")
    result.stdout.fnmatch_lines(["*test_mine[[]mine] PASSED*"])
    result.assert_outcomes(passed=1)


def test_stories_are_chosen_by_their_names():
    """Globs fit names, cases included; what fits nothing is refused."""
    stories = catalogue()
    [first] = [story for story in stories if story is stories[0]]
    mark = each_story(first.name)
    assert [(parameter.values, parameter.id) for parameter in mark.args[1]] == [((first,), first.name)]
    assert len(each_story("*").args[1]) == len(stories)
    assert len(each_story().args[1]) == len(stories)
    with pytest.raises(ValueError, match="no story is called 'none_such\\*'"):
        each_story("*", "none_such*")


def test_each_exported_name_is_there():
    """What `__all__` says is loaded when it is asked for, and nothing else is there."""
    assert {name for name in scenarios.__all__ if getattr(scenarios, name) is not None} == set(
        scenarios.__all__
    )
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = scenarios.nothing


def test_naming_the_package_loads_nothing():
    """A file is read without a server, and the package is imported without either."""
    script = "import sys, alicred_emulator.scenarios; print([m for m in sys.modules if 'emulator.' in m])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "['alicred_emulator.scenarios']\n"
