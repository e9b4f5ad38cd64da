"""What every way of asking over HTTP has in common: the answer, and the words where there is none."""

from __future__ import annotations

import re
import string
from typing import NamedTuple
from urllib.parse import quote

from alicred.deadline import Phases
from alicred.transport import NoReply

__all__ = ["LARGEST_BODY_BYTES", "Answer", "broken", "late", "target_of", "unreached", "unusable"]

LARGEST_BODY_BYTES = 64 * 1024


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: The HTTP status.
        body: The body, as far as `LARGEST_BODY_BYTES` and one more.
        length: How long it says that it is; 0 where it says nothing.
        date: Its ``Date``.
    """

    status: int
    body: bytes
    length: int
    date: str | None

    def __repr__(self) -> str:
        return f"Answer(status={self.status!r})"


def target_of(url: str, *, absolute: bool = False) -> str:
    """Return what the first line of a request says, in the words of whoever wrote the URL.

    requests and urllib3 would rewrite ``%2f``, ``[`` and a query's bare ``?``, and a service that signs its
    URLs may not know them again.

    Args:
        url: The URL.
        absolute: Whether a proxy is asked, which has to be told the host as well.
    """
    scheme, _, rest = url.partition("#")[0].partition("://")
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    path = quote(rest.removeprefix(authority), safe=string.punctuation)
    path = path if path.startswith("/") else f"/{path}"
    if not absolute:
        return path
    host = authority.rpartition("@")[2].encode("idna").decode("ascii")
    return f"{scheme}://{host}{path}"


def unreached(phases: Phases, *, in_time: bool) -> NoReply:
    """Return what to say where no connection was made, in time or at all."""
    within = "" if in_time else f" within {phases.connect:g} s"
    return NoReply(f"could not be connected to{within}.", connected=False)


def late(phases: Phases) -> NoReply:
    """Return what to say where an answer took too long."""
    return NoReply(f"had not answered in full within {phases.read:g} s.", connected=True)


def broken() -> NoReply:
    """Return what to say of an answer that is none."""
    return NoReply("broke the connection, or answered with what is not HTTP.", connected=True)


def unusable() -> NoReply:
    """Return what to say of an address that cannot be asked."""
    return NoReply("has an address, or a proxy, that cannot be used.", connected=False)
