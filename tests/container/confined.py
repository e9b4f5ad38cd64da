"""Runs a command as a container would: all files read-only but in one folder, as an ordinary user, for good.

The folder is empty and in memory. Whoever is not root stays who they are, in a user namespace of their own.
"""

import ctypes
import os
import runpy
import struct
import sys
from pathlib import Path

USER = 65532
CLONE_NEWUSER = 0x10000000
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1
MS_REMOUNT = 0x20
PR_SET_NO_NEW_PRIVS = 38

ordinary = runpy.run_path(str(Path(__file__).parents[1] / "command" / "as_ordinary_user.py"))
done, mount, libc = ordinary["done"], ordinary["mount"], ordinary["libc"]


def separate():
    """Leave the machine's table of mounts alone."""
    uid, gid, flags = os.geteuid(), os.getegid(), ordinary["CLONE_NEWNS"]
    done(libc.unshare(flags if uid == 0 else flags | CLONE_NEWUSER))
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    mount("none", "/", None, ordinary["MS_REC"] | ordinary["MS_PRIVATE"])


def make_read_only(but):
    """Let nothing be written any more, but in one folder below a directory that holds nothing needed."""
    attributes = struct.pack("QQQQ", READ_ONLY, 0, 0, 0)
    done(libc.syscall(MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, attributes, len(attributes)))
    mount("none", but.parent, b"tmpfs", 0, b"mode=755")
    but.mkdir()
    mount("none", but, b"tmpfs", 0, b"mode=1777")
    mount("none", but.parent, None, ordinary["MS_BIND"] | MS_REMOUNT | READ_ONLY)


def give_up_rights():
    """Become the ordinary user that nothing makes more of."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
    done(libc.prctl(PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))))


def main():
    """Confine this process, and become the command."""
    separate()
    if os.geteuid() == 0:
        for needed in (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2]):
            ordinary["open_the_way"](needed.resolve())
    make_read_only(but=Path(sys.argv[1]))
    give_up_rights()
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
