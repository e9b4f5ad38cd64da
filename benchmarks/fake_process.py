"""The metadata service in a process of its own, so that what is measured does not share its interpreter.

As a program it prints its address and serves until its input ends, which it does with whoever started it.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from benchmarks.processes import module, serving


@contextmanager
def fake_imds() -> Generator[str, None, None]:
    """Serve the metadata service for the length of the block; yields its URL."""
    with serving(module("fake_process")) as child:
        assert child.stdout is not None
        yield child.stdout.readline().strip()


def main() -> None:
    """Serve until the input ends."""
    from alicred_emulator import Emulator  # noqa: PLC0415 - whoever only starts this process needs none

    with Emulator() as emulator:
        print(emulator.imds.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
