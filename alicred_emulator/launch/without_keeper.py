"""Where there is no Linux: the program is a child of the command, and outlives it if that is killed."""

import signal
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from alicred_emulator import environment
from alicred_emulator.environment import Changes
from alicred_emulator.launch.program import NoProgramError, status_of

_TICK_SECONDS: Final = 1.0
_PASSED_ON: Final = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_FROM_THE_TERMINAL: Final = ("SIGINT", "SIGQUIT", "SIGBREAK")
"""These reach the program by themselves."""


def launch(command: Sequence[str], changes: Changes, tick: Callable[[], None]) -> int:
    """Run the program, pass signals on to it, and return its exit status.

    Args:
        command: The program and its arguments.
        changes: What its environment is to say.
        tick: Called every second.

    Raises:
        NoProgramError: It cannot be executed.
    """
    try:
        child = subprocess.Popen(list(command), env=environment.inherited(changes))  # noqa: S603 - what the user asked for
    except OSError as error:
        raise NoProgramError(error.errno, command[0]) from error
    with child, _passing_on(child):
        while (code := _waited_for(child)) is None:
            tick()
        return status_of(code)


def _waited_for(child: subprocess.Popen[bytes]) -> int | None:
    try:
        return child.wait(_TICK_SECONDS)
    except subprocess.TimeoutExpired:
        return None


@contextmanager
def _passing_on(child: subprocess.Popen[bytes]) -> Generator[None, None, None]:
    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    def leave(_number: int, _frame: FrameType | None) -> None:
        """Do nothing; the program decides."""

    handlers = {**dict.fromkeys(_PASSED_ON, pass_on), **dict.fromkeys(_FROM_THE_TERMINAL, leave)}
    known = {getattr(signal, name): handler for name, handler in handlers.items() if hasattr(signal, name)}
    before = {number: signal.signal(number, handler) for number, handler in known.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
