"""A running emulator, driven from another process with the names that `alicred_emulator.Emulator` has.

Whatever is read or done is asked of that process at once.

Raises:
    EmulatorUnreachableError: By all of it, if no emulator answers.
    ValueError: As the same mistake raises it in one process; the control API has refused what was said.
    LookupError: If what is asked of is gone.
"""

from alicred_emulator.remote.emulator import RemoteEmulator
from alicred_emulator.remote.wire import EmulatorUnreachableError

__all__ = ["EmulatorUnreachableError", "RemoteEmulator"]
