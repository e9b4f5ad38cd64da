"""Whether the ports are free that `serve` listens on unless it is told otherwise, and who has them."""

import contextlib
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from alicred_emulator.doctor.findings import MISSING, OK, Finding

_LOOPBACK: Final = "127.0.0.1"
_PROC: Final = Path("/proc")
_TABLES: Final = ("net/tcp", "net/tcp6")
_LISTENING: Final = "0A"
_ADDRESS, _STATE, _INODE = 1, 3, 9
_SOMEBODY: Final = "a process that is not shown to this user"


def loopback(is_free: Callable[[int], bool] | None = None) -> Finding:
    """See whether anything can listen on loopback."""
    if (is_free or _is_free)(0):
        return Finding(OK, _LOOPBACK)
    return Finding(MISSING, f"nothing can listen on {_LOOPBACK}", "bring the interface lo up")


def ports(
    wanted: Collection[int],
    is_free: Callable[[int], bool] | None = None,
    holders: Callable[[Collection[int]], Mapping[int, str]] | None = None,
) -> Finding:
    """See whether ports are free.

    Args:
        wanted: The ports.
        is_free: Whether one can be bound.
        holders: Who has those that cannot, as far as can be told.
    """
    span = f"{min(wanted)} to {max(wanted)}"
    taken = [port for port in wanted if not (is_free or _is_free)(port)]
    if not taken:
        return Finding(OK, span)
    known = (holders or holders_of)(taken)
    told = ", ".join(f"{port} by {known.get(port, _SOMEBODY)}" for port in taken)
    return Finding(MISSING, f"taken: {told}", "serve --port-base takes others, and 0 any that are free")


def holders_of(taken: Collection[int], proc: Path = _PROC) -> dict[int, str]:
    """Say who listens on ports, as far as Linux shows it.

    Args:
        taken: The ports.
        proc: Where the kernel shows its processes.
    """
    sockets = {inode: port for inode, port in _listening(proc) if port in taken}
    return {
        sockets[inode]: f"{_name(process)} (process {process.name})"
        for process in proc.glob("[0-9]*")
        for inode in _sockets(process)
        if inode in sockets
    }


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((_LOOPBACK, port))
        except OSError:
            return False
        return True


def _listening(proc: Path) -> Iterator[tuple[str, int]]:
    for table in _TABLES:
        with contextlib.suppress(OSError):
            for line in (proc / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[_STATE] == _LISTENING:
                    yield fields[_INODE], int(fields[_ADDRESS].rpartition(":")[2], 16)


def _sockets(process: Path) -> Iterator[str]:
    # It may have ended meanwhile, or be another user's.
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(descriptor.readlink())
                if target.startswith("socket:["):
                    yield target.removeprefix("socket:[").removesuffix("]")


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "somebody"
