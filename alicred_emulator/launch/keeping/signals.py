"""Which signals concern whom: those that are passed on, and who sent one."""

import signal
from typing import Final

PASSED_ON: Final = frozenset(
    {
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGWINCH,
    }
)
"""What is meant for the program when it is sent to the command."""

Mask = set[signal.Signals | int]
"""Signals that a process has blocked."""

ENDING: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
"""Those by which the command is given up while there is no program yet."""


def from_a_process(received: signal.struct_siginfo) -> bool:
    """Tell whether a process sent a signal; the kernel's own, such as Ctrl-C, go to a whole process group."""
    return received.si_code <= 0
