"""A program behind a subject: lines in, lines out.

The rule kept here: nobody waits for it longer than a bound. One that is not back by then is stuck, and is
killed with everything that it started; so is one that goes on after it was told that nobody asks any more.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, cast


class StuckError(Exception):
    """The program did not answer within the bound."""


class EndedError(Exception):
    """The program ended instead of answering."""


class Program:
    """A running program that answers lines of its standard input with lines of its standard output.

    Args:
        command: The program and its arguments.
        environment: All of its variables.
        folder: Where it runs; where this process does by default.
        quiet: Whether its standard error goes nowhere instead of where this process's goes.
        grace_seconds: How long it may go on at the end.

    Raises:
        OSError: If it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None = None,
        *,
        quiet: bool = False,
        grace_seconds: float = 1.0,
    ) -> None:
        self._grace_seconds: Final = grace_seconds
        self._process = subprocess.Popen(  # noqa: S603 - the program is what the caller wants to run
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            text=True,
            encoding="utf-8",
            errors="replace",
            # A group of its own, so that what it starts ends with it.
            start_new_session=True,
        )
        self._input = cast("IO[str]", self._process.stdin)
        self._output = cast("IO[str]", self._process.stdout)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_lines, name="alicred-program", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def tell(self, line: str) -> None:
        """Write a line; whether the program is there to read it is told by its output.

        Args:
            line: What to write, without the line's end.
        """
        with suppress(OSError, ValueError):
            self._input.write(f"{line}\n")
            self._input.flush()

    def hear(self, within_seconds: float) -> str:
        """Return the next line of the program.

        Args:
            within_seconds: How long it may take.

        Returns:
            The line, without its end.

        Raises:
            StuckError: If it took longer; the program is killed then.
            EndedError: If there is no program any more.
        """
        try:
            line = self._lines.get(timeout=within_seconds)
        except queue.Empty:
            self._kill()
            raise StuckError(f"no answer within {within_seconds:g} s") from None
        if not line:
            # For whoever asks again.
            self._lines.put("")
            raise EndedError(f"the program ended with status {self._process.wait()}")
        return line.rstrip("\r\n")

    def close(self) -> None:
        """Tell the program that nobody asks any more, and kill it if it goes on all the same."""
        with suppress(OSError):
            self._input.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self._grace_seconds)
        self._kill()
        # Somebody who left the group may have taken the pipe along; a reader must not be waited for then.
        self._reader.join(self._grace_seconds)
        if not self._reader.is_alive():
            self._output.close()

    def _read_lines(self) -> None:
        for line in self._output:
            self._lines.put(line)
        # Empty, as no line is.
        self._lines.put("")

    def _kill(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
