"""What is run against the stories: any client of the fakes, behind a few methods.

The rule kept here: a subject tells what its readers saw and judges nothing. It imports what it drives when it
is opened, so that a subject can be named without its client being installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from alicred_emulator.emulator import Emulator

ABILITIES: Final = ("threads", "cancel", "fork", "invalidate", "clock")
"""What a story may need of a subject: readers at once, a reader that is cancelled, a read in a forked child,
to be told that a credential was refused, and a clock that shows what the emulator says."""

KINDS: Final = ("configuration", "refused", "unreachable", "not found")
"""The kinds of failure that a story can ask for."""

ANY_KIND: Final = "any"
UNSAID: Final = "unsaid"
"""A failure of the client's own that does not say its kind: it is taken for any."""

BUG: Final = "crash"
"""An exception that the client does not mean its callers to get, such as a `KeyError`: never right."""

HUNG: Final = "stuck"
"""No answer within `Setting.timeout_seconds`: never right."""


PARTS: Final = ("access_key_id", "access_key_secret", "security_token", "bearer_token")
"""What a credential may consist of, by the names that `Seen` has for it."""


class Unsupported(Exception):  # noqa: N818 - it is no error but a fact, and ends in a skipped story
    """A subject has no such thing, which its text names: the story does not concern it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a reader got in place of a credential.

    Attributes:
        kind: One of `KINDS`, or `UNSAID`, `BUG` or `HUNG`.
        text: What it says.
        remedy: What to do about it, if the client says that apart.
    """

    kind: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one reader saw: a credential, or a failure.

    Attributes:
        access_key_id: The key id, if there is one.
        access_key_secret: Its secret.
        security_token: Its session token.
        bearer_token: A bearer token, which has no key.
        failure: What went wrong, if it did.
        waited_seconds: How long the reader was kept waiting, in real seconds.
    """

    access_key_id: str | None = None
    access_key_secret: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    failure: Failure | None = None
    waited_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a subject is opened with.

    Attributes:
        emulator: The emulator that it meets.
        client: How the client is configured: ``type`` and alicred's parameters by name, references filled in.
            A ``source`` is such a mapping itself. The type ``default`` means the default chain.
        variables: The environment variables that the client finds; in this process they are set already.
        home: The home directory that the client finds, if that is not the process's own; set already, too.
        timeout_seconds: How many seconds a subject waits for its client before it says that it hangs.
    """

    emulator: Emulator
    client: Mapping[str, Any] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    home: str = ""
    timeout_seconds: float = 30.0


class Opened(Protocol):
    """A client under test."""

    def read(self) -> Seen:
        """Read the credential once."""
        ...

    def read_at_once(self, readers: int, answered: Callable[[], None]) -> list[Seen]:
        """Read it from many readers that are all under way before any has its answer (ability ``threads``).

        Args:
            readers: How many.
            answered: To be called as each reader gets its answer, from any thread.
        """
        ...

    def read_in_fork(self) -> Seen:
        """Read it in a forked child (ability ``fork``)."""
        ...

    def cancel_read(self, on_request: Callable[[Callable[[], None]], None]) -> None:
        """Begin a read and cancel it while its first request is in the air (ability ``cancel``).

        Args:
            on_request: Takes what is called, from another thread, once the request is in the air.
        """
        ...

    def invalidate(self, seen: Seen) -> None:
        """Say that a service refused a credential that was read (ability ``invalidate``).

        Args:
            seen: What `read` has returned.
        """
        ...


class Subject(Protocol):
    """A client to run stories against."""

    @property
    def name(self) -> str:
        """How it is called, such as ``alicred-sync``."""
        ...

    @property
    def abilities(self) -> frozenset[str]:
        """Which of `ABILITIES` it has."""
        ...

    @property
    def lacks(self) -> Mapping[str, str]:
        """Why it has not one of `ABILITIES`, where there is more to say than that.

        By ability, such as ``{"cancel": "a thread cannot be cancelled"}``.
        """
        ...

    def open(self, setting: Setting) -> AbstractContextManager[Opened]:
        """Build the client for one story; at the end of the block, everything of it is gone.

        Args:
            setting: What it is to be built with.

        Raises:
            Unsupported: It has no such thing.
        """
        ...
