"""Timing by turns, so that a noisy machine is as unkind to one subject as to the other.

Rule of this module: what is compared is measured in alternation, each round beginning with another subject,
and compared within rounds.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from statistics import quantiles
from time import perf_counter
from typing import TypeVar

Taken = TypeVar("Taken")
Samples = dict[str, list[float]]


class Effort:
    """How much to repeat."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick

    def pick(self, full: int, quick: int) -> int:
        """Return the number of repetitions of a full run or of a quick one."""
        return quick if self.quick else full


def by_turns(measured: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, list[Taken]]:
    """Collect what each function returns, called in alternation."""
    names = list(measured)
    samples: dict[str, list[Taken]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(measured[name]())
    return samples


def timed(subject: Callable[[], object], number: int = 1) -> Callable[[], float]:
    """Return a function that calls a subject so many times and returns the seconds that one call took.

    The garbage collector rests meanwhile, as with `timeit`; the loop around the calls counts.
    """

    def run() -> float:
        collecting = gc.isenabled()
        gc.disable()
        try:
            began = perf_counter()
            for _ in repeat(None, number):
                subject()
            return (perf_counter() - began) / number
        finally:
            if collecting:
                gc.enable()

    return run


def undisturbed(samples: Sequence[float]) -> float:
    """Return what the fastest tenth stays below.

    Where threads, processes and the disk take part, a median shows mostly what else the machine does,
    and a minimum is luck.
    """
    return quantiles(samples, n=10)[0]
