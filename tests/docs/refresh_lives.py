"""Three lives of a client on the emulator, each read at every step of a standing clock.

Rule: what is told of a life is what its readers met: what they were given, what was asked for in vain, when
they got an error.
"""

import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier
from typing import NamedTuple
from unittest import mock

from alicred import Client, Config, CredentialException, testing
from alicred_emulator import Emulator

SEED = 8


class Life(NamedTuple):
    """A lane: a client of an instance, or of a role that its source assumes.

    Attributes:
        title: What it shows.
        config: What the client is built with, on this emulator.
        lifetime: How long a credential of the instance lasts.
        start: Where the lane begins, after the first fetch.
        length: How long it is.
        step: How often the client is read.
        outage: When the metadata service is down, from and to; None where it never is.
        unit: How far apart the marks of the axis are.
        threads: How many read the client, all at once at every step.
    """

    title: str
    config: Callable[[Emulator], Config]
    lifetime: timedelta
    start: timedelta
    length: timedelta
    step: timedelta
    outage: tuple[timedelta, timedelta] | None
    unit: timedelta
    threads: int = 1


Given = tuple[timedelta, timedelta, timedelta]


@dataclass
class Lived:
    """What happened, each moment as the time since the first fetch.

    Attributes:
        given: When each credential was fetched, is due, and ends.
        refused: When an attempt failed.
        errors: When a reader got an error.
        reads: How often the client was read.
        fetches: How often a service was asked for a credential.
    """

    given: list[Given] = field(default_factory=list[Given])
    refused: list[timedelta] = field(default_factory=list[timedelta])
    errors: list[timedelta] = field(default_factory=list[timedelta])
    reads: int = 0
    fetches: int = 0


def _of_the_instance(_emulator: Emulator) -> Config:
    return Config(type="ecs_ram_role")


def _of_a_role(emulator: Emulator) -> Config:
    return Config(
        type="ram_role_arn",
        access_key_id=emulator.user.access_key_id,
        access_key_secret=emulator.user.access_key_secret,
        role_arn=emulator.role.arn,
        role_session_expiration=900,
    )


HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LIVES = (
    Life(
        title="An instance's credential, 6 h: the next one is fetched 15 minutes before its end",
        config=_of_the_instance,
        lifetime=6 * HOUR,
        start=timedelta(0),
        length=18 * HOUR,
        step=MINUTE,
        outage=None,
        unit=HOUR,
    ),
    Life(
        title="A role's session, 15 min: the next one is fetched when a quarter is left",
        config=_of_a_role,
        lifetime=6 * HOUR,
        start=timedelta(0),
        length=40 * MINUTE,
        step=15 * SECOND,
        outage=None,
        unit=5 * MINUTE,
        threads=8,
    ),
    Life(
        title="An outage: attempts 1 s to 60 s apart; the credential is served to its end, and not longer",
        config=_of_the_instance,
        lifetime=HOUR,
        start=40 * MINUTE,
        length=30 * MINUTE,
        step=SECOND,
        outage=(43 * MINUTE, 65 * MINUTE),
        unit=5 * MINUTE,
    ),
)


def lived(life: Life) -> Lived:
    """Live it: read the client at every step, and tell what happened."""
    with Emulator() as emulator, mock.patch.dict(os.environ, emulator.env()):
        emulator.clock.freeze()
        emulator.clock.move_to("2026-01-01T00:00:00Z")
        emulator.instance.credential_lifetime = life.lifetime
        testing.use_clock(emulator.clock.client_time)
        testing.seed(SEED)
        try:
            with Client(life.config(emulator)) as client, _readers(client, life.threads) as read:
                return _read_through(life, emulator, client, read)
        finally:
            testing.reset()


@contextmanager
def _readers(client: Client, threads: int) -> Generator[Callable[[], object], None, None]:
    """Provide what has all threads read the client at once."""
    if threads == 1:
        yield client.get_credential
        return
    together = Barrier(threads)

    def read(_number: int) -> object:
        together.wait()
        return client.get_credential()

    with ThreadPoolExecutor(threads) as pool:
        yield lambda: list(pool.map(read, range(threads)))


def _read_through(life: Life, emulator: Emulator, client: Client, read: Callable[[], object]) -> Lived:
    begin, outages, seen = emulator.clock.now(), list(life.outage or ()), Lived()
    while (at := emulator.clock.now() - begin) <= life.start + life.length:
        if outages and at >= outages[0]:
            del outages[0]
            _ = emulator.faults.add("imds_down") if outages else emulator.faults.clear()
        asked_before, held_before = len(emulator.journal), client.status().expiration
        seen.reads += life.threads
        try:
            read()
        except CredentialException:
            seen.errors.append(at)
        status = client.status()
        if status.expiration != held_before:
            seen.given.append((at, _since(status.refresh_at, begin), _since(status.expiration, begin)))
        elif len(emulator.journal) > asked_before:
            seen.refused.append(at)
        emulator.clock.shift(life.step)
    seen.fetches = sum(map(emulator.journal.count, ("RoleCredential", "AssumeRole")))
    return seen


def _since(moment: datetime | None, begin: datetime) -> timedelta:
    assert moment is not None
    return moment - begin
