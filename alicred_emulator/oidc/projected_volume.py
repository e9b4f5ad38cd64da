"""A directory with one file in it, laid out and rewritten as the kubelet does it.

The file is a link to ``..data/<name>``, and ``..data`` a link to a directory named after the time of its
writing. What is new is written beside the old, and becomes visible by one rename: whoever opens the file at
any moment gets the old content or the new one, whole. In one thing it is kinder than the kubelet: what was
replaced is removed at the next writing only, so that it is still there for whoever had followed the links
and not opened the file yet.

On Windows, where a link to a directory cannot be replaced by a rename, and where making one takes a
privilege, the file itself is replaced instead, as atomically.
"""

import os
import shutil
import tempfile
import weakref
from datetime import datetime
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o644
"""That of the documented ``defaultMode: 420``."""

_DIRECTORY_MODE: Final = 0o755
_DATA: Final = "..data"
_NEXT_DATA: Final = "..data_tmp"
_TIMESTAMP: Final = "..%Y_%m_%d_%H_%M_%S."
_CAN_LINK: Final = os.name != "nt"


class ProjectedVolume:
    """The volume; its directory lives until `remove`, or until the process that made it ends.

    Args:
        name: The name of the file.
        with_links: Whether it is laid out with links.
    """

    def __init__(self, name: str, *, with_links: bool = _CAN_LINK) -> None:
        self._directory: Final = Path(tempfile.mkdtemp(prefix="alicred-volume-"))
        self._directory.chmod(_DIRECTORY_MODE)
        self._maker: Final = os.getpid()
        self._with_links = with_links
        self.path: Final = self._directory / name
        self._replaced: Path | None = None
        self._removal = weakref.finalize(self, _remove, self._directory, self._maker)

    @property
    def is_ours(self) -> bool:
        """Whether this process made it; after a fork it remains the parent's."""
        return os.getpid() == self._maker

    def write(self, content: bytes, now: datetime) -> None:
        """Put a content in place of the one before.

        Args:
            content: The bytes of the file.
            now: When that is, which names the directory inside.
        """
        fresh = Path(tempfile.mkdtemp(prefix=now.strftime(_TIMESTAMP), dir=self._directory))
        fresh.chmod(_DIRECTORY_MODE)
        file = fresh / self.path.name
        file.write_bytes(content)
        file.chmod(FILE_MODE)
        if self._with_links:
            self._link(fresh)
        else:
            file.replace(self.path)
            fresh.rmdir()

    def remove(self) -> None:
        """Remove the directory, unless another process made it."""
        self._removal()

    def _link(self, fresh: Path) -> None:
        data = self._directory / _DATA
        former = data.resolve() if data.is_symlink() else None
        upcoming = self._directory / _NEXT_DATA
        upcoming.symlink_to(fresh.name)
        upcoming.replace(data)
        if former is None:
            self.path.symlink_to(f"{_DATA}/{self.path.name}")
        if self._replaced is not None:
            shutil.rmtree(self._replaced)
        self._replaced = former


def _remove(directory: Path, maker: int) -> None:
    # A forked child inherits the end of the volume as well, and must leave it to its parent.
    if os.getpid() == maker:
        shutil.rmtree(directory, ignore_errors=True)
