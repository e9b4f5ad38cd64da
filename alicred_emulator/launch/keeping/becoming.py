"""How a process becomes the program."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import Final

from alicred_emulator.launch.keeping.signals import Mask

# Python ignores these, and what is ignored would stay so in the program.
_IGNORED_BY_PYTHON: Final = ("SIGPIPE", "SIGXFSZ")


def become(command: Sequence[str], environment: Mapping[str, str], mask: Mask) -> None:
    """Turn this process into the program.

    Args:
        command: The program and its arguments.
        environment: All of its variables.
        mask: The signals that it has blocked.

    Raises:
        OSError: It cannot be executed.
    """
    for name in _IGNORED_BY_PYTHON:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.execvpe(command[0], list(command), environment)  # noqa: S606 - what the user asked for, without a shell
