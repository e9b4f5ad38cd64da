"""The command between whoever sends signals and the program."""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from alicred_emulator.environment import Changes
from alicred_emulator.launch.errors import LaunchError
from alicred_emulator.launch.keeping.kept import Kept
from alicred_emulator.launch.keeping.signals import ENDING, PASSED_ON, Mask, from_a_process
from alicred_emulator.launch.program import status_of

_TICK_SECONDS: Final = 1.0


class GivenUpError(LaunchError):
    """A signal came while there was no program yet."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{signal.strsignal(number)} before the program was started. Start it again.")
        self.status: int = status_of(-number)


@contextmanager
def held_back() -> Generator[Mask, None, None]:
    """Keep signals waiting for `pass_on`, in this thread and all that it starts.

    Yields:
        The signals that were blocked before.
    """
    # Some parents ignore it, and then no child could be waited for.
    before = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*PASSED_ON, signal.SIGCHLD})
    try:
        yield mask
    finally:
        # Those that nobody wants any more would end the process in the middle of its own end.
        while signal.sigtimedwait(PASSED_ON, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGCHLD, before or signal.SIG_DFL)


def launch(keeper: Kept, changes: Changes, tick: Callable[[], None]) -> int:
    """Have the program started, pass signals on to it until it has ended, and return its exit status.

    Args:
        keeper: Who starts and keeps it.
        changes: What its environment is to say.
        tick: Called every second.

    Raises:
        GivenUpError: A signal came before.
        NoProgramError: It cannot be executed.
    """
    received = signal.sigtimedwait(ENDING, 0)
    if received is not None:
        raise GivenUpError(received.si_signo)
    keeper.start(changes)
    while (status := keeper.ended()) is None:
        received = signal.sigtimedwait({*PASSED_ON, signal.SIGCHLD}, _TICK_SECONDS)
        if received is None:
            tick()
        elif received.si_signo in PASSED_ON and (from_a_process(received) or _hung_up(received)):
            keeper.signal(received.si_signo)
    return status


def _hung_up(received: signal.struct_siginfo) -> bool:
    """Tell whether the terminal is gone, which the kernel says to the session's leader alone."""
    return received.si_signo == signal.SIGHUP and os.getsid(0) == os.getpid()
