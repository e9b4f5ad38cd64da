"""The few calls of Linux that Python has no name for before 3.12, or at all.

The rule kept here: a call that the kernel refuses says which step it was, so that it can be explained.
"""

import ctypes
import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_NEW_MOUNTS: Final = 0x00020000
_NEW_USER: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000
_BIND: Final = 0x1000
_RECURSIVE: Final = 0x4000
_FOLLOWER: Final = 0x80000
_DEATH_SIGNAL: Final = 1
_CHILD_SUBREAPER: Final = 36

_OWN: Final = Path("/proc/self")

_libc = ctypes.CDLL(None, use_errno=True)


class KernelRefusalError(OSError):
    """The kernel refused a step.

    Attributes:
        step: What was to be done, such as ``unshare``.
    """

    def __init__(self, step: str, number: int) -> None:
        super().__init__(number, f"{step}: {os.strerror(number)}")
        self.step = step


def separate() -> None:
    """Give this process a network and a table of mounts of its own.

    Raises:
        KernelRefusalError: It must not, or there is no such thing here.
    """
    try:
        _call("unshare", _libc.unshare, _NEW_NETWORK | _NEW_MOUNTS)
    except KernelRefusalError as refusal:
        if refusal.errno != errno.EPERM:
            raise
        _separate_without_rights()
    # What the machine mounts later shows in here as well, but nothing the other way round.
    _mount("mount", None, "/", _RECURSIVE | _FOLLOWER)


def lay_over(source: str, place: str) -> None:
    """Show a file in the place of another one, in the mounts of this process.

    Raises:
        KernelRefusalError: It must not.
    """
    _mount(f"mount over {place}", source, place, _BIND)


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends, at once if that has happened."""
    _call("prctl", _libc.prctl, *map(ctypes.c_ulong, (_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Have this process inherit the children of its descendants."""
    _call("prctl", _libc.prctl, *map(ctypes.c_ulong, (_CHILD_SUBREAPER, 1, 0, 0, 0)))


def _separate_without_rights() -> None:
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _libc.unshare, _NEW_USER | _NEW_NETWORK | _NEW_MOUNTS)
    # Everybody stays who they are: without rights outside no other mapping is allowed (user_namespaces(7)).
    _write("setgroups", "deny")
    _write("uid_map", f"{uid} {uid} 1")
    _write("gid_map", f"{gid} {gid} 1")


def _write(name: str, text: str) -> None:
    try:
        (_OWN / name).write_text(text, encoding="ascii")
    except OSError as error:
        raise KernelRefusalError(name, error.errno or errno.EPERM) from error


def _mount(step: str, source: str | None, place: str, flags: int) -> None:
    given = None if source is None else os.fsencode(source)
    _call(step, _libc.mount, given, os.fsencode(place), None, ctypes.c_ulong(flags), None)


def _call(step: str, function: Callable[..., Any], *arguments: object) -> None:
    if function(*arguments) == -1:
        raise KernelRefusalError(step, ctypes.get_errno())
