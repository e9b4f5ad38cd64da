"""Refreshes of clients and the requests that are their floor, measured by turns and told alike."""

from collections.abc import Callable, Mapping
from statistics import median

from alicred import Client
from benchmarks.measure import Effort, Samples, by_turns, timed, undisturbed
from benchmarks.units import duration

WARM_UP = 20
FULL, QUICK = 400, 150

Refresh = Callable[[], object]


def by_invalidation(client: Client) -> Refresh:
    """Return what has a client give up its credential and fetch another."""

    def refresh() -> None:
        client.invalidate(client.get_credential())
        client.get_credential()

    return refresh


def measured(subjects: Mapping[str, Refresh], effort: Effort) -> Samples:
    """Return what one call of each took, without the first ones."""
    runs = {name: timed(subject) for name, subject in subjects.items()}
    by_turns(runs, WARM_UP)
    return by_turns(runs, effort.pick(FULL, QUICK))


def told(samples: Samples) -> dict[str, str]:
    """Return the figures of each subject in words."""
    return {
        name: f"{duration(undisturbed(taken))}, median {duration(median(taken))}"
        for name, taken in samples.items()
    }


def compared(samples: Samples, one: str, other: str) -> float:
    """Return how many times as long one subject took as another."""
    return undisturbed(samples[one]) / undisturbed(samples[other])
