"""Answers per second of servers, asked by turns over one connection and over eight, by a third process."""

from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

from benchmarks.measure import by_turns
from benchmarks.processes import module, run_json
from benchmarks.units import rate
from benchmarks.wire import address_of

_CONNECTIONS = (1, 8)
_SECONDS = 0.7

Load = Callable[[int], dict[str, Any]]
"""Asks a server over so many connections and returns what `benchmarks.children.load` prints."""


class Answers:
    """What came of all loads on one server."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self._rates = [float(one["rate"]) for one in found]
        self.kept = all(one["kept"] for one in found)

    def __str__(self) -> str:
        return rate(median(self._rates))

    def compared_with(self, others: "Answers") -> float:
        """Return how many times as many there were, round by round."""
        pairs = zip(self._rates, others._rates, strict=True)  # noqa: SLF001 - of the same class
        return median(our / their for our, their in pairs)


def load_on(url: str, child: str, *questions: str) -> Load:
    """Return the load of a child program on a server.

    Args:
        url: Where the server is.
        child: The program's name in `benchmarks.children`.
        questions: Its arguments after host and port, as far as they say what to ask.
    """
    host, port = address_of(url)
    return lambda connections: run_json(
        module(f"children.{child}", host, port, *questions, connections, _SECONDS)
    )


def measured(loads: Mapping[str, Load], rounds: int) -> dict[int, dict[str, Answers]]:
    """Return what the servers answered, by the number of connections and by their names."""
    return {connections: _by_turns(loads, connections, rounds) for connections in _CONNECTIONS}


def counted(connections: int) -> str:
    """Return so many connections in words."""
    return f"{connections} connection{'s' * (connections > 1)}"


def _by_turns(loads: Mapping[str, Load], connections: int, rounds: int) -> dict[str, Answers]:
    found = by_turns({name: partial(load, connections) for name, load in loads.items()}, rounds)
    return {name: Answers(one) for name, one in found.items()}
