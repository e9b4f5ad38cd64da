"""The process in which stories are read by Alibaba's SDK for Python: lines of JSON in and out.

It imports the SDK once, as it is installed, and lives through each story in a child, whose connections reach
the fakes, which trusts them, and whose clock is the story's. The rule kept here: what the SDK starts and
never ends, ends with the child.
"""

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from alicred_emulator import environment, sdk_state
from alicred_emulator.forking import forked
from alicred_emulator.freeze import frozen_process
from alicred_emulator.redirect import redirected
from alicred_emulator.subjects import sdk_client
from alicred_emulator.subjects.sdk_readers import Readers, Told, stuck
from alicred_emulator.trust import trusting

_STANDARD_OUTPUT: Final = 1
_STANDARD_ERROR: Final = 2
_PIPE_HOLDS: Final = 65536

LAST_LINE: Final = "{}"
"""What ends a story."""


class _Story:
    def __init__(self, order: Mapping[str, Any]) -> None:
        self._now = float(order["time"])
        environment.become(order["environment"])
        sdk_state.refresh()
        self._stack = ExitStack()
        ports = {(service, port): fake for service, port, fake in order["ports"]}
        self._stack.enter_context(redirected(ports))
        self._stack.enter_context(trusting(Path(order["bundle"]), order["certificate"]))
        self._stack.enter_context(frozen_process(self.now))
        self._readers = _readers(order["client"], asynchronous=order["asynchronous"])

    def now(self) -> float:
        """Return the time that this process shows."""
        return self._now

    def answers(self, order: Mapping[str, Any]) -> Iterable[object]:
        """Do what a line says, at the time that it says."""
        self._now = float(order["time"])
        bound = float(order["bound"])
        if order["do"] == "read":
            return self._readers.read(order["readers"], bound)
        if order["do"] == "fork":
            return [self._read_in_fork(bound)]
        if order["do"] == "begin":
            self._readers.begin()
        else:
            self._readers.cancel(bound)
        return [None]

    def _read_in_fork(self, bound: float) -> Told:
        if sys.platform == "win32":
            raise NotImplementedError("there is no fork, and no story is told that needs one")
        result, answer = os.pipe()
        child = forked(partial(self._tell_what_is_read, answer))
        os.close(answer)
        ready, _, _ = select.select([result], [], [], bound)
        told: Told = json.loads(os.read(result, _PIPE_HOLDS)) if ready else stuck(bound)
        os.close(result)
        if not ready:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return told

    def _tell_what_is_read(self, answer: int) -> int:
        os.write(answer, json.dumps(self._readers.read_here()).encode())
        return 0


def _readers(parameters: Mapping[str, Any], *, asynchronous: bool) -> Readers:
    try:
        client = sdk_client.build(parameters)
    except sdk_client.NoSuchParameterError:
        raise
    except Exception as error:  # noqa: BLE001 - a client that cannot be built is one that cannot be read
        return _failing(error, asynchronous=asynchronous)
    return Readers(client.get_credential, client.get_credential_async if asynchronous else None)


def _failing(error: Exception, *, asynchronous: bool) -> Readers:
    def get() -> None:
        raise error

    async def get_async() -> None:
        raise error

    return Readers(get, get_async if asynchronous else None)


def _own_output() -> IO[str]:
    # Whatever else is printed in this process must not be taken for an answer.
    own = os.fdopen(os.dup(_STANDARD_OUTPUT), "w", encoding="utf-8")
    os.dup2(_STANDARD_ERROR, _STANDARD_OUTPUT)
    return own


def _learn(line: str) -> None:
    """Do once what takes a process long the first time: its children inherit what was loaded and found."""
    order = json.loads(line)
    with trusting(Path(order["bundle"]), order["certificate"]), frozen_process(lambda: float(order["time"])):
        pass


def _live(line: str, say: Callable[[object], None]) -> int:
    """Live through one story, from its first line to its last; return the exit status of who has done so."""
    story = None
    try:
        story = _Story(json.loads(line))
    except sdk_client.NoSuchParameterError as error:
        say({"unsupported": str(error)})
    else:
        say({"ready": True})
    while (line := sys.stdin.readline().strip()) not in {"", LAST_LINE}:
        for answer in story.answers(json.loads(line)) if story else ():
            say(answer)
    say({"ended": True})
    return 0


def main() -> None:
    """Have a child live through each story that standard input tells."""
    output = _own_output()

    def say(answer: object) -> None:
        output.write(f"{json.dumps(answer)}\n")
        output.flush()

    sdk_client.import_sdk()
    # Line by line: nothing that is meant for a child may be read ahead.
    for number, line in enumerate(iter(sys.stdin.readline, "")):
        if sys.platform == "win32":
            # Without children it is good for one story.
            _live(line, say)
            return
        if number == 0:
            _learn(line)
        # Nobody waits for its threads, which may be stuck.
        child = forked(partial(_live, line, say))
        _, status = os.waitpid(child, 0)
        if status:
            say({"died": status})


if __name__ == "__main__":
    main()
