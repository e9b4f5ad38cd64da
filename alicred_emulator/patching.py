"""Other attributes for a while, and modules as if new: what freezing and redirecting are made of."""

import datetime as dt
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType
from typing import cast

_INHERITED = object()


@contextmanager
def replaced(owner: object, attributes: Mapping[str, object]) -> Generator[None, None, None]:
    """Set attributes of a module or a class for the length of the context.

    What stood in the owner itself is put back as it was found (a classmethod stays one); what the
    owner had merely inherited is uncovered again.

    Args:
        owner: A module or a class.
        attributes: The values by name.
    """
    found = {name: vars(owner).get(name, _INHERITED) for name in attributes}
    try:
        for name, value in attributes.items():
            setattr(owner, name, value)
        yield
    finally:
        for name, value in found.items():
            if value is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def imported_anew(module: ModuleType) -> ModuleType:
    """Return what an import of a module would make now; the one that is imported stays as it is.

    Args:
        module: One that was imported from a file.
    """
    spec = cast("ModuleSpec", module.__spec__)
    fresh = module_from_spec(spec)
    cast("Loader", spec.loader).exec_module(fresh)
    return fresh


@contextmanager
def real_dates() -> Generator[None, None, None]:
    """Give a process whose clock is frozen its real class of dates back for the length of the context.

    The compiled part of cryptography keeps the first class of dates that it meets, for good: if that is a
    frozen clock's, it takes no other afterwards. A frozen class is made of the real one.
    """
    real = next(kind for kind in dt.datetime.__mro__ if kind.__name__ == "datetime")
    with replaced(dt, {"datetime": real}):
        yield
