"""The program to be: whether there is one, before anything is started for it."""

import errno
import os
import shutil
from pathlib import Path
from typing import Final

from alicred_emulator.launch.errors import LaunchError
from alicred_emulator.presence import is_there

NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
_BY_SIGNAL: Final = 128


class NoProgramError(LaunchError):
    """There is no such program, or it cannot be executed.

    Attributes:
        status: The exit status by which shells say so.
    """

    def __init__(self, number: int | None, name: str) -> None:
        found = number is not None
        why = f"cannot be executed: {os.strerror(number)}" if number is not None else "was not found"
        super().__init__(f"{name} {why}. Check its name, PATH and its permissions.")
        self.status = NOT_EXECUTABLE if found else NOT_FOUND


def status_of(code: int) -> int:
    """Return the exit status by which shells say how a process ended.

    Args:
        code: Its exit code; negative, the signal that ended it.
    """
    return code if code >= 0 else _BY_SIGNAL - code


def check(name: str, search_path: str | None) -> None:
    """See whether there is a program.

    Args:
        name: Its name or path.
        search_path: What `PATH` will say.

    Raises:
        NoProgramError: There is none.
    """
    if shutil.which(name, path=search_path) is not None:
        return
    folders = [""] if os.sep in name else (search_path or os.defpath).split(os.pathsep)
    found = any(is_there(Path(folder, name)) for folder in folders)
    raise NoProgramError(errno.EACCES if found else None, name)
