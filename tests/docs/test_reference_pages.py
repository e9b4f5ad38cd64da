"""docs/reference/ has every public name: what the packages export, and what hangs on an emulator."""

import inspect
import re
import typing
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

import alicred
import alicred_emulator
from alicred import events, testing
from alicred_emulator import plugin, remote, scenarios
from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Reply
from tests.docs.blocks import ROOT

DIRECTIVE = re.compile(r"^::: (\S+)$", re.MULTILINE)
PAGES = sorted(Path(ROOT, "docs", "reference").glob("*.md"))
NAMED = [name for page in PAGES for name in DIRECTIVE.findall(page.read_text(encoding="utf-8"))]


def found(name):
    """Return what a directive names: a module, or something in one."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(found(module), attribute)


def shown():
    """Return what the pages show; of a module, what it exports."""
    objects = [found(name) for name in NAMED]
    inside = [
        getattr(module, name) for module in objects if inspect.ismodule(module) for name in module.__all__
    ]
    return [*objects, *inside]


@pytest.mark.parametrize("package", [alicred, alicred_emulator, events, testing, scenarios, remote])
def test_what_is_exported_is_shown(package):
    """A name in `__all__` is a promise, and stands on a page."""
    there = shown()
    assert [name for name in package.__all__ if getattr(package, name) not in there] == []


def test_what_hangs_on_an_emulator_is_shown():
    """Whatever a test reaches; what the fakes hand on among themselves is no affair of its."""
    there = shown()
    assert [kind for kind in reachable(Emulator()) if kind not in {*there, Reply}] == []


def test_every_fixture_is_shown():
    """A test asks for them by their names alone."""
    fixtures = {name for name in vars(plugin) if name.startswith("alicred_")}
    assert fixtures == {
        name.rpartition(".")[2] for name in NAMED if name.startswith("alicred_emulator.plugin.")
    }
    assert fixtures


def test_nothing_is_shown_twice():
    """A link to a name has one end."""
    assert sorted(NAMED) == sorted(set(NAMED))


def reachable(emulator):
    """Return the public classes of the package that hang on an emulator."""
    seen, waiting = (
        set(),
        [type(emulator), *(type(value) for name, value in vars(emulator).items() if name[0] != "_")],
    )
    while waiting:
        kind = waiting.pop()
        if kind not in seen and kind.__module__.startswith("alicred_emulator.") and kind.__name__[0] != "_":
            seen.add(kind)
            for name in dir(kind):
                if not name.startswith("_"):
                    waiting += classes_in(returned(inspect.getattr_static(kind, name)))
    return seen


def returned(member):
    """Return the annotation of what a method returns, or a property is."""
    function = getattr(member, "fget", None) or getattr(member, "func", None) or inspect.unwrap(member)
    function = getattr(function, "__func__", function)
    if not inspect.isfunction(function):
        return None
    said = function.__annotations__.get("return")
    if isinstance(said, str):
        # A name that is only imported for checks of types, as another package's are, says nothing.
        with suppress(NameError):
            return eval(said, function.__globals__)
    return said


def classes_in(annotation):
    """Return the classes that stand in an annotation."""
    inside = [one for argument in typing.get_args(annotation) for one in classes_in(argument)]
    return [annotation, *inside] if inspect.isclass(annotation) else inside
