"""Runs a command as an ordinary user, where only root can read the Python that runs the tests.

In mounts of its own, each directory above that Python which is root's alone is replaced by an empty one that
everybody may pass, in which the next one is shown as before. Then root's rights are given up for good.
"""

import ctypes
import os
import sys
from pathlib import Path

NOBODY = 65534
MS_BIND, MS_REC, MS_PRIVATE, CLONE_NEWNS = 0x1000, 0x4000, 0x40000, 0x20000
OTHERS_MAY_PASS = 0o001

libc = ctypes.CDLL(None, use_errno=True)


def done(result):
    """Raise what a call of the C library reports."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind, flags, data=None):
    """Mount something, as the system call does."""
    done(libc.mount(os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), data))


def open_the_way(path):
    """Let everybody pass to a path."""
    for parent in reversed(path.parents):
        if parent.stat().st_mode & OTHERS_MAY_PASS:
            continue
        child = parent / path.relative_to(parent).parts[0]
        kept = os.open(child, os.O_PATH)
        mount("none", parent, b"tmpfs", 0, b"mode=755")
        child.mkdir()
        mount(f"/proc/self/fd/{kept}", child, None, MS_BIND | MS_REC)
        os.close(kept)


def main():
    """Become the user, and then the command."""
    done(libc.unshare(CLONE_NEWNS))
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for needed in (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2]):
        open_the_way(needed.resolve())
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
