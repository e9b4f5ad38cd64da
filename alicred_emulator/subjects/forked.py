"""A read in a forked child, which tells what it saw through a pipe and ends without a way back."""

import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Final

from alicred_emulator.forking import forked
from alicred_emulator.scenarios.subject import BUG, Failure, Seen, Unsupported
from alicred_emulator.subjects.crowds import stuck

_DIED: Final = Failure(kind=BUG, text="the child ended without a word")


if sys.platform == "win32":

    def in_a_child(read: Callable[[], Seen], bound: float) -> Seen:  # noqa: ARG001 - those of the other
        """Refuse: there is no fork."""
        raise Unsupported("this system has no fork")

else:

    def in_a_child(read: Callable[[], Seen], bound: float) -> Seen:
        """Read in a forked child.

        Args:
            read: How it reads.
            bound: After how many seconds it is ended.

        Returns:
            What it saw.
        """
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            # Python warns of forks beside threads; that the client survives one is what is looked at.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = forked(partial(_tell_what_is_read, read, writing, bound))
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
            return stuck(bound)
        return _heard(said)

    def _tell_what_is_read(read: Callable[[], Seen], writing: int, bound: float) -> int:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, bound)
        os.write(writing, json.dumps(asdict(read())).encode())
        return 0


def _heard(said: bytes) -> Seen:
    if not said:
        return Seen(failure=_DIED)
    told = json.loads(said)
    failure = told.pop("failure")
    return Seen(**told, failure=failure and Failure(**failure))
