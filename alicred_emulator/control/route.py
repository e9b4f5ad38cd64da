"""What can be asked of the control API, as values: where, with what, and who answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from alicred_emulator.control.call import Call
from alicred_emulator.control.schemas import Fields, Schema

Handler = Callable[[Call], object]
"""Does what is asked and returns what to answer with, as JSON knows it."""

_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation.

    Attributes:
        method: The method.
        path: The path's template, such as ``/faults/{fault_id}``.
        operation: A name for it, unique.
        summary: What it does, for a person.
        handle: Does it.
        answer: What it answers; None for nothing, with status 204.
        query: The parameters that the query may have.
        body: What the body has to be; None where there is none.
        examples: Bodies by a name for each; every one is good in the default world.
        status: The status of the answer.
    """

    method: str
    path: str
    operation: str
    summary: str
    handle: Handler
    answer: Schema | None = None
    query: Fields = field(default_factory=dict[str, Schema])
    body: Schema | None = None
    examples: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200

    @property
    def places(self) -> list[str]:
        """The names of what varies in the path."""
        return _PLACE.findall(self.path)

    @property
    def answered_with(self) -> int:
        """The status of the answer, when all is well."""
        return 204 if self.answer is None else self.status

    def match(self, raw_path: str) -> Mapping[str, str] | None:
        """Return what stands in the places of a path, None if the path is another one."""
        match = self._pattern.fullmatch(raw_path)
        return match and {name: unquote(text) for name, text in match.groupdict().items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Split at the places, every second part is the name of one.
        parts = _PLACE.split(self.path)
        written = [f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)]
        return re.compile("".join(written))
