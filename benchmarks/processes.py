"""Child processes: each is started here, and none outlives the block or call that started it.

A child that `apart` is asked for leads a process group, and is ended with all that it has started; every
other one belongs to the group of whoever starts it, so that it ends with it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.environment import ROOT, for_child

_STOP_SECONDS = 5.0


class ChildFailed(Exception):  # noqa: N818 - told in the table, not raised to anybody
    """A child process did not do what it was started for."""


def module(name: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of this package."""
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    seconds: float = 60,
    apart: bool = False,
) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        ChildFailed: It failed, or had not ended in time.
    """
    with _started(command, environment, subprocess.DEVNULL, subprocess.PIPE, apart=apart) as child:
        try:
            printed, errors = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"stopped after {seconds:g} s") from None
    if child.returncode != 0:
        raise ChildFailed(_last_line(errors) or _last_line(printed) or f"exit status {child.returncode}")
    return str(printed)


def run_json(command: Sequence[str], **options: Any) -> Any:
    """Run a command like `run` and return the last line that it printed, read as JSON."""
    return json.loads(_last_line(run(command, **options)))


@contextmanager
def serving(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[str], None, None]:
    """Keep a server running for the length of the block; its input and output are pipes."""
    with _started(command, environment, subprocess.PIPE, subprocess.DEVNULL, apart=False) as child:
        yield child


@contextmanager
def _started(
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    stdin: int,
    stderr: int,
    *,
    apart: bool,
) -> Generator[subprocess.Popen[str], None, None]:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=for_child() if environment is None else environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=apart,
    ) as child:
        try:
            yield child
        finally:
            _end(child, apart=apart)


def _end(child: subprocess.Popen[str], *, apart: bool) -> None:
    for ending in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, ending) if apart else child.send_signal(ending)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_STOP_SECONDS)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
