"""Programs that are run for what they print.

Rules of this module: a program is waited for no longer than it may take, and is ended with all that it has
started; it gets no input, what it prints is read up to a cap, and what it complains of is not read at all.
"""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, cast

from alicred import clock
from alicred.environment import inherited

__all__ = ["ProgramError", "command_of", "output_of"]

_LARGEST_BYTES = 64 * 1024
_LONGEST_END_SECONDS = 5.0
_IS_WINDOWS = os.name == "nt"


class ProgramError(Exception):
    """A program has printed nothing that could be used.

    Attributes:
        what: What has happened, the end of a sentence that begins with the program.
        has_run: Whether it could be started at all.
    """

    def __init__(self, what: str, *, has_run: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.has_run = has_run


def command_of(line: str) -> str | Sequence[str] | None:
    """Return a command as it is run, None where its quotation marks do not match or nothing is in it.

    It is run without a shell, but for Windows, where no two programs split a line alike.
    """
    if _IS_WINDOWS:
        return line if line.strip() else None
    try:
        return shlex.split(line) or None
    except ValueError:
        return None


def output_of(command: str | Sequence[str], *, seconds: float) -> bytes:
    """Run a command in the environment of this process, and return what it prints.

    Args:
        command: What `command_of` has returned.
        seconds: How long it may take.

    Raises:
        ProgramError: It has failed, or taken too long, or printed too much.
    """
    process = _started(command)
    try:
        output = _read(process, clock.monotonic() + seconds)
    except TimeoutError:
        output = None
    finally:
        # Interrupted, too, as by Ctrl-C, which its group does not hear of.
        _let_go(process)
    if output is None:
        raise ProgramError(f"had not ended after {seconds:g} s, and was ended.")
    if len(output) > _LARGEST_BYTES:
        raise ProgramError(f"has printed more than {_LARGEST_BYTES // 1024} KiB.")
    if process.returncode:
        raise ProgramError(f"has ended with status {process.returncode}.")
    return output


def _started(command: str | Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the user has written it down to be run
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=inherited(),
            shell=_IS_WINDOWS,
            # A group of its own, which can be ended as a whole.
            start_new_session=True,
        )
    except (OSError, ValueError):
        pass
    raise ProgramError("cannot be started.", has_run=False)


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Return what a process prints, when it has ended, or a byte or more beyond what is allowed.

    Raises:
        TimeoutError: It has not ended in time; or something that it has started still holds its output.
    """
    output = b""
    for piece in _pieces(process, deadline):
        output += piece
        if len(output) > _LARGEST_BYTES:
            return output
    try:
        process.wait(max(deadline - clock.monotonic(), 0))
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    return output


def _pieces(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    if _IS_WINDOWS:
        # A pipe cannot be waited for there.
        try:
            yield process.communicate(timeout=max(deadline - clock.monotonic(), 0))[0]
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        return
    pipe = _output(process)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while selector.select(max(deadline - clock.monotonic(), 0)):
            piece = os.read(pipe.fileno(), _LARGEST_BYTES)
            if not piece:
                return
            yield piece
    raise TimeoutError


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """End a process that has not ended by itself, and wait for nobody who still holds its output."""
    if process.returncode is None:
        _end(process)
    _output(process).close()
    # One that has become another user's, as by sudo, does not end for us.
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LONGEST_END_SECONDS)


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", process.stdout)  # it was started with a pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that nobody has waited for yet, and whatever it has started."""
    if sys.platform == "win32":
        end_tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(end_tree, check=False, capture_output=True)  # noqa: S603 - a number
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
