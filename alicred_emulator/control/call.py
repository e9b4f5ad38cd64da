"""One call of the control API, and how it is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import JSON_TYPE, Reply


class RefusedCallError(Exception):
    """A call that is not done as it stands.

    Attributes:
        status: The HTTP status to answer with.
        headers: Further header fields of the answer.
    """

    def __init__(self, status: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers

    @property
    def reply(self) -> Reply:
        """The answer."""
        return json_reply({"error": str(self)}, self.status, self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a handler is given, held against its description already.

    Attributes:
        emulator: The emulator that it is about.
        places: What stands in the path, by the names in the route's template.
        query: The query's parameters.
        body: What the body says.
    """

    emulator: Emulator
    places: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None


def json_reply(content: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Answer with JSON; ASCII alone, so that any text has bytes."""
    return Reply(
        status=status,
        body=json.dumps(content, separators=(",", ":")).encode("ascii"),
        content_type=JSON_TYPE,
        headers=(*headers, ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")),
    )


def read_json(body: bytes) -> Any:
    """Read a body.

    Raises:
        RefusedCallError: If it is no JSON, or is JSON that readers understand differently.
    """
    try:
        content = json.loads(body.decode(), object_pairs_hook=_unambiguous, parse_constant=_no_number)
        # Half of a surrogate pair is no text that a fake could send on.
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RefusedCallError(400, f"the body is no JSON: {reason}") from None
    return content


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key stands in an object twice")
    return content


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
