"""`alicred-emulator demo`: a day in the life of an instance's credential, told as it happens.

Everything told is real but the time: a client of alicred's reads its credential, requests go over sockets to
the fakes, and what is printed is what the journal and the ledger then say.
"""

import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from typing import Final

import click

from alicred_emulator import environment
from alicred_emulator.emulator import Emulator
from alicred_emulator.journal import Entry
from alicred_emulator.scenarios.subject import Seen, Setting
from alicred_emulator.subjects.alicred import AlicredSubject

_MORNING: Final = datetime(2026, 1, 1, 8, tzinfo=timezone.utc)
_TAIL: Final = 4
_WIDTH: Final = 78


class _Narrator:
    """Runs one scene after another and prints what was seen."""

    def __init__(self, emulator: Emulator, say: Callable[[str], None]) -> None:
        self._emulator = emulator
        self._say = say
        self._stack = ExitStack()
        self._enter_client()

    def scene(self, title: str, *, at: timedelta | None = None, reads: int = 1) -> None:
        """Move the clock to a time of the day and let the client read its credential."""
        if at is not None:
            self._emulator.clock.move_to(_MORNING + at)
        self._say("")
        self._say(f"{click.style(f'{self._emulator.clock.now():%H:%M:%S}', bold=True)}  {title}")
        told = len(self._emulator.journal)
        outcome = self._read(reads)
        requests = list(self._emulator.journal)[told:]
        for entry in requests:
            self._say(f"          {_request(entry)}")
        if not requests:
            self._say(click.style("          no request", dim=True))
        self._say(f"          {outcome}")

    def chapter(self, title: str, *, disable_imds_v1: bool = False) -> None:
        """Begin the story of another client."""
        self.close()
        self._enter_client(disable_imds_v1=disable_imds_v1)
        self._say("")
        self._say(click.style(f"— {title} ".ljust(_WIDTH, "—"), fg="cyan"))

    def close(self) -> None:
        """End the story."""
        self._stack.close()

    def _enter_client(self, *, disable_imds_v1: bool = False) -> None:
        client = {"type": "ecs_ram_role", "disable_imds_v1": disable_imds_v1}
        setting = Setting(emulator=self._emulator, client=client)
        self._client = self._stack.enter_context(AlicredSubject().open(setting))

    def _read(self, reads: int) -> str:
        seen = [self._client.read() for _ in range(reads)]
        failure = next((one.failure for one in seen if one.failure is not None), None)
        if failure is not None:
            return click.style(f"✗ {failure.text}", fg="red") + f"\n            {failure.remedy}"
        return click.style("✓ ", fg="green") + self._credential(seen[-1])

    def _credential(self, seen: Seen) -> str:
        key = seen.access_key_id or ""
        issued = self._emulator.ledger.get(key)
        until = f"good until {issued.expires_at:%H:%M:%S}" if issued else "which no fake has issued"
        return f"key …{key[-_TAIL:]}, {until}"


def tell(say: Callable[[str], None]) -> None:
    """Tell the day.

    Args:
        say: Prints a line.
    """
    with _stage() as emulator:
        narrator = _Narrator(emulator, say)
        try:
            say("The instance's role has credentials of 6 hours. A new one appears 30 minutes before the old")
            say("one ends; the client refreshes 15 minutes before. Times are emulated, the rest is real.")
            _an_ordinary_day(narrator)
            _an_outage(narrator, emulator)
            _hardened_mode_refused(narrator, emulator)
            _role_detached(narrator, emulator)
            say("")
        finally:
            narrator.close()


def _an_ordinary_day(narrator: _Narrator) -> None:
    narrator.chapter("an ordinary day")
    narrator.scene("The application starts: a token, the name of the role, its credential.")
    narrator.scene("A busy hour: a thousand reads.", at=timedelta(hours=1), reads=1000)
    narrator.scene("One second before the refresh point, the same key.", at=timedelta(hours=5, seconds=2699))
    narrator.scene("The refresh point, 15 minutes before the end: one request.", at=timedelta(hours=5.75))


def _an_outage(narrator: _Narrator, emulator: Emulator) -> None:
    outage = emulator.faults.add("imds_down")
    narrator.scene("The next refresh is due, and the metadata service is down.", at=timedelta(hours=11.25))
    narrator.scene("A thousand reads within a second: nothing breaks, nobody retries.", reads=1000)
    narrator.scene("Five minutes later it is still down.", at=timedelta(hours=11.25, minutes=5))
    outage.remove()
    narrator.scene("It is back, and so is the refresh.", at=timedelta(hours=11.25, minutes=7))


def _hardened_mode_refused(narrator: _Narrator, emulator: Emulator) -> None:
    refusal = emulator.faults.add("imds_token_forbidden")
    narrator.chapter("hardened mode (IMDSv2) refused")
    narrator.scene("A new client gets no token, and falls back to normal mode.")
    narrator.chapter("the same with disable_imds_v1", disable_imds_v1=True)
    narrator.scene("This client would rather have no credential.")
    refusal.remove()
    narrator.scene("Hardened mode is allowed again.", at=timedelta(hours=11.5))


def _role_detached(narrator: _Narrator, emulator: Emulator) -> None:
    narrator.chapter("the role detached")
    narrator.scene("A client reads its credential.")
    emulator.instance.role = None
    narrator.scene(
        "Past midnight: the role is gone, the refresh fails, the key is good.", at=timedelta(hours=16.75)
    )
    narrator.scene("The key has ended: an error says what to do.", at=timedelta(hours=17))


def _request(entry: Entry) -> str:
    status = "no answer" if entry.status is None else str(entry.status)
    colour = "green" if status == "200" else "yellow"
    return f"{entry.method:<4} {entry.path:<58} {click.style(status, fg=colour)}"


@contextmanager
def _stage() -> Generator[Emulator, None, None]:
    with (
        environment.preserved(),
        tempfile.TemporaryDirectory(prefix="alicred-home-") as home,
        Emulator() as emulator,
    ):
        emulator.clock.freeze()
        emulator.clock.move_to(_MORNING)
        emulator.reanchor_if_unshown()
        environment.emulate(emulator.env(), home)
        yield emulator
