"""A machine scenario while a program runs.

The rule kept here: an event happens when the fakes' clock first shows the moment that is so long after the
start. A clock that runs faster or is moved ahead brings it nearer, and one that stands keeps it off.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime

from alicred_emulator.alarm import Alarm
from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios.timeline import Event, MachineScenario, Player


@contextmanager
def playing(
    scenario: MachineScenario, emulator: Emulator, say: Callable[[str], None]
) -> Generator[None, None, None]:
    """Make a scenario's world, and have its events happen within the context.

    Args:
        scenario: The scenario; its time begins now.
        emulator: The emulator, running.
        say: Called with a line about each event when it has happened, from another thread.
    """
    player = Player(scenario, emulator)
    player.begin()
    start = emulator.clock.now()
    with Alarm(emulator.clock) as alarm:
        thread = threading.Thread(
            target=_play,
            args=(player, scenario.timeline, start, alarm, say),
            name="alicred-scenario",
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            alarm.turn_off()
            thread.join()


def _play(
    player: Player, events: Iterable[Event], start: datetime, alarm: Alarm, say: Callable[[str], None]
) -> None:
    for event in events:
        try:
            moment = start + event.at
        except OverflowError:
            # No clock gets there.
            return
        if not alarm.wait_for(moment):
            return
        say(_outcome(player, event))


def _outcome(player: Player, event: Event) -> str:
    try:
        player.play(event)
    except (ValueError, OSError) as error:
        # What somebody else did to the world meanwhile concerns this event alone.
        return f"{event}, which cannot be: {error}"
    return f"{event}. {event.because}" if event.because else str(event)
