"""Calls of AssumeRole without sockets, each really signed, and what the fake holds after so many of them.

Arguments: the emulated seconds between two calls, and the numbers of calls after which to look, ascending.
Prints what was found each time. Resident memory is the most that there was until then, so that it does not
matter how much of what it remembers the fake has just given up.
"""

import json
import resource
import sys
from collections.abc import Iterator

from alicred_emulator import EmulatorClock
from alicred_emulator.clock import wire_time
from alicred_emulator.messages import Headers, Request
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World
from benchmarks.assume_role import FORM_TYPE, Caller, Forms

_OK = 200
_HEADERS = Headers([("Host", "127.0.0.1"), ("Content-Type", FORM_TYPE)])
# Bytes on macOS, KiB elsewhere.
_UNIT = 1 if sys.platform == "darwin" else 1024


def main(calls_per_second: str, *marks: str) -> None:
    """Call, and print what was found."""
    clock = EmulatorClock()
    clock.freeze()
    world = World(clock)
    wanted = [int(mark) for mark in marks]
    requests = _requests(world, clock, int(calls_per_second))
    print(json.dumps(list(_found(world, requests, wanted))))


def _found(world: World, requests: Iterator[Request], marks: list[int]) -> Iterator[dict[str, int]]:
    called = 0
    for mark in marks:
        for _ in range(called, mark):
            reply = STS.answer(world, next(requests))
            if reply.status != _OK:
                raise AssertionError(f"a call was answered with {reply.status}: {reply.detail}")
        called = mark
        yield {
            "calls": called,
            "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT,
            "credentials": len(world.ledger.credentials),
            "nonces": len(world.nonces),
        }


def _requests(world: World, clock: EmulatorClock, calls_per_second: int) -> Iterator[Request]:
    user = world.user
    forms = Forms(Caller(user.access_key_id, user.access_key_secret, world.role.arn))
    number = 0
    while True:
        timestamp = wire_time(clock.now())
        for _ in range(calls_per_second):
            number += 1
            yield Request.of("POST", "/", _HEADERS, forms.signed(timestamp, f"{number:032x}"))
        clock.shift(seconds=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
