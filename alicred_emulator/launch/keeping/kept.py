"""The command's side of the keeper: it is forked, told what to do, and waited for."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from alicred_emulator.environment import Changes
from alicred_emulator.forking import forked
from alicred_emulator.launch.channel import Channel
from alicred_emulator.launch.errors import ImpossibleError, LaunchError
from alicred_emulator.launch.keeping import orders
from alicred_emulator.launch.keeping.keeper import Keeper
from alicred_emulator.launch.keeping.signals import Mask
from alicred_emulator.launch.program import NoProgramError, status_of
from alicred_emulator.sandbox.network import Endpoint


class RefusedError(LaunchError):
    """The keeper could not do as it was told.

    Attributes:
        number: The number of the error, if there is one.
    """

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.number: Final = number


class Kept:
    """A keeper at work. It ends with the context, and with it everything that it keeps.

    What this process writes to temporary files meanwhile goes to the keeper's folder.

    Args:
        command: The program that it is to start, and its arguments.
        mask: The signals that the program is to have blocked.

    Attributes:
        pid: Its process id.
        folder: Its folder.
    """

    def __init__(self, command: Sequence[str], mask: Mask) -> None:
        self._command = command
        self._mask = mask
        self._status: int | None = None

    def __enter__(self) -> "Kept":
        self._channel, other = Channel.pair()
        self.pid: int = forked(partial(self._keep, Keeper(other, self._command, os.getpgrp(), self._mask)))
        other.close()
        try:
            self.folder: Path = Path(self._tell(orders.FOLDER)[0]["path"])
        except RefusedError:
            self._dismiss()
            raise
        self._before, tempfile.tempdir = tempfile.tempdir, str(self.folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dismiss()
        tempfile.tempdir = self._before
        # It was killed, perhaps.
        shutil.rmtree(self.folder, ignore_errors=True)

    def enter(self, addresses: Sequence[str]) -> None:
        """Have the program start in a sandbox.

        Args:
            addresses: What addresses loopback has there.

        Raises:
            RefusedError: The kernel will not.
        """
        self._tell(orders.ENTER, addresses=addresses)

    def bind(self, endpoints: Sequence[Endpoint]) -> list[socket.socket]:
        """Return sockets that are bound inside; none for an IPv6 address where there is no IPv6.

        Raises:
            RefusedError: One cannot be.
        """
        return self._tell(orders.BIND, endpoints=endpoints)[1]

    def lay_over(self, files: Iterable[tuple[Path, Path]]) -> None:
        """Show files in other places inside.

        Raises:
            RefusedError: The kernel will not.
        """
        self._tell(orders.LAY_OVER, files=[(str(source), str(place)) for source, place in files])

    def start(self, changes: Changes) -> None:
        """Start the program.

        Args:
            changes: What its environment is to say.

        Raises:
            NoProgramError: It cannot be executed.
        """
        answer, _ = self._tell(orders.START, changes=changes)
        if "errno" in answer:
            raise NoProgramError(answer["errno"], self._command[0])

    def signal(self, number: int) -> None:
        """Pass a signal on to the program, if it has not ended meanwhile."""
        with contextlib.suppress(BrokenPipeError):
            self._channel.send({"order": orders.SIGNAL, "number": number})

    def ended(self) -> int | None:
        """Return the exit status of the program once everything is over, None before."""
        child, status = os.waitpid(self.pid, os.WNOHANG)
        if child:
            # By a signal only if somebody killed it; the program died with it.
            self._status = status_of(os.waitstatus_to_exitcode(status))
        return self._status

    def _keep(self, keeper: Keeper) -> int:
        self._channel.close()
        return keeper.keep()

    def _dismiss(self) -> None:
        self._channel.close()
        if self._status is None:
            os.waitpid(self.pid, 0)

    def _tell(self, order: str, **details: Any) -> tuple[dict[str, Any], list[socket.socket]]:
        try:
            self._channel.send({"order": order, **details})
            received = self._channel.receive()
        except BrokenPipeError:
            received = None
        except OSError as error:
            raise ImpossibleError(f"sockets cannot be taken over: {error.strerror}; see ulimit -n") from error
        if received is None:
            raise RefusedError("the process that keeps the program was killed")
        answer, sockets = received
        if orders.REFUSAL in answer:
            raise RefusedError(answer[orders.REFUSAL], answer["errno"])
        return answer, sockets
