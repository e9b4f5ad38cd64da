"""What a test leaves behind in its process: threads, sockets, environment variables, temporary files.

Rule of this module: a test that leaves nothing costs a few listings. Only what is there and was not there
before is looked at closely, and only then is anybody waited for: threads that are about to end, and sockets
that they close. Whatever belongs to a fixture of a wider scope is nobody's leak.
"""

import gc
import logging
import os
import re
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

DESCRIPTORS = "/proc/self/fd"
KNOWN_FILES = {
    "alicred-ca-bundle-.*": "an emulator of the session writes it when it is asked for, and removes it last",
    "alicred-volume-.*": "an emulator of the session makes it when it is asked for, and removes it last",
}
"""Names of files that may outlive a test, as patterns, and why. None may outlive the session."""

KNOWN_SESSIONS = {("Tea.core", "TeaCore"): "Alibaba's SDK keeps one a host for as long as the process lives"}
"""Where clients that are not ours keep HTTP sessions, and why; they are closed before sockets are counted."""

KNOWN_LOGGERS = {"credentials": "Alibaba's SDK logs tracebacks, which hold an answer and its connection"}
"""Whose log records, which pytest keeps for its report, hold on to sockets, and why."""

KNOWN_VARIABLES = {"PYTEST_CURRENT_TEST": "pytest sets it for each phase of a test"}


class Surroundings:
    """What there was at a moment.

    Args:
        folder: Where temporary files are made, of this process alone.
        patience_seconds: How long is waited for what is about to end.
    """

    def __init__(self, folder: str, *, patience_seconds: float = 3.0) -> None:
        self._folder = folder
        self._patience_seconds = patience_seconds
        self.threads = set(threading.enumerate())
        self.descriptors = descriptors()
        self.variables = os.environ.copy()
        self.files = names_in(folder)

    def excuse(self, before: "Surroundings") -> None:
        """Count what has come since another moment as having been there at this one."""
        now = Surroundings(self._folder)
        self.threads |= now.threads - before.threads
        self.descriptors |= now.descriptors - before.descriptors
        self.files |= now.files - before.files

    def left_since(self) -> list[str]:
        """Return what there is now and was not then, one sentence each."""
        left = self._threads_left() if set(threading.enumerate()) - self.threads else []
        left += self._sockets_left() if descriptors() - self.descriptors else []
        left += self._variables_left() if os.environ.copy() != self.variables else []
        return left + self._files_left()

    def _threads_left(self) -> list[str]:
        deadline = Deadline(self._patience_seconds)
        while (left := self._more_threads()) and deadline.left() > 0:
            left[0].join(0.01)
        return [f"thread {thread.name!r} goes on" for thread in left]

    def _more_threads(self) -> list[threading.Thread]:
        now = set(threading.enumerate())
        # Where a server was started anew, a thread of the same name has gone.
        gone = Counter(thread.name for thread in self.threads - now)
        left = []
        for thread in sorted(now - self.threads, key=lambda thread: thread.name):
            if gone[thread.name] > 0:
                gone[thread.name] -= 1
            else:
                left.append(thread)
        return left

    def _sockets_left(self) -> list[str]:
        close_known_sessions()
        # To look for what nobody holds takes a tenth of a second, and is seldom needed.
        if self._sockets_after(0.02):
            forget_known_tracebacks()
            gc.collect()
        left = self._sockets_after(self._patience_seconds)
        return [f"{left} sockets are open"] if left else []

    def _sockets_after(self, patience_seconds: float) -> int:
        deadline, pause = Deadline(patience_seconds), threading.Event()
        while (left := self._more_sockets()) and deadline.left() > 0:
            # A server's thread closes its end a moment after the client has closed its own.
            pause.wait(0.002)
        return left

    def _more_sockets(self) -> int:
        now = descriptors()
        # Where a server was started anew, others have gone.
        return max(sum(map(is_socket, now - self.descriptors)) - len(self.descriptors - now), 0)

    def _variables_left(self) -> list[str]:
        now = os.environ.copy()
        names = {name for name in {*now, *self.variables} if now.get(name) != self.variables.get(name)}
        return [f"variable {name} is not what it was" for name in sorted(names - KNOWN_VARIABLES.keys())]

    def _files_left(self) -> list[str]:
        new = sorted(names_in(self._folder) - self.files)
        return [f"temporary file {name} is there" for name in new if not matches(name, KNOWN_FILES)]


class Deadline:
    """So long is anybody waited for, all together."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left, 0 in the end."""
        return max(self._end - time.monotonic(), 0.0)


def names_in(folder: str) -> set[str]:
    """Return what a folder holds."""
    # Every test does it, and paths would take several times as long.
    return set(os.listdir(folder))  # noqa: PTH208 - for this reason


def descriptors() -> set[str]:
    """Return the numbers of the open descriptors, none where the platform does not tell."""
    try:
        # The listing opens a descriptor itself: the lowest that is free, as this one.
        own = os.open(DESCRIPTORS, os.O_RDONLY)
    except OSError:
        return set()
    os.close(own)
    return names_in(DESCRIPTORS) - {str(own)}


def is_socket(descriptor: str) -> bool:
    """Return whether a descriptor is a socket; one that has been closed meanwhile is none."""
    try:
        return Path(DESCRIPTORS, descriptor).readlink().name.startswith("socket:")
    except OSError:
        return False


def matches(name: str, known: Iterable[str]) -> bool:
    """Return whether a name is one of those that are known."""
    return any(re.fullmatch(pattern, name) for pattern in known)


def close_known_sessions() -> None:
    """Close what clients that are not ours keep open, if they are loaded."""
    for module, name in KNOWN_SESSIONS:
        sessions = getattr(getattr(sys.modules.get(module), name, None), "_sessions", {})
        while sessions:
            sessions.popitem()[1].close()


def forget_known_tracebacks() -> None:
    """Let go of what the tracebacks hold that clients that are not ours have logged."""
    for record in [one for one in gc.get_objects() if type(one) is logging.LogRecord]:
        error = record.exc_info[1] if record.exc_info and record.name in KNOWN_LOGGERS else None
        while error is not None:
            traceback.clear_frames(error.__traceback__)
            error = error.__cause__ or error.__context__
