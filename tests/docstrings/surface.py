"""What is public, read from the source: the names that users import, and the classes that hang on them.

A class hangs on another if it is its base, or stands in the type of one of its public attributes, or in what
one of its public methods takes or returns. What only a constructor takes does not count: users get it made.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

# What users import, by module; None stands for all that the module defines.
ROOTS = {
    "alicred.client": ("Client",),
    "alicred.models": ("Config", "Credential"),
    "alicred.exceptions": None,
    "alicred.events": None,
    "alicred.status": ("Status",),
    "alicred.testing": None,
    "alicred.adapters.aliyun_python_sdk_core": ("credential_of",),
    "alicred_emulator.emulator": ("Emulator",),
    "alicred_emulator.clock": ("EmulatorClock",),
    "alicred_emulator.faults": ("Fault",),
    "alicred_emulator.ram.trust": ("trust_policy",),
    "alicred_emulator.remote.emulator": ("RemoteEmulator",),
    "alicred_emulator.remote.wire": ("EmulatorUnreachableError",),
    "alicred_emulator.control.server": ("ControlServer",),
    "alicred_emulator.listener": ("PortUnavailableError",),
    "alicred_emulator.plugin": None,
    "alicred_emulator.child": ("ChildPlace",),
    "alicred_emulator.cloud_sso.directory": ("Device", "Directory"),
    "alicred_emulator.serve": ("ready",),
    "alicred_emulator.scenarios.outcome": ("Outcome", "StepResult"),
    "alicred_emulator.scenarios.parametrise": ("each_story",),
    "alicred_emulator.scenarios.reader": ("catalogue", "read_story"),
    "alicred_emulator.scenarios.runner": ("run",),
    "alicred_emulator.scenarios.story": ("Story",),
    "alicred_emulator.scenarios.subject": ("Opened", "Seen", "Setting", "Subject", "Unsupported"),
    "alicred_emulator.scenarios.tables": ("ScenarioError",),
    "alicred_emulator.scenarios.timeline": ("MachineScenario", "read_timeline"),
}

# What only the emulator calls, or a client's attribute is made of.
INNER = {
    "alicred_emulator.connection": "how a server speaks to a client",
    "alicred_emulator.http_reader": "the same",
    "alicred_emulator.local_server": "what a server beside the fakes does with its connections",
    "alicred_emulator.remote.resource": "how an attribute is asked for",
    "alicred_emulator.control.server.ControlServer": ("answer", "respond", "refuse"),
    "alicred_emulator.overlay.OverlaidServer": ("keep_error", "overlaid"),
    "alicred_emulator.server.FakeServer": (
        "adopt",
        "answer",
        "note_malformed",
        "release",
        "respond",
        "serve",
    ),
    "alicred_emulator.service.Service": ("answer", "note_malformed"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Thing(NamedTuple):
    """A module, a class or a function of the packages.

    Attributes:
        module: The full name of its module.
        path: Its name within the module; empty for the module itself.
        node: Its syntax tree.
    """

    module: str
    path: str
    node: ast.AST

    @property
    def name(self):
        return f"{self.module}.{self.path}".rstrip(".")

    @property
    def doc(self):
        return ast.get_docstring(self.node) or ""


# Modules that a test of the rules themselves has written, by name.
SAMPLES: dict[str, str] = {}


@cache
def tree(module: str | None) -> ast.Module | None:
    """Return the syntax tree of a module of the packages by its full name, None for what is none."""
    if module in SAMPLES:
        return ast.parse(SAMPLES[module])
    if not (module or "").startswith("alicred"):
        return None
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"), str(path)) if path.exists() else None


@cache
def names_in(module: str) -> dict[str, Thing]:
    """Return what each name at the top of a module stands for, as far as it is of the packages."""
    found = {}
    imports = (
        node for node in ast.walk(tree(module)) if isinstance(node, ast.ImportFrom) and tree(node.module)
    )
    for node in imports:
        for alias in node.names:
            home = f"{node.module}.{alias.name}"
            name = alias.asname or alias.name
            if tree(home) is not None:
                found[name] = Thing(home, "", tree(home))
            elif alias.name in defined_in(node.module):
                found[name] = defined_in(node.module)[alias.name]
    return {**found, **defined_in(module)}


@cache
def defined_in(module: str) -> dict[str, Thing]:
    """Return the classes and functions at the top of a module."""
    return {
        node.name: Thing(module, node.name, node)
        for node in tree(module).body
        if isinstance(node, ast.ClassDef | Function)
    }


def mentioned(module: str, *nodes: ast.AST | None) -> Iterator[Thing]:
    """Yield the things that names in these expressions stand for, in quotes too."""
    for node in filter(None, nodes):
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                for word in re.findall(r"\b[A-Za-z_]\w*", part.value):
                    if word in names_in(module):
                        yield names_in(module)[word]
            elif isinstance(part, ast.Name) and part.id in names_in(module):
                yield names_in(module)[part.id]
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                owner = names_in(module).get(part.value.id)
                if owner is not None and not owner.path:
                    yield from filter(None, [defined_in(owner.module).get(part.attr)])


def is_public(name: str) -> bool:
    return not name.startswith("_")


def members(thing: Thing) -> Iterator[Thing]:
    """Yield the public methods and properties that a class defines; a property with its getter alone."""
    for node in thing.node.body:
        inner = INNER.get(thing.name, ())
        if (
            isinstance(node, Function)
            and is_public(node.name)
            and not is_accessor(node)
            and node.name not in inner
        ):
            yield Thing(thing.module, f"{thing.path}.{node.name}", node)


def is_accessor(node: Function) -> bool:
    """Tell whether a function is the setter of a property, or one signature of several."""
    return any(
        (isinstance(one, ast.Attribute) and one.attr == "setter")
        or (isinstance(one, ast.Name) and one.id == "overload")
        for one in node.decorator_list
    )


def constructor(thing: Thing) -> Function | None:
    """Return the constructor that a class defines."""
    return next((n for n in thing.node.body if isinstance(n, Function) and n.name == "__init__"), None)


def attributes(thing: Thing) -> Iterator[tuple[str, ast.AST | None, ast.AST | None]]:
    """Yield a class's public attributes with their annotation and what they are set to."""
    for node in thing.node.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield from [(node.target.id, node.annotation, node.value)] * is_public(node.target.id)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from [(node.targets[0].id, None, node.value)] * is_public(node.targets[0].id)
    made = constructor(thing)
    for node in ast.walk(made) if made else ():
        target = getattr(node, "target", None) or (getattr(node, "targets", None) or [None])[0]
        is_own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_own and is_public(target.attr):
            yield target.attr, getattr(node, "annotation", None), node.value


def hanging_on(thing: Thing) -> Iterator[Thing]:
    """Yield the classes that hang on one."""
    if isinstance(thing.node, Function):
        yield from signature(thing)
        return
    yield from mentioned(thing.module, *thing.node.bases)
    for _, annotation, value in attributes(thing):
        yield from mentioned(thing.module, annotation, value)
    for member in members(thing):
        yield from signature(member)


def signature(thing: Thing) -> Iterator[Thing]:
    annotations = [one.annotation for one in parameters(thing.node)]
    yield from mentioned(thing.module, thing.node.returns, *annotations)


def parameters(node: Function) -> list[ast.arg]:
    """Return what a function takes, the object itself left out."""
    arguments = node.args
    named = [
        *arguments.posonlyargs,
        *arguments.args,
        arguments.vararg,
        *arguments.kwonlyargs,
        arguments.kwarg,
    ]
    return [one for one in named if one is not None and one.arg not in {"self", "cls"}]


def is_fixture_or_plain(thing: Thing) -> bool:
    """Tell whether a function is one for users: the hooks of a plugin are for pytest."""
    return is_public(thing.path) and not thing.path.startswith("pytest_")


@cache
def public() -> dict[str, Thing]:
    """Return every public class and function by its full name."""
    found, waiting = {}, []
    for module, names in ROOTS.items():
        here = defined_in(module)
        waiting += [here[name] for name in names or here if is_fixture_or_plain(here[name])]
    while waiting:
        thing = waiting.pop()
        if thing.name in found or thing.module in INNER or not is_public(thing.path):
            continue
        if isinstance(thing.node, ast.ClassDef) or thing.path in (
            ROOTS.get(thing.module) or defined_in(thing.module)
        ):
            found[thing.name] = thing
            waiting += [one for one in hanging_on(thing) if isinstance(one.node, ast.ClassDef)]
    return found
