"""What this process holds of the machine: threads, sockets, memory."""

import ctypes
import gc
import os
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")
_MEMORY = Path("/proc/self/statm")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Threads, sockets and resident memory; None where this platform does not tell.

    Attributes:
        threads: How many threads run.
        sockets: How many sockets are open.
        blocks: How many blocks of memory Python's objects take.
        rss_bytes: How much memory is resident.
    """

    threads: int = 0
    sockets: int | None = None
    blocks: int = 0
    rss_bytes: int | None = None

    def __str__(self) -> str:
        sockets = "?" if self.sockets is None else self.sockets
        memory = "?" if self.rss_bytes is None else f"{self.rss_bytes / 2**20:.1f} MiB"
        return f"{self.threads} threads, {sockets} sockets, {self.blocks:,} blocks, {memory}"

    @classmethod
    def of_this_process(cls) -> "Resources":
        """Count, once all that nobody needs is given back."""
        gc.collect()
        with suppress(OSError, AttributeError):
            # What was freed and is kept for later is no growth.
            ctypes.CDLL(None).malloc_trim(0)
        return cls(
            threads=threading.active_count(),
            sockets=_sockets(),
            blocks=sys.getallocatedblocks(),
            rss_bytes=_resident(),
        )


def _sockets() -> int | None:
    if not _DESCRIPTORS.is_dir():
        return None
    found = 0
    for descriptor in _DESCRIPTORS.iterdir():
        # The one that lists them is closed by now.
        with suppress(OSError):
            found += descriptor.readlink().name.startswith("socket:")
    return found


def _resident() -> int | None:
    if not _MEMORY.is_file():
        return None
    return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
