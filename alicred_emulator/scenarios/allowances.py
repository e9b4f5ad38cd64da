"""How long real time may take in a story: what a reader may be kept waiting, what a request is held.

The rule kept here: a story speaks of requests and time-outs, and both get a generous allowance, so that
a slow machine breaks no story while a lock of five seconds does.
"""

from __future__ import annotations

from typing import Final

from alicred_emulator.scenarios.asks import Fail, Read
from alicred_emulator.scenarios.story import Story

_ALLOWANCE_SECONDS: Final = 2.0
_SECONDS_PER_REQUEST: Final = 0.25
_SECONDS_PER_READER: Final = 0.002
_TIMEOUT_ALLOWANCE: Final = 1.5
_SHARE_OF_TIMEOUT: Final = 0.5
_UNDER_WAY_SECONDS: Final = 0.01
_UNDER_WAY_PER_READER: Final = 0.00005


def allowed_seconds(story: Story, asked: Read | Fail) -> float | None:
    """Return how long each reader may be kept waiting, None if the story does not say."""
    patience = asked.patience
    if patience is None:
        return None
    return (
        _ALLOWANCE_SECONDS
        + patience.requests * _SECONDS_PER_REQUEST
        + patience.timeouts * story.client.timeout_seconds * _TIMEOUT_ALLOWANCE
        + asked.readers * _SECONDS_PER_READER
    )


def longest_hold(story: Story, asked: Read | Fail | None = None) -> float:
    """Return how long a request may be held: half of the client's patience.

    Where readers wait for one another, as they do for a first credential, nothing else ends the hold; it is
    short then, and only has to outlast the start of the last reader.
    """
    patience = _SHARE_OF_TIMEOUT * story.client.timeout_seconds
    serves_others = isinstance(asked, Read) and len(asked.expected) > 1
    if asked is None or serves_others:
        return patience
    return min(patience, _UNDER_WAY_SECONDS + asked.readers * _UNDER_WAY_PER_READER)
