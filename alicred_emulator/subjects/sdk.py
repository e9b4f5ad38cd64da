"""Alibaba's SDK for Python, as it is installed, as a client of the fakes: read by threads, or by tasks.

The rule kept here: each story has a process of its own, since the SDK copies the environment when it is
imported, keeps sessions and threads for as long as the process lives, and may block it for minutes. What is
not back within a bound is stuck, and no story has to wait for it, nor meets what another has left.
"""

import json
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

from alicred_emulator import environment
from alicred_emulator.interpreter import command_of
from alicred_emulator.routes import ports_of
from alicred_emulator.scenarios.subject import (
    ABILITIES,
    BUG,
    HUNG,
    UNSAID,
    Failure,
    Seen,
    Setting,
    Unsupported,
)
from alicred_emulator.subjects.program import EndedError, Program, StuckError

_COMMAND: Final = tuple(command_of("alicred_emulator.subjects.sdk_worker"))
_NOT_TOLD: Final = "the SDK cannot be told that a credential was refused"
_LAST_LINE: Final = "{}"
_START_SECONDS: Final = 60.0
_BOUND_SECONDS: Final = 10.0
"""Longer than two of the SDK's locks, and many of a story's time-outs."""

_GRACE_SECONDS: Final = 5.0
_KINDS: Final[Mapping[str, str]] = {"raised": UNSAID, "escaped": BUG, "stuck": HUNG}


class SdkSubject:
    """The installed alibabacloud_credentials.

    As a context manager it imports the SDK once for all stories in the block, and forks; else once for each.

    Args:
        asynchronous: Whether its readers are tasks of one loop, instead of threads.

    Attributes:
        name: How it is called.
        abilities: What stories may ask of it.
        lacks: Why they may not ask the rest.
    """

    def __init__(self, *, asynchronous: bool) -> None:
        self._asynchronous = asynchronous
        self._program: Program | None = None
        self._kept = False
        self.name: Final = "sdk-async" if asynchronous else "sdk-sync"
        self.lacks: Final = {} if asynchronous else {"cancel": "a thread that reads cannot be cancelled"}
        self.lacks["invalidate"] = _NOT_TOLD
        if sys.platform == "win32":
            self.lacks["fork"] = "this system has no fork"
        self.abilities: Final = frozenset(ABILITIES) - self.lacks.keys()

    def __enter__(self) -> "SdkSubject":
        # Where there is no fork, a process is good for one story.
        self._kept = sys.platform != "win32"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept = False
        self._end()

    @contextmanager
    def open(self, setting: Setting) -> Generator["_Opened", None, None]:
        """Begin a story, with its client built.

        Raises:
            Unsupported: The SDK knows no such parameter.
        """
        if self._program is None:
            bundle = str(setting.emulator.ca_bundle)
            self._program = Program(_COMMAND, environment.of_child({}, setting.home, bundle), quiet=True)
        opened = _Opened(self._program, setting)
        try:
            opened.start(asynchronous=self._asynchronous)
            yield opened
        finally:
            if not opened.end() or not self._kept:
                self._end()

    def _end(self) -> None:
        if self._program is not None:
            self._program.close()
            self._program = None


class _Opened:
    def __init__(self, program: Program, setting: Setting) -> None:
        self._program = program
        self._setting = setting
        self._bound = min(_BOUND_SECONDS, setting.timeout_seconds)

    def start(self, *, asynchronous: bool) -> None:
        emulator = self._setting.emulator
        bundle = str(emulator.ca_bundle)
        ports = ports_of({name: service.port for name, service in emulator.services.items()})
        self._tell(
            client=dict(self._setting.client),
            environment=environment.of_child(self._setting.variables, self._setting.home, bundle),
            asynchronous=asynchronous,
            ports=[[service, port, fake] for (service, port), fake in ports.items()],
            bundle=bundle,
            certificate=emulator.ca_certificate,
        )
        answer = json.loads(self._program.hear(_START_SECONDS))
        if "unsupported" in answer:
            raise Unsupported(answer["unsupported"])

    def end(self) -> bool:
        """End the story, and return whether the program is good for another."""
        self._program.tell(_LAST_LINE)
        try:
            return "ended" in json.loads(self._program.hear(_GRACE_SECONDS))
        except (StuckError, EndedError):
            return False

    def read(self) -> Seen:
        """Read the credential once."""
        [seen] = self.read_at_once(1, lambda: None)
        return seen

    def read_at_once(self, readers: int, answered: Callable[[], None]) -> list[Seen]:
        """Read it from many threads or tasks that begin together."""
        self._tell(do="read", readers=readers)
        found: list[Seen] = []
        for _ in range(readers):
            found.append(self._hear())
            answered()
        return found

    def read_in_fork(self) -> Seen:
        """Read it in a child that the SDK's process forks."""
        self._tell(do="fork")
        return self._hear()

    def cancel_read(self, on_request: Callable[[Callable[[], None]], None]) -> None:
        """Have a task begin to read, and cancel it once its request is in the air."""
        in_the_air = threading.Event()
        on_request(in_the_air.set)
        self._order(do="begin")
        in_the_air.wait(self._bound)
        self._order(do="cancel")

    def invalidate(self, seen: Seen) -> None:  # noqa: ARG002 - it can only refuse
        """Refuse: the SDK cannot be told."""
        raise Unsupported(_NOT_TOLD)

    def _order(self, **order: object) -> None:
        self._tell(**order)
        self._hear()

    def _tell(self, **order: object) -> None:
        moment = {"time": self._setting.emulator.clock.client_time(), "bound": self._bound}
        self._program.tell(json.dumps({**order, **moment}))

    def _hear(self) -> Seen:
        try:
            return _seen(json.loads(self._program.hear(self._bound + _GRACE_SECONDS)) or {})
        except StuckError as error:
            return Seen(failure=Failure(kind=HUNG, text=str(error)), waited_seconds=self._bound)
        except EndedError as error:
            return Seen(failure=Failure(kind=BUG, text=str(error)))


def _seen(told: Mapping[str, Any]) -> Seen:
    if "died" in told:
        return Seen(failure=Failure(kind=BUG, text=f"its process died with status {told['died']}"))
    waited = told.get("waited", 0.0)
    if "how" in told:
        failure = Failure(kind=_KINDS[told["how"]], text=told["text"])
        return Seen(failure=failure, waited_seconds=waited)
    return Seen(**told.get("parts", {}), waited_seconds=waited)
