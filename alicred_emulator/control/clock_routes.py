"""The fakes' clock: read, moved, stopped, and told apart from the clients'."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import COUNT, FLAG, MOMENT, SECONDS, TRUE, nullable, record, said, whole
from alicred_emulator.control.settings import moment_text

_CLOCK: Final = whole(
    "Clock",
    {
        "now": said(MOMENT, "The fakes' time."),
        "time": said(SECONDS, "The same in seconds since 1970."),
        "client_time": said(SECONDS, "What the clients' clocks show: the fakes' time plus the skew."),
        "rate": said(COUNT, "How many times as fast as real time it runs."),
        "standing": said(FLAG, "Whether it stands still until it is moved or resumed."),
        "skewed_by": said(SECONDS, "How many seconds the clients' clocks run ahead."),
        "ahead_of_the_machine": said(
            nullable(SECONDS),
            "How many seconds the clients' clocks run ahead of the machine's; null while they stand still.",
        ),
    },
)

_MOVES: Final[Mapping[str, Callable[[EmulatorClock, Any], None]]] = {
    "shift": lambda clock, seconds: clock.shift(seconds),
    "move_to": lambda clock, moment: clock.move_to(moment),
    "freeze": lambda clock, _: clock.freeze(),
    "resume": lambda clock, _: clock.resume(),
    "skew": lambda clock, seconds: clock.skew(seconds),
    "reset": lambda clock, _: clock.reset(),
}

_MOVE: Final = {
    **record(
        {
            "shift": said(
                SECONDS, "Seconds to move forward, or back if negative; it keeps standing or running."
            ),
            "move_to": said(MOMENT, "A moment to move to; it keeps standing or running."),
            "freeze": said(TRUE, "Stand still at the present whole second."),
            "resume": said(TRUE, "Run again, from where it stands."),
            "skew": said(
                SECONDS, "How many seconds the clients' clocks run ahead from now on; 0 puts them right."
            ),
            "reset": said(TRUE, "Show real time again, running, with no skew."),
        }
    ),
    "minProperties": 1,
    "maxProperties": 1,
}


def _show(clock: EmulatorClock) -> object:
    ahead = clock.ahead_of_the_machine
    return {
        "now": moment_text(clock.now()),
        "time": clock.time(),
        "client_time": clock.client_time(),
        "rate": clock.rate,
        "standing": clock.standing,
        "skewed_by": clock.skewed_by.total_seconds(),
        "ahead_of_the_machine": None if ahead is None else ahead.total_seconds(),
    }


def _move(call: Call) -> object:
    for name, value in call.body.items():
        _MOVES[name](call.emulator.clock, value)
    return _show(call.emulator.clock)


ROUTES: Final = (
    Route(
        method="GET",
        path="/clock",
        operation="clock",
        summary="Read the clock.",
        handle=lambda call: _show(call.emulator.clock),
        answer=_CLOCK,
    ),
    Route(
        method="POST",
        path="/clock",
        operation="move_clock",
        summary="Do one thing with the clock.",
        handle=_move,
        answer=_CLOCK,
        body=_MOVE,
        examples={
            "shift": {"shift": 20700},
            "move_to": {"move_to": "2026-01-02T03:04:05Z"},
            "freeze": {"freeze": True},
            "resume": {"resume": True},
            "skew": {"skew": -3600},
            "reset": {"reset": True},
        },
    ),
)
