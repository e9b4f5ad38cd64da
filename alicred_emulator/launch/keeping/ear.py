"""A process that does nothing but notice which signals its process group is sent.

A signal that was sent to the command alone has to be passed on to the program; one that was sent to their
whole group must not: the program has got it already, and many take a second one for impatience. The signal
itself does not tell which it was. But a silent member of the group gets only those of the second kind.
"""

import os
import signal
from collections.abc import Collection
from contextlib import suppress
from functools import partial

from alicred_emulator.forking import forked
from alicred_emulator.launch.keeping.signals import from_a_process
from alicred_emulator.sandbox.kernel import die_with


def listen(group: int, numbers: Collection[int]) -> tuple[int, int]:
    """Start the process.

    Args:
        group: The process group to join.
        numbers: The signals to notice, which the caller has blocked.

    Returns:
        Its id, and the end of a pipe from which the numbers of the signals come, a byte each.
    """
    hearing, telling = os.pipe()
    child = forked(partial(_hear, os.getpid(), group, numbers, telling))
    os.close(telling)
    return child, hearing


def _hear(parent: int, group: int, numbers: Collection[int], telling: int) -> int:
    # The group may be gone by now, and then there is nothing to hear.
    with suppress(OSError):
        os.setpgid(0, group)
        die_with(parent)
        while True:
            heard = signal.sigwaitinfo(numbers)
            if from_a_process(heard):
                os.write(telling, bytes([heard.si_signo]))
    return 1
