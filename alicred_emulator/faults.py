"""What can go wrong, as values.

A `Fault` says what happens to an answer and nothing about where or when; `fault_board.py` says that.
Two faults made with the same arguments are equal, and each prints as it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from alicred_emulator.durations import told
from alicred_emulator.fault_checks import (
    check_bytes,
    check_fields,
    check_length,
    check_status,
    not_negative,
    real_seconds,
)
from alicred_emulator.fault_effects import DISTURBING, EDITING, REPLACING
from alicred_emulator.gateway.refusals import refusal_called
from alicred_emulator.messages import Reply

_REFUSING: Final = "refusal"
_SKEWING: Final = "skew"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with an answer. Make it with one of the constructors below.

    Attributes:
        kind: The name of the constructor.
        arguments: Its arguments, in order.
    """

    kind: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(_shown, self.arguments))})"

    @classmethod
    def status(
        cls, status: int, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> "Fault":
        """Answer with an HTTP status in place of the fake.

        Args:
            status: The status, 200 to 599.
            body: The body; the metadata service's error page by default.
            headers: Further header fields, such as the ``Location`` of a redirect.

        Raises:
            TypeError: If the body is not bytes, or a header field not text.
            ValueError: If no server may end with the status, or a header field cannot be sent.
        """
        check_status(status)
        if body is not None:
            check_bytes(body)
        fields = tuple((headers or {}).items())
        check_fields(*fields)
        return cls("status", (status, body, fields))

    @classmethod
    def body(cls, content: bytes, *, status: int = 200, content_type: str = "application/json") -> "Fault":
        """Answer with a body in place of the fake.

        Args:
            content: The body.
            status: The status, 200 to 599.
            content_type: The Content-Type; empty sends none.

        Raises:
            TypeError: If the content is not bytes, or its type not text.
            ValueError: If no server may end with the status, or the type cannot be sent.
        """
        check_status(status)
        check_bytes(content)
        check_fields((content_type,))
        return cls("body", (content, status, content_type))

    @classmethod
    def reset(cls) -> "Fault":
        """Reset the connection (RST) once the request has arrived, without an answer."""
        return cls("reset")

    @classmethod
    def silence(cls) -> "Fault":
        """Accept the request and never answer, until the client or the server hangs up."""
        return cls("silence")

    @classmethod
    def delay(cls, seconds: float) -> "Fault":
        """Answer late by so many seconds of real time; keep it short and time-outs shorter.

        Raises:
            ValueError: If the delay is negative, or longer than a day.
        """
        return cls("delay", (real_seconds("delay", seconds),))

    @classmethod
    def truncate(cls, keep_bytes: int) -> "Fault":
        """Announce the whole body, send this many bytes of it, and close the connection.

        Raises:
            ValueError: If the number is negative.
        """
        return cls("truncate", (not_negative("number of bytes", keep_bytes),))

    @classmethod
    def drip(cls, bytes_per_chunk: int = 1, interval: float = 0.05, *, headers: bool = True) -> "Fault":
        """Send the answer in small pieces.

        Args:
            bytes_per_chunk: The size of a piece.
            interval: Seconds of real time between two pieces.
            headers: Whether the status line and headers drip too, or only the body.

        Raises:
            ValueError: If the piece is empty, or the interval negative or longer than a day.
        """
        if bytes_per_chunk < 1:
            raise ValueError(f"a piece has at least one byte, not {bytes_per_chunk}")
        return cls("drip", (bytes_per_chunk, real_seconds("interval", interval), headers))

    @classmethod
    def refusal(cls, code: str) -> "Fault":
        """Have STS or a resource API refuse with one of its codes, such as ``Throttling.User``.

        Other services, which have no such codes, pass it by.

        Args:
            code: A code of the decision table `fixtures/api_refusals.toml`, which knows status and message.

        Raises:
            ValueError: If the table has no such code; the message lists those it has.
        """
        refusal_called(code)
        return cls("refusal", (code,))

    @classmethod
    def code(cls, code: str) -> "Fault":
        """Set the ``Code`` of a credential document, which the clients compare with ``Success``.

        Other documents pass unharmed, those with the code of a refusal, too.
        """
        return cls("code", (code,))

    @classmethod
    def partial(cls, field: str) -> "Fault":
        """Leave a field such as ``SecurityToken`` out of a document, in any case and at whatever depth.

        Any document that has it: a refusal, or what an issuer tells of itself, as well. The
        OAuth service writes its fields in two spellings, of which a client reads one.
        """
        return cls("partial", (field,))

    @classmethod
    def malformed(cls) -> "Fault":
        """Break off a document in the middle, be it JSON or XML; the length fits what is sent.

        Any document: a refusal, or what an issuer tells of itself, as well.
        """
        return cls("malformed")

    @classmethod
    def expired(cls) -> "Fault":
        """Hand out a credential document that ended an hour ago, by the fakes' clock."""
        return cls("expired")

    @classmethod
    def skew(cls, by: timedelta) -> "Fault":
        """Have the clients' clocks run ahead of the fakes'.

        It is about no request: it lasts until it is removed, and takes no conditions.

        Args:
            by: How far, as a timedelta; behind if it is negative.

        Raises:
            TypeError: If it is no timedelta.
        """
        check_length(by)
        return cls(_SKEWING, (by,))

    @property
    def replaces_answer(self) -> bool:
        """Whether the fake is not asked at all, so that the request has no effect on its state."""
        return self.kind in REPLACING or self.kind == _REFUSING

    @property
    def refuses_with(self) -> str | None:
        """The code that the service itself shall refuse with, if it shall."""
        return str(self.arguments[0]) if self.kind == _REFUSING else None

    @property
    def skewed_by(self) -> timedelta | None:
        """By which timedelta the clients' clocks shall run ahead, if it is about them, not about answers."""
        return self.arguments[0] if self.kind == _SKEWING else None

    @property
    def edits_document(self) -> bool:
        """Whether it concerns documents alone; other answers pass unharmed."""
        return self.kind in EDITING

    def apply(self, reply: Reply, now: datetime) -> Reply:
        """Return what becomes of a reply.

        Args:
            reply: The fake's answer, or an empty one if the fault replaces it.
            now: The fakes' time, an aware datetime in UTC.

        Returns:
            The changed reply.
        """
        if self.edits_document:
            return EDITING[self.kind](reply, dict(reply.document or {}), now, *self.arguments)
        return {**REPLACING, **DISTURBING}[self.kind](reply, *self.arguments)


def _shown(argument: object) -> str:
    if isinstance(argument, bytes):
        return f"{len(argument)} bytes"
    return told(argument) if isinstance(argument, timedelta) else repr(argument)
