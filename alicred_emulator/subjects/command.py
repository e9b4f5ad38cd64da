"""Any program as a client of the fakes: it answers each line ``get`` with one line of JSON.

That is all an SDK of another language needs to be told the stories; `docs/conformance.md` describes the
lines. The rule kept here: each story has a process of its own, whose clock is the story's where libfaketime
is installed; where it is not, stories that move the clock are left out.
"""
# ruff: noqa: ARG002 - what a program cannot be told it refuses, whatever the arguments

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Final, NoReturn, cast

from alicred_emulator import environment
from alicred_emulator.child_clock import child_clock
from alicred_emulator.clock import monotonic_seconds
from alicred_emulator.faketime import HINT, find_library
from alicred_emulator.scenarios.subject import (
    ABILITIES,
    BUG,
    HUNG,
    KINDS,
    PARTS,
    UNSAID,
    Failure,
    Seen,
    Setting,
    Unsupported,
)
from alicred_emulator.subjects.program import EndedError, Program, StuckError

CLIENT_VARIABLE: Final = "ALICRED_CONFORMANCE_CLIENT"
"""The variable that holds the client's configuration as JSON."""

_LACKS: Final = {
    "threads": "a program behind a command is asked by one reader at a time",
    "fork": "a program behind a command cannot be told to fork",
    "cancel": "a program behind a command cannot be told to cancel a read",
    "invalidate": "a program behind a command cannot be told that a credential was refused",
}
_CLOCK_STANDS: Final = f"its clock cannot be moved here: {HINT}"

_REQUEST: Final = "get"


class CommandSubject:
    """A program behind a command line.

    Args:
        line: The command line, split as a shell would; no shell runs it.

    Attributes:
        name: How it is called.
        program: The program, as the line names it.
        abilities: What stories may ask of it: to be on their clock, where that can be.
        lacks: Why they may not ask the rest.

    Raises:
        ValueError: If it names no program of this machine.
    """

    def __init__(self, line: str) -> None:
        self.name: Final = "command"
        program, *arguments = _split(line)
        self.program: Final = program
        self._command = [_found(program), *arguments]
        self.lacks: Final = _LACKS if find_library() else {**_LACKS, "clock": _CLOCK_STANDS}
        self.abilities: Final = frozenset(ABILITIES) - self.lacks.keys()

    @contextmanager
    def open(self, setting: Setting) -> Generator["_Opened", None, None]:
        """Start the program of a story."""
        bundle = str(setting.emulator.ca_bundle)
        configuration = {CLIENT_VARIABLE: json.dumps(dict(setting.client))}
        variables = environment.of_child({**setting.variables, **configuration}, setting.home, bundle)
        led = child_clock(setting.emulator.clock) if "clock" in self.abilities else nullcontext()
        with led as clock, ExitStack() as ended:
            on_clock = {} if clock is None else clock.variables(variables)
            program = Program(self._command, {**variables, **on_clock})
            ended.callback(program.close)
            yield _Opened(program, setting.timeout_seconds)


class _Opened:
    def __init__(self, program: Program, bound_seconds: float) -> None:
        self._program = program
        self._bound = bound_seconds

    def read(self) -> Seen:
        """Ask the program for the credential."""
        began = monotonic_seconds()
        seen = self._asked()
        return replace(seen, waited_seconds=monotonic_seconds() - began)

    def read_at_once(self, readers: int, answered: Callable[[], None]) -> NoReturn:
        """Refuse: a program is asked for one credential after the other."""
        raise Unsupported(_LACKS["threads"])

    def read_in_fork(self) -> NoReturn:
        """Refuse: it is no process of ours to fork."""
        raise Unsupported(_LACKS["fork"])

    def cancel_read(self, on_request: Callable[[Callable[[], None]], None]) -> NoReturn:
        """Refuse: there is no line for it."""
        raise Unsupported(_LACKS["cancel"])

    def invalidate(self, seen: Seen) -> NoReturn:
        """Refuse: there is no line for it."""
        raise Unsupported(_LACKS["invalidate"])

    def _asked(self) -> Seen:
        self._program.tell(_REQUEST)
        try:
            return _seen(self._program.hear(self._bound))
        except StuckError as error:
            return _failed(HUNG, str(error))
        except (EndedError, _AnswerError) as error:
            return _failed(BUG, str(error))


class _AnswerError(Exception):
    """The program answered what is no answer."""


def _split(line: str) -> list[str]:
    command = shlex.split(line, posix=sys.platform != "win32")
    if sys.platform == "win32":
        # A path may hold backslashes there, which escape nothing, and blanks, for which it is quoted.
        command = [word.strip('"') for word in command]
    if not command:
        raise ValueError("the command is empty; name a program")
    return command


def _found(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise ValueError(f"there is no program {name!r}; name one that is installed, or its path")
    return program


def _seen(line: str) -> Seen:
    answer = _parsed(line)
    if "unsupported" in answer:
        raise Unsupported(str(answer["unsupported"]))
    if "error" in answer:
        return _told_error(answer["error"])
    return Seen(**{name: _part(answer.get(name)) for name in PARTS}, waited_seconds=0)


def _part(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise _AnswerError("the parts of the program's credential are texts; write null for what it has not")
    # Some SDKs write an empty text for what there is not.
    return value or None


def _parsed(line: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _AnswerError(f"the program answers {_REQUEST!r} with a line that is no JSON object")
    return cast("dict[str, Any]", answer)


def _told_error(error: Any) -> Seen:
    if not isinstance(error, dict):
        return _failed(UNSAID, str(error))
    error = cast("dict[str, Any]", error)
    kind = error.get("kind", "any")
    if kind not in (*KINDS, "any"):
        raise _AnswerError(f"the program's error is of the kind {kind!r}; known: {', '.join(KINDS)}, any")
    return _failed(UNSAID if kind == "any" else kind, str(error.get("message", "")))


def _failed(kind: str, text: str) -> Seen:
    return Seen(failure=Failure(kind=kind, text=text))
