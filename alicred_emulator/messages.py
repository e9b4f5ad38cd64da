"""What goes in and out of a fake: requests and replies as plain values, without sockets.

A handler turns a `Request` into a `Reply`; how either travels, `server.py` knows and what it stands on.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar
from urllib.parse import unquote

JSON_TYPE: Final = "application/json"
TEXT_TYPE: Final = "text/plain"
HTML_TYPE: Final = "text/html"

_Value = TypeVar("_Value")

_ABSOLUTE_FORM: Final = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)


class Headers(Mapping[str, str]):
    """Header fields of one message, read without regard to case.

    Repeated fields are joined with a comma and a space, as RFC 9110 5.2 allows.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            key = name.lower()
            self._fields[key] = f"{self._fields[key]}, {value}" if key in self._fields else value

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __repr__(self) -> str:
        # Values may be tokens and signatures: names are enough to find one's way.
        return f"<Headers {', '.join(self._fields)}>"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a client sent it.

    Attributes:
        method: The method, in the client's spelling.
        target: The request target as sent, in origin, absolute or asterisk form.
        raw_path: The target's path, still percent-encoded; ``/`` when the target has none.
        query: What follows the question mark, still encoded; empty when there is none.
        headers: The header fields.
        body: The whole body, de-chunked.
        host: The authority of an absolute-form target, else the Host field, else empty.
        version: The minor version of HTTP/1: 0 or 1.
        secure: Whether it came over TLS, whatever an absolute-form target says.
    """

    method: str
    target: str = field(repr=False)
    raw_path: str
    query: str = field(repr=False)
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    host: str = ""
    version: int = 1
    secure: bool = False
    _known: dict[Any, Any] = field(default_factory=dict[Any, Any], init=False, repr=False, compare=False)

    @classmethod
    def of(
        cls, method: str, target: str, headers: Headers | None = None, body: bytes = b"", version: int = 1
    ) -> "Request":
        """Make a request from its parts as they stand on the wire.

        Args:
            method: The method.
            target: The target: a path with or without query, a whole URL, or ``*``.
            headers: The header fields.
            body: The whole body.
            version: The minor version of HTTP/1.

        Returns:
            The request.
        """
        headers = headers or Headers()
        absolute = _ABSOLUTE_FORM.fullmatch(target)
        host, local = absolute.groups() if absolute else (headers.get("host", ""), target)
        raw_path, _, query = local.partition("?")
        return cls(method, target, raw_path or "/", query, headers, body, host, version)

    @property
    def path(self) -> str:
        """The path with its percent-encoding undone."""
        return unquote(self.raw_path) if "%" in self.raw_path else self.raw_path

    @property
    def host_name(self) -> str:
        """The host without scheme and port; some clients write a whole URL."""
        authority = self.host.rpartition("//")[2].partition("/")[0]
        name, colon, port = authority.rpartition(":")
        return name if colon and port.isdigit() else authority

    def once(self, read: "Callable[[Request], _Value]") -> _Value:
        """Return what a function reads from it, which is called for the first who asks."""
        if read not in self._known:
            self._known[read] = read(self)
        found: _Value = self._known[read]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEffect:
    """What happens to an answer on its way; the neutral value sends it whole and at once.

    Attributes:
        delay: Seconds of real time before the answer begins.
        ending: ``reset`` or ``silence`` in place of an answer.
        keep_bytes: Send this many bytes of the body, then close, though the length said more.
        drip_bytes: Send this many bytes at a time; 0 sends all at once.
        drip_interval: Seconds of real time between two such pieces.
        drip_headers: Whether the pieces begin with the status line, or with the body.
    """

    delay: float = 0
    ending: Literal["reset", "silence"] | None = None
    keep_bytes: int | None = None
    drip_bytes: int = 0
    drip_interval: float = 0
    drip_headers: bool = True


UNDISTURBED: Final = WireEffect()


def _compact_json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of a fake.

    Attributes:
        status: The HTTP status.
        body: The body; ignored when there is a document.
        content_type: The Content-Type; empty sends none.
        headers: Further header fields.
        document: What the body says, still open to a fault that edits it.
        write: Turns the document into the body.
        placed: Whether the fake knew what was asked; a documented 404 is placed.
        detail: One line for the journal: why it was answered so. Never a secret.
        effect: What happens to the answer on the wire.
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = TEXT_TYPE
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    document: Mapping[str, object] | None = field(default=None, repr=False)
    write: Callable[[Mapping[str, object]], bytes] = field(default=_compact_json, repr=False)
    placed: bool = True
    detail: str = ""
    effect: WireEffect = UNDISTURBED

    @property
    def payload(self) -> bytes:
        """The bytes of the body."""
        if self.document is None:
            return self.body
        return self.write(self.document)


def text(value: str | bytes) -> Reply:
    """Answer 200 with plain text or raw bytes, nothing added.

    Args:
        value: The body; text is sent as UTF-8.

    Returns:
        The reply.
    """
    return Reply(body=value.encode() if isinstance(value, str) else value)


def document(
    content: Mapping[str, object],
    *,
    status: int = 200,
    content_type: str = JSON_TYPE,
    write: Callable[[Mapping[str, object]], bytes] = _compact_json,
) -> Reply:
    """Answer with a document.

    Args:
        content: The document.
        status: The HTTP status.
        content_type: The type of what it is written as.
        write: Writes it; as compact JSON by default.

    Returns:
        The reply, whose document a fault may still edit.
    """
    return Reply(status=status, document=content, content_type=content_type, write=write)
