"""A running emulator, driven from another process with the names that `alicred_emulator.Emulator` has."""

from alicred_emulator.remote.emulator import RemoteEmulator
from alicred_emulator.remote.wire import EmulatorUnreachableError

__all__ = ["EmulatorUnreachableError", "RemoteEmulator"]
