"""A folder for the temporary files of this process, which ends with it, however that ends.

A process beside this one waits for its end, and removes the folder. Where a process cannot be split in two, a
kill leaves it.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from alicred_emulator.forking import forked

FOR_ALL_TO_PASS: Final = 0o711


@contextmanager
def own_folder(prefix: str) -> Generator[Path, None, None]:
    """Keep what this process, which has one thread, writes to temporary files in a folder.

    Args:
        prefix: What its name begins with.

    Yields:
        The folder, which ends with the context.
    """
    before = tempfile.tempdir
    with (
        tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name,
        _removed_after_a_kill(name),
    ):
        # Whoever meets the fakes may be another user, and has to read whom to trust.
        Path(name).chmod(FOR_ALL_TO_PASS)
        tempfile.tempdir = name
        try:
            yield Path(name)
        finally:
            tempfile.tempdir = before


@contextmanager
def _removed_after_a_kill(name: str) -> Generator[None, None, None]:
    if not hasattr(os, "fork"):
        yield
        return
    end, ours = os.pipe()
    beside = forked(partial(_remove_at_the_end, name, end, ours))
    os.close(end)
    try:
        yield
    finally:
        os.close(ours)
        # Whoever started this process may have it ignore the ends of its children.
        with suppress(ChildProcessError):
            os.waitpid(beside, 0)


def _remove_at_the_end(name: str, end: int, ours: int) -> int:
    os.close(ours)
    # Not of the group, which may be killed as a whole.
    os.setpgid(0, 0)
    os.read(end, 1)
    shutil.rmtree(name, ignore_errors=True)
    return 0
