"""One client per configuration and process.

Rules of this module: however many threads ask at once, they get one and the same; a client is built by
whoever asks, with no lock held, and what the slower ones have built is dropped. A client that is closed leads
to its successor, so that all find the same one again. A forked child goes on with those it has inherited.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol, TypeVar

from alicred.exceptions import ConfigurationError

__all__ = ["Closable", "forget", "shared"]


class Closable(Protocol):
    """What may be closed."""

    @property
    def is_closed(self) -> bool:
        """Whether it serves nobody any more."""
        ...


_Client = TypeVar("_Client", bound=Closable)


class _Place:
    """Where a client is found, and, once it is closed, the next one."""

    __slots__ = ("client", "options", "successors")

    def __init__(self, client: Any, options: Mapping[str, object]) -> None:
        self.client = client
        self.options = options
        self.successors: dict[Hashable, _Place] = {}

    def check(self, options: Mapping[str, object]) -> None:
        """Object to options that are not those that it was built with; one that is None says nothing."""
        given = {name: wanted for name, wanted in options.items() if wanted is not None}
        # An option that says nothing and one that says no are the same.
        others = [name for name, wanted in given.items() if wanted != (self.options[name] or False)]
        if others:
            raise ConfigurationError(
                f"the client that is shared was built with another {' and another '.join(others)}.",
                remedy="Pass it at the first call, where the program begins; or build a Client of your own.",
            )


_places: dict[Hashable, _Place] = {}


def shared(key: Hashable, options: Mapping[str, object], build: Callable[..., _Client]) -> _Client:
    """Return the client that everybody gets who asks with an equal key.

    Args:
        key: What tells clients apart.
        options: What else the client is to be built with; None for what the one that is there does.
        build: Builds it from the options that are not None; for nothing, where several ask at once.

    Raises:
        ConfigurationError: It is there, and was built with other options.
    """
    try:
        hash(key)
    except TypeError:
        # What cannot be hashed is no configuration, as is said where it is built.
        return build()
    places = _places
    while True:
        # Of several that ask at once, the first to get here decides.
        place = places.get(key) or places.setdefault(key, _built(options, build))
        client: _Client = place.client
        if not client.is_closed:
            break
        places = place.successors
    if places is not _places:
        _places[key] = place
    place.check(options)
    return client


def _built(options: Mapping[str, object], build: Callable[..., Closable]) -> _Place:
    return _Place(build(**{name: value for name, value in options.items() if value is not None}), options)


def forget() -> None:
    """Share other clients from now on; those that are in use go on."""
    _places.clear()
