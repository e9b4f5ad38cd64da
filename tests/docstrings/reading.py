"""What docstrings say: their sections, and what stands in them about whom."""

import ast
import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

raising = runpy.run_path(str(Path(__file__).with_name("raised.py")))
surface = raising["surface"]
Thing, Function, tree = surface["Thing"], surface["Function"], surface["tree"]
members, parameters, constructor = surface["members"], surface["parameters"], surface["constructor"]

# What a remote attribute is read with, and which type that gives.
READERS = {
    "span": "timedelta",
    "_span_or_none": "timedelta",
    "moment": "datetime",
    "int": "int",
    "float": "float",
}


@cache
def sections(doc: str) -> dict[str, str]:
    """Return the parts of a docstring by the headings of their sections; the prose under the empty one."""
    found, heading = {"": []}, ""
    for line in doc.splitlines():
        match = re.fullmatch(r"([A-Z]\w+):", line)
        ends = heading and line and not line.startswith("    ")
        heading = match[1] if match else "" if ends else heading
        found.setdefault(heading, []).extend([] if match else [line])
    return {name: "\n".join(lines) for name, lines in found.items()}


def items(doc: str, section: str) -> dict[str, str]:
    """Return the entries of a section by their names."""
    found, name = {}, ""
    for line in sections(doc).get(section, "").splitlines():
        match = re.match(r"    \*{0,2}(\w+): (.*)", line)
        name = match[1] if match else name
        if name:
            found[name] = f"{found.get(name, '')} {match[2] if match else line.strip()}".strip()
    return found


def told(things) -> Iterator:
    """Yield all that needs a docstring: the classes and functions, and the public members of the classes."""
    for thing in things:
        yield thing
        if is_class(thing):
            yield from members(thing)


def is_class(thing) -> bool:
    return isinstance(thing.node, ast.ClassDef)


def is_exception(thing) -> bool:
    return "BaseException" in raising["bases"](thing.path, thing.module)


def is_property(node) -> bool:
    return any("property" in ast.unparse(one) for one in node.decorator_list)


def is_fixture(node) -> bool:
    return any("fixture" in ast.unparse(one) for one in node.decorator_list)


def owner(thing):
    """Return the class that a member is of, or the thing itself."""
    head = thing.path.partition(".")[0]
    return surface["defined_in"](thing.module)[head] if head != thing.path else thing


def around(thing) -> str:
    """Return the docstrings of a thing, of its class, and of its module, in one line."""
    module = Thing(thing.module, "", tree(thing.module))
    return " ".join(" ".join(one.doc for one in (thing, owner(thing), module)).split())


def initializer(thing):
    """Return the constructor that a class defines, as a thing of its own; None where it defines none."""
    made = constructor(thing)
    return made and Thing(thing.module, f"{thing.path}.__init__", made)


def setters(thing) -> list:
    """Return the setters of a property."""
    name = thing.node.name
    bodies = [node for node in owner(thing).node.body if isinstance(node, Function) and node.name == name]
    decorated = [node for node in bodies if f"{name}.setter" in map(ast.unparse, node.decorator_list)]
    return [Thing(thing.module, thing.path, node) for node in decorated]


def described(thing) -> dict[str, str]:
    """Return what a docstring describes one by one: parameters, and attributes of the same names."""
    return {**items(thing.doc, "Attributes"), **items(thing.doc, "Args")}


def signatures(things) -> Iterator[tuple]:
    """Yield every public signature: what is told, the function, and what is said of its parameters."""
    for thing in told(things):
        if isinstance(thing.node, Function):
            # What a fixture takes, pytest gives.
            yield from [] if is_fixture(thing.node) else [(thing, thing.node, described(thing))]
        # An exception is caught by users, and made by us.
        elif constructor(thing) is not None and not is_exception(thing):
            own = initializer(thing)
            yield thing, own.node, {**described(thing), **described(own)}


def attributes(things) -> Iterator[tuple]:
    """Yield every public attribute that is set: its class, its name, its type, and what is said of it."""
    for thing in filter(is_class, things):
        bases = [base for base in surface["mentioned"](thing.module, *thing.node.bases) if is_class(base)]
        entries = {name: text for one in (*bases, thing) for name, text in described(one).items()}
        # A property whose setter the constructor uses.
        entries |= {member.node.name: member.doc for member in members(thing)}
        for name, annotation, value in surface["attributes"](thing):
            if isinstance(value, ast.Call) and re.match(r"(Fact|Switch)\b", ast.unparse(value.func)):
                yield thing, name, READERS.get(ast.unparse(value.args[1]), ""), value.args[0].value
            else:
                yield thing, name, ast.unparse(annotation) if annotation else "", entries.get(name, "")


def quantities(things) -> Iterator[tuple]:
    """Yield what may be a span or a moment: where, its name, its type, and what is said of it."""
    for thing, node, entries in signatures(things):
        for one in parameters(node):
            text = entries.get(one.arg, sections(thing.doc)[""])
            yield thing, one.arg, ast.unparse(one.annotation) if one.annotation else "", text
        if isinstance(thing.node, Function) and node.returns is not None:
            yield thing, node.name, ast.unparse(node.returns), thing.doc
    yield from attributes(things)


def raised_by_all_of(thing) -> set[str]:
    """Return what the package of a thing says that all of it raises."""
    package = thing.module.rpartition(".")[0]
    return set(items(Thing(package, "", tree(package)).doc, "Raises")) if tree(package) else set()
