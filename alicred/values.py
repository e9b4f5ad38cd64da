"""Frozen values without `dataclasses`, whose import alone takes a third of the time that alicred's may take.

Type checkers see a keyword-only, frozen dataclass. Rule of this module: no `repr` of its own, since the parts
may be secrets; a value says itself what it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_options: Any) -> Any:
        return lambda decorated: decorated


__all__ = ["Value"]


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Value:
    """Parts under names, set once, compared with each other.

    A subclass lists its parts as annotations, with a default where a part may be left out.

    Args:
        **parts: The parts by name.

    Raises:
        TypeError: A part is missing, or there is none of a name; the message lists those there are.
    """

    def __init__(self, **parts: Any) -> None:
        names = type(self).part_names()
        for name in parts:
            if name not in names:
                raise TypeError(f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(names)}")
        for name in names:
            if name not in parts and not hasattr(self, name):
                raise TypeError(f"{type(self).__name__} needs {name!r}")
        self.__dict__.update(parts)

    @classmethod
    def part_names(cls) -> tuple[str, ...]:
        """Return the names of the parts, in the order of their definition."""
        return tuple(name for base in reversed(cls.__mro__[:-1]) for name in base.__annotations__)

    def parts(self) -> dict[str, Any]:
        """Return the parts by name, such as ``{"type": "sts"}``; secrets included."""
        return {name: getattr(self, name) for name in self.part_names()}

    def replaced(self, **parts: Any) -> Self:
        """Return a value that differs in these parts."""
        return type(self)(**{**self.parts(), **parts})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is never changed; build another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is never changed; build another one")

    def compared(self) -> tuple[object, ...]:
        """Return what makes two values equal: all parts, unless a subclass knows better."""
        return tuple(self.parts().values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and type(other) is type(self) and self.compared() == other.compared()

    def __hash__(self) -> int:
        return hash(self.compared())
