"""libfaketime: where it is, what it gets wrong, and what its processes have in common.

The rule kept here: what its processes share is made before the first of them starts and is known by name, so
that nothing of it stays behind, however they end.
"""

import ctypes
import os
import struct
import sys
import sysconfig
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from alicred_emulator.clock import machine_microseconds, monotonic_seconds

PREFIX: Final = "alicred-clock-"
"""What names of ours begin with."""

HINT: Final = "install libfaketime (Debian, Ubuntu: apt-get install libfaketime)"

_NAME: Final = "libfaketimeMT.so.1"
_FOLDERS: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib")

_MISTAKEN: Final = (
    b"clock_nanosleep",
    b"pthread_cond_timedwait",
    b"timer_gettime",
    b"timer_settime",
    b"timerfd_gettime",
    b"timerfd_settime",
)
_TIMED_LOCK: Final = b"\0sem_clockwait\0"

_SHARED: Final = "FAKETIME_SHARED"
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where POSIX shared memory is, not a place for our files
_FOR_EVERYBODY: Final = 0o666
_ONE: Final = 1
_MICROSECONDS: Final = 1_000_000
# Two counters, then seconds and nanoseconds of its four clocks at the start: wall time and three kinds of
# monotonic time, of which only distances matter.
_LAYOUT: Final = struct.Struct("=QQ8q")


class FaketimeMissingError(RuntimeError):
    """libfaketime is not on this machine."""


class Start(NamedTuple):
    """When time began for processes.

    Attributes:
        machine: That moment, as `machine_microseconds`.
        variables: The variables that tell them.
    """

    machine: int
    variables: Mapping[str, str]


def find_library() -> Path | None:
    """Return where libfaketime is on this machine, None if it is not there or the system knows none."""
    if not sys.platform.startswith("linux"):
        return None
    own = sysconfig.get_config_var("MULTIARCH") or "."
    places = [Path(folder, inner, "faketime", _NAME) for folder in _FOLDERS for inner in (own, ".")]
    return next((place for place in places if place.is_file()), None)


def keeps_timed_locks(library: Path) -> bool:
    """Tell whether waits for a lock, as CPython's, follow where monotonic time does: from 0.9.11 on."""
    return _TIMED_LOCK in library.read_bytes()


def for_real_waits(library: Path, folder: Path) -> Path:
    """Return a libfaketime for programs whose monotonic time stays the machine's.

    Up to 0.9.10 it takes the monotonic end of a wait for faked time even then: `time.sleep` of CPython 3.11
    and newer fails, and the waits of a Java machine are over at once. A copy that has not got these functions
    leaves them to the C library. What is lost are waits for a moment of wall time: they end by the machine's.

    Args:
        library: The library.
        folder: Where a copy is put.

    Returns:
        The copy; the library itself where nothing in the folder can be executed.
    """
    if sys.platform == "linux" and os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return library
    copy = folder / _NAME
    content = library.read_bytes()
    for name in _MISTAKEN:
        # As long as before, since everything in it has its place, and other names may be ends of this one.
        content = content.replace(b"\0%b\0" % name, b"\0%b%b\0" % (name[:1].upper(), name[1:]))
    copy.write_bytes(content)
    return copy


@contextmanager
def started(name: str) -> Generator[Start, None, None]:
    """Have time begin for processes that are told of it, and for all that they start.

    Args:
        name: A name that begins with `PREFIX` and that nobody else on this machine has.

    Raises:
        OSError: If this machine has no shared memory.
    """
    variables = {_SHARED: f"/{name} /{name}"}
    try:
        _make_semaphore(name)
        yield Start(_make_memory(name), variables)
    finally:
        sweep(variables)


def sweep(variables: Mapping[str, str | None]) -> None:
    """Remove what processes shared, once the last of them has ended.

    Args:
        variables: What the first of them was started with; nothing happens if it was not told of a start.
    """
    for name in (variables.get(_SHARED) or "").split()[:1]:
        if name.startswith(f"/{PREFIX}"):
            for kept in (name[1:], f"sem.{name[1:]}"):
                (_SHARED_MEMORY / kept).unlink(missing_ok=True)


def _make_semaphore(name: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.sem_open.restype = ctypes.c_void_p
    made = library.sem_open(f"/{name}".encode(), os.O_CREAT | os.O_EXCL, _FOR_EVERYBODY, _ONE)
    if not made:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(_SHARED_MEMORY))
    library.sem_close(ctypes.c_void_p(made))
    # A program that becomes another user shares it as well.
    (_SHARED_MEMORY / f"sem.{name}").chmod(_FOR_EVERYBODY)


def _make_memory(name: str) -> int:
    place = _SHARED_MEMORY / name
    machine, monotonic = machine_microseconds(), int(monotonic_seconds() * _MICROSECONDS)
    wall, waited = (
        (moment // _MICROSECONDS, moment % _MICROSECONDS * 1000) for moment in (machine, monotonic)
    )
    place.write_bytes(_LAYOUT.pack(0, 0, *wall, *waited, *waited, *waited))
    place.chmod(_FOR_EVERYBODY)
    return machine
