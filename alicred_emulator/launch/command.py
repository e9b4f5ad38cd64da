"""`alicred-emulator exec`: an isolation is chosen, and the program runs while an emulator does."""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from alicred_emulator import environment
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.control.server import ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.environment import Changes
from alicred_emulator.launch import program, report
from alicred_emulator.launch.companions.companion import Companion
from alicred_emulator.launch.errors import AttachError, ImpossibleError, LaunchError
from alicred_emulator.launch.fakes import Fakes, own_fakes
from alicred_emulator.launch.folder import own_folder
from alicred_emulator.launch.isolation.setting import Isolation, Setting
from alicred_emulator.launch.isolation.table import AUTO, ISOLATIONS, NAMESPACE, ON_LINUX

if TYPE_CHECKING:
    from alicred_emulator.launch.keeping.kept import Kept

CONTROL_VARIABLE: Final = "ALICRED_EMULATOR_CONTROL"
"""Says where the control API is."""

_HTTP_PORT: Final = 80
_NO_PROFILES: Final = {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}
"""Has SDKs pass aliyun-cli's file by, in the one word for it that they know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of the command.

    Attributes:
        command: The program and its arguments.
        isolation: A name of `ISOLATIONS`, or `AUTO`.
        identity: Who the program is to be.
        forward: Ports of this machine's loopback that stay reachable.
        allow: Hosts that stay reachable, for which it takes a proxy.
        attach: The ready file of an emulator that runs already, to be met instead of one of its own. Then
            there is no report, no speed and no companion.
        report: Where to write what was asked of the fakes.
        speed: How many times as fast as real time the fakes' clock runs.
        companions: What is there as long as the program runs.
    """

    command: Sequence[str]
    isolation: str = AUTO
    identity: str = "ecs"
    forward: Collection[int] = ()
    allow: Collection[str] = ()
    attach: Path | None = None
    report: Path | None = None
    speed: int = 1
    companions: Sequence[Companion] = ()


class _Entered(NamedTuple):
    """The isolation that is entered, and why no stronger one is."""

    name: str
    isolation: Isolation
    obstacles: Sequence[str]


_Launch = Callable[[Changes, Callable[[], None]], int]
"""Runs the program with changed variables, calls a function every second, and returns the exit status."""


def run(wish: Wish, tell: Callable[[str], None]) -> int:
    """Run a program among the fakes.

    Args:
        wish: What is asked.
        tell: Prints a line that is not the program's.

    Returns:
        The program's exit status; 128 and the signal's number if a signal ended it.

    Raises:
        LaunchError: There is no such program, or the isolation does not work here, or the report cannot be
            written.
    """
    program.check(wish.command[0], environment.said("PATH"))
    if wish.report is not None:
        report.check(wish.report)
    if wish.attach is not None and (wish.report or wish.companions or wish.speed != 1):
        raise AttachError(
            "the clock, the scenario and the report of a running emulator are its own affair; "
            "leave --clock, --speed, --scenario and --report out"
        )
    if wish.allow and wish.isolation == NAMESPACE:
        raise LaunchError("a namespace reaches no host, whatever --allow says; choose --isolation proxy")
    return (_run_kept if ON_LINUX else _run_without_keeper)(wish, tell)


def _run_kept(wish: Wish, tell: Callable[[str], None]) -> int:
    from alicred_emulator.launch.keeping import passing_on  # noqa: PLC0415 - some of what it imports is Linux's
    from alicred_emulator.launch.keeping.kept import Kept  # noqa: PLC0415 - the same

    with passing_on.held_back() as mask, ExitStack() as stack:
        obstacles: list[str] = []
        for name in _names(wish):
            keeper = stack.enter_context(Kept(wish.command, mask))
            entered = _attempt(name, keeper, obstacles)
            if entered is not None:
                return _run(wish, entered, keeper.folder, partial(passing_on.launch, keeper), tell)
            stack.close()
    raise ImpossibleError("; ".join(obstacles))


def _run_without_keeper(wish: Wish, tell: Callable[[str], None]) -> int:
    from alicred_emulator.launch import without_keeper  # noqa: PLC0415 - what is not used is not loaded

    obstacles: list[str] = []
    with own_folder("alicred-exec-") as folder:
        for name in _names(wish):
            entered = _attempt(name, None, obstacles)
            if entered is not None:
                return _run(wish, entered, folder, partial(without_keeper.launch, wish.command), tell)
    raise ImpossibleError("; ".join(obstacles))


def _names(wish: Wish) -> Sequence[str]:
    if wish.isolation != AUTO:
        return [wish.isolation]
    return [name for name in ISOLATIONS if not (wish.allow and name == NAMESPACE)]


def _attempt(name: str, keeper: "Kept | None", obstacles: list[str]) -> _Entered | None:
    try:
        isolation = ISOLATIONS[name]()
        isolation.enter(keeper)
    except ImpossibleError as impossible:
        obstacles.append(f"isolation {name} does not work here: {impossible}")
        return None
    return _Entered(name, isolation, tuple(obstacles))


def _run(wish: Wish, entered: _Entered, folder: Path, launch: _Launch, tell: Callable[[str], None]) -> int:
    with ExitStack() as stack:
        fakes, emulator = stack.enter_context(_fakes(wish))
        setting = Setting(
            fakes=fakes,
            folder=folder,
            forward=wish.forward,
            allow=wish.allow,
            local_ports=(_port(fakes.control),),
        )
        prepared = stack.enter_context(entered.isolation.prepared(setting))
        changes: Changes = {
            **dict.fromkeys(environment.identity_names()),
            **_NO_PROFILES,
            **fakes.env(wish.identity),
            CONTROL_VARIABLE: fakes.control,
            **prepared.changes,
        }
        told = [f"isolation {entered.name}: {prepared.says}", *entered.obstacles]
        tell(f"{'; '.join(told)}; control API: {fakes.control}")
        if emulator is not None:
            for companion in wish.companions:
                changes = {**changes, **stack.enter_context(companion(emulator, changes))}
        return launch(changes, fakes.watch)


def _port(url: str) -> int:
    return urlsplit(url).port or _HTTP_PORT


@contextmanager
def _fakes(wish: Wish) -> Generator[tuple[Fakes, Emulator | None], None, None]:
    """Yield what the program is to meet, and the emulator behind it if that is this process's own."""
    if wish.attach is not None:
        from alicred_emulator.launch.attaching.attached import attached  # noqa: PLC0415 - it loads an HTTP library

        with attached(wish.attach) as fakes:
            yield fakes, None
        return
    with Emulator(clock=EmulatorClock(wish.speed)) as emulator, ExitStack() as stack:
        if wish.report is not None:
            stack.callback(report.write, wish.report, emulator.journal)
        control = stack.enter_context(ControlServer(emulator))
        yield stack.enter_context(own_fakes(emulator, control.url)), emulator
