"""The process that starts the program and cleans up behind it.

The rules kept here: it does what it is told and decides nothing; it has one thread; it ends when the program
has ended or the command is gone, and never before everything that it keeps is over.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from alicred_emulator import environment, faketime
from alicred_emulator.environment import Changes
from alicred_emulator.forking import forked
from alicred_emulator.launch import folder, program
from alicred_emulator.launch.channel import Channel
from alicred_emulator.launch.keeping import orders
from alicred_emulator.launch.keeping.becoming import become
from alicred_emulator.launch.keeping.ear import listen
from alicred_emulator.launch.keeping.orphans import end_all, reaped
from alicred_emulator.launch.keeping.signals import PASSED_ON, Mask
from alicred_emulator.sandbox import entrance, kernel, network

_TICK_SECONDS: Final = 0.1
_GROUP_SIGNAL_SECONDS: Final = 0.02
_MANY: Final = 4096

Answer = tuple[dict[str, Any], Sequence[socket.socket]]


class Keeper:
    """What the process knows.

    Args:
        channel: The line to the command.
        command: The program and its arguments.
        group: The process group of the command.
        mask: The signals that the program is to have blocked.
    """

    def __init__(self, channel: Channel, command: Sequence[str], group: int, mask: Mask) -> None:
        self._channel = channel
        self._command = command
        self._group = group
        self._mask = mask
        self._at_the_end = contextlib.ExitStack()
        self._changes: Changes = {}
        self._program: int | None = None
        self._ear = (0, -1)
        self._heard: set[int] = set()
        self._orders: dict[str, Callable[[dict[str, Any]], Answer]] = {
            orders.FOLDER: self._make_folder,
            orders.ENTER: self._enter,
            orders.BIND: self._bind,
            orders.LAY_OVER: self._lay_over,
            orders.START: self._start,
        }

    def keep(self) -> int:
        """Do as told until the end; return the exit status of the program, as shells tell it."""
        os.setpgid(0, 0)
        with contextlib.suppress(kernel.KernelRefusalError):
            # Where there is no such thing, they go to the first process, as they always do.
            kernel.adopt_orphans()
        self._wake = _wake_up_for_children()
        ended = None
        try:
            ended = self._serve()
        finally:
            self._end_ear()
            end_all(self._wait_a_little, patiently=ended is not None)
            faketime.sweep(self._changes)
            self._at_the_end.close()
        return program.status_of(-signal.SIGKILL if ended is None else os.waitstatus_to_exitcode(ended))

    def _serve(self) -> int | None:
        """Return the wait status of the program, None if the command is gone before."""
        while True:
            waited: list[Channel | socket.socket | int] = [self._channel, self._wake]
            if self._ear[0]:
                waited.append(self._ear[1])
            ready, _, _ = select.select(waited, [], [], _TICK_SECONDS if self._heard else None)
            if not ready:
                # Nobody asks about them any more.
                self._heard.clear()
            if self._wake in ready:
                self._wake.recv(_MANY)
                ended = self._ended()
                if ended is not None:
                    return ended
            if self._ear[1] in ready:
                self._hear()
            if self._channel in ready and not self._obey():
                return None

    def _ended(self) -> int | None:
        try:
            return reaped().get(self._program or 0)
        except ChildProcessError:
            return None

    def _obey(self) -> bool:
        received = self._channel.receive()
        if received is None:
            return False
        order, _ = received
        if order["order"] == orders.SIGNAL:
            self._pass_on(order["number"])
            return True
        try:
            answer, sockets = self._orders[order["order"]](order)
        except OSError as error:
            answer, sockets = {orders.REFUSAL: error.strerror or str(error), "errno": error.errno}, ()
        try:
            self._channel.send(answer, sockets)
        except OSError:
            return False
        finally:
            for sock in sockets:
                sock.close()
        return True

    def _make_folder(self, _order: dict[str, Any]) -> Answer:
        made = folder.made("alicred-exec-")
        self._at_the_end.callback(shutil.rmtree, made, ignore_errors=True)
        return {"path": str(made)}, ()

    @staticmethod
    def _enter(order: dict[str, Any]) -> Answer:
        entrance.enter(order["addresses"])
        return {}, ()

    @staticmethod
    def _bind(order: dict[str, Any]) -> Answer:
        return {}, network.all_bound(network.Endpoint(*endpoint) for endpoint in order["endpoints"])

    @staticmethod
    def _lay_over(order: dict[str, Any]) -> Answer:
        for source, place in order["files"]:
            kernel.lay_over(source, place)
        return {}, ()

    def _start(self, order: dict[str, Any]) -> Answer:
        self._ear = listen(self._group, PASSED_ON)
        self._changes = order["changes"]
        failing, failed = os.pipe()
        self._program = forked(partial(self._be_the_program, os.getpid(), failed))
        os.close(failed)
        # It closes without a word when the program is executed.
        with open(failing, "rb") as pipe:  # noqa: PTH123 - it has no path
            number = pipe.read()
        return {"errno": int(number)} if number else {}, ()

    def _be_the_program(self, keeper: int, failed: int) -> int:
        try:
            os.setpgid(0, self._group)
            kernel.die_with(keeper)
            become(self._command, environment.inherited(self._changes), self._mask)
        except OSError as error:
            os.write(failed, str(error.errno).encode("ascii"))
        return program.NOT_EXECUTABLE

    def _pass_on(self, number: int) -> None:
        if self._program is None:
            return
        if number not in self._heard:
            self._hear_a_little()
        if number in self._heard:
            self._heard.discard(number)
        else:
            # Not reaped yet, so it is nobody else's number.
            os.kill(self._program, number)

    def _hear_a_little(self) -> None:
        if self._ear[0] and select.select([self._ear[1]], [], [], _GROUP_SIGNAL_SECONDS)[0]:
            self._hear()

    def _hear(self) -> None:
        heard = os.read(self._ear[1], _MANY)
        self._heard.update(heard)
        if not heard:
            # Somebody killed it. What it would have told is passed on, and its pipe would be ready for ever.
            os.close(self._ear[1])
            self._ear = (0, -1)

    def _end_ear(self) -> None:
        # With its group it may have been killed before, and then it was waited for.
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            if self._ear[0]:
                os.kill(self._ear[0], signal.SIGKILL)
                os.waitpid(self._ear[0], 0)

    def _wait_a_little(self) -> None:
        if select.select([self._wake], [], [], _TICK_SECONDS)[0]:
            self._wake.recv(_MANY)


def _wake_up_for_children() -> socket.socket:
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    return woken
