"""Which exceptions a function can raise, read from the source.

Followed, in whatever depth, are calls of the packages' functions, of classes, which are calls of their
constructors, and of methods and properties of objects whose class an annotation or a constructor tells.
What a `try` or a `suppress` around them catches does not count.
"""

import ast
import builtins
import runpy
from collections.abc import Iterator
from pathlib import Path

surface = runpy.run_path(str(Path(__file__).with_name("surface.py")))
Thing, Function = surface["Thing"], surface["Function"]
names_in, defined_in = surface["names_in"], surface["defined_in"]

# Who calls with values that have been checked, or are always right.
PROVEN = {
    "alicred_emulator.child.ChildPlace.env": "the identity was checked when it was set",
    "alicred_emulator.ram.account.Ram.default_trust_policy": "it writes a policy of its own ARNs",
    "alicred_emulator.scenarios.rehearsal._emulator": "an emulator without arguments",
    "alicred_emulator.scenarios.runner.run": "the same",
    "alicred_emulator.serve.ready": "it asks for the identities that there are",
    "alicred_emulator.world.World._default_trust": "it writes a policy of its own ARNs",
}
_KNOWN = {}


def bases(name: str, module: str) -> set[str]:
    """Return the names of an exception and of all that it is a kind of."""
    known = names_in(module).get(name)
    if known is not None and isinstance(known.node, ast.ClassDef):
        above = [bases(one.id, known.module) for one in known.node.bases if isinstance(one, ast.Name)]
        return {name}.union(*above)
    kind = getattr(builtins, name, None)
    return {one.__name__ for one in kind.__mro__} if isinstance(kind, type) else {name}


def caught(node: ast.Try) -> set[str]:
    """Return the names of what the handlers of a `try` catch."""
    found = set()
    for handler in node.handlers:
        named = ast.walk(handler.type) if handler.type else ()
        found |= {one.id for one in named if isinstance(one, ast.Name)} or {"BaseException"}
    return found


def suppressed(node: ast.With) -> set[str]:
    """Return the names of what a `with suppress(...)` swallows."""
    calls = [one.context_expr for one in node.items if isinstance(one.context_expr, ast.Call)]
    named = [name for call in calls if ast.unparse(call.func) == "suppress" for name in call.args]
    return {one.id for one in named if isinstance(one, ast.Name)}


def statements(node: ast.AST, safe: frozenset[str] = frozenset()) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """Yield the parts of a function, each with the names of what is caught around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.Lambda):
            continue
        around = safe
        if isinstance(node, ast.Try) and child in node.body:
            around = safe | caught(node)
        if isinstance(node, ast.With) and child in node.body:
            around = safe | suppressed(node)
        yield child, around
        yield from statements(child, around)


def raised(thing) -> frozenset[tuple[str, str]]:
    """Return what a function can raise, each as its name and the module that names it so."""
    if thing not in _KNOWN:
        # Who calls itself raises nothing by that alone.
        _KNOWN[thing] = frozenset()
        _KNOWN[thing] = frozenset() if thing.name in PROVEN else frozenset(_raised(thing))
    return _KNOWN[thing]


def _raised(thing) -> set[tuple[str, str]]:
    found = set()
    for node, safe in statements(thing.node):
        new = set()
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call | ast.Name):
            made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(made, ast.Name) and made.id[0].isupper():
                new = {(made.id, thing.module)}
        elif isinstance(node, ast.Call):
            for called in resolved(thing, node.func):
                new |= raised(called)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            for read in resolved(thing, node):
                if any("property" in ast.unparse(one) for one in read.node.decorator_list):
                    new |= raised(read)
        found |= {one for one in new if not bases(*one) & safe}
    return found


def resolved(thing, called: ast.AST) -> Iterator[object]:
    """Yield what a call calls, as far as the source tells."""
    if isinstance(called, ast.Name) and called.id in names_in(thing.module):
        yield from callable_of(names_in(thing.module)[called.id])
    elif isinstance(called, ast.Attribute):
        module = names_in(thing.module).get(called.value.id) if isinstance(called.value, ast.Name) else None
        if module is not None and not module.path:
            found = defined_in(module.module).get(called.attr)
            yield from callable_of(found) if found else ()
        else:
            kind = class_of(thing, called.value)
            yield from method(kind, called.attr) if kind else ()


def callable_of(thing) -> Iterator[object]:
    if isinstance(thing.node, Function):
        yield thing
    elif isinstance(thing.node, ast.ClassDef):
        yield from method(thing, "__init__")


def method(thing, name: str) -> Iterator[object]:
    """Yield a method of a class, or of the nearest class above it that has it."""
    for kind in line(thing):
        for node in kind.node.body:
            if isinstance(node, Function) and node.name == name and not surface["is_accessor"](node):
                yield Thing(kind.module, f"{kind.path}.{name}", node)
                return


def line(thing) -> Iterator[object]:
    """Yield a class and those above it, the nearest first."""
    yield thing
    for base in thing.node.bases:
        above = names_in(thing.module).get(base.id) if isinstance(base, ast.Name) else None
        if above is not None and isinstance(above.node, ast.ClassDef):
            yield from line(above)


def class_of(thing, value: ast.AST):
    """Return the class of an object that an expression in a function stands for, None if it is not told."""
    if isinstance(value, ast.Name) and value.id in {"self", "cls"} and "." in thing.path:
        return defined_in(thing.module)[thing.path.partition(".")[0]]
    if isinstance(value, ast.Name):
        annotation = next(
            (p.annotation for p in surface["parameters"](thing.node) if p.arg == value.id), None
        )
        return class_named(thing.module, annotation)
    if isinstance(value, ast.Call):
        called = next(iter(resolved(thing, value.func)), None)
        if isinstance(value.func, ast.Name):
            made = names_in(thing.module).get(value.func.id)
            if made is not None and isinstance(made.node, ast.ClassDef):
                return made
        return called and class_named(called.module, called.node.returns)
    owner = class_of(thing, value.value) if isinstance(value, ast.Attribute) else None
    return owner and attribute_class(owner, value.attr)


def attribute_class(owner, name: str):
    """Return the class of an object's attribute, told by a property, an annotation or the constructor."""
    for kind in line(owner):
        made = surface["constructor"](kind)
        for node in kind.node.body:
            if isinstance(node, Function) and node.name == name:
                return class_named(kind.module, node.returns)
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
                return class_named(kind.module, node.annotation)
        for node in ast.walk(made) if made else ():
            targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
            if isinstance(node, ast.Assign | ast.AnnAssign) and ast.unparse(targets[0]) == f"self.{name}":
                own = Thing(kind.module, f"{kind.path}.__init__", made)
                return class_named(kind.module, getattr(node, "annotation", None)) or class_of(
                    own, node.value
                )
    return None


def class_named(module: str, annotation: ast.AST | None):
    """Return the class that an annotation names, or names beside None."""
    if annotation is None:
        return None
    words = ast.unparse(annotation).replace("'", "").replace('"', "").removesuffix(" | None")
    found = names_in(module).get(words)
    return found if found is not None and isinstance(found.node, ast.ClassDef) else None
