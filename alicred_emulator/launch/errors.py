"""Why a program was not run, or not to its end."""

from typing import Final

_MISUSE: Final = 2


class LaunchError(Exception):
    """The command could not do what it was asked; the message says why, and what to do.

    Attributes:
        status: The exit status that says so.
    """

    status: int = _MISUSE


class AttachError(LaunchError):
    """There is no emulator to attach to, or it cannot do what is asked."""


class ImpossibleError(LaunchError):
    """An isolation does not work on this machine."""
