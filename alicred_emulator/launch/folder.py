"""A folder for the temporary files of this process, which ends with it, however that ends.

A process beside this one waits for its end, and removes the folder. Where a process cannot be split in two, a
kill leaves it.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

from alicred_emulator.file_modes import FOR_ALL_TO_PASS
from alicred_emulator.forking import forked
from alicred_emulator.launch.errors import LaunchError


class NoFolderError(LaunchError, OSError):
    """Temporary files cannot be written. It is an `OSError` too, of which a keeper tells the command."""


def made(prefix: str) -> Path:
    """Make a folder for temporary files.

    Args:
        prefix: What its name begins with.

    Raises:
        NoFolderError: It cannot be made.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
    except OSError as error:
        reason = f"temporary files cannot be written: {error.strerror}"
        raise NoFolderError(f"{reason}; name a directory that can be written by TMPDIR") from error
    # Whoever meets the fakes has to read whom to trust.
    folder.chmod(FOR_ALL_TO_PASS)
    return folder


@contextmanager
def own_folder(prefix: str) -> Generator[Path, None, None]:
    """Keep what this process, which has one thread, writes to temporary files in a folder.

    Args:
        prefix: What its name begins with.

    Yields:
        The folder, which ends with the context.

    Raises:
        NoFolderError: It cannot be made.
    """
    folder, before = made(prefix), tempfile.tempdir
    try:
        with _removed_after_a_kill(folder):
            tempfile.tempdir = str(folder)
            yield folder
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def folder_of_a_command(prefix: str, *, ends_process: bool) -> AbstractContextManager[object]:
    """Keep in a folder what a command writes to temporary files, if the process is its own.

    Args:
        prefix: What its name begins with.
        ends_process: Whether the process ends with the command; in another one, files stay where its are.

    Returns:
        What `own_folder` returns, or a context that does nothing.
    """
    return own_folder(prefix) if ends_process else nullcontext()


@contextmanager
def _removed_after_a_kill(folder: Path) -> Generator[None, None, None]:
    if not hasattr(os, "fork"):
        yield
        return
    end, ours = os.pipe()
    beside = forked(partial(_remove_at_the_end, folder, end, ours))
    os.close(end)
    try:
        yield
    finally:
        os.close(ours)
        # Whoever started this process may have it ignore the ends of its children.
        with suppress(ChildProcessError):
            os.waitpid(beside, 0)


def _remove_at_the_end(folder: Path, end: int, ours: int) -> int:
    os.close(ours)
    # Not of the group, which may be killed as a whole.
    os.setpgid(0, 0)
    os.read(end, 1)
    shutil.rmtree(folder, ignore_errors=True)
    return 0
