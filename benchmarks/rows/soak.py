"""Nothing that must never happen happens: threads, tasks, faults and a moving clock, for a minute.

The emulator runs in the same process, so that what it and the clients hold of the machine shows together.
"""

from alicred import testing
from alicred_emulator import Emulator
from benchmarks.environment import point_at
from benchmarks.measure import Effort
from benchmarks.row import Row
from benchmarks.soak import READERS, Figures, soak
from benchmarks.units import duration

_BAR_BLOCKS = 0.8
_BAR_BYTES = 8 * 2**20


def measure(effort: Effort) -> list[Row]:
    """Return one row of what was served and one of what was left."""
    with Emulator() as emulator:
        point_at(emulator.imds.url)
        testing.use_clock(emulator.clock.client_time)
        figures = soak(emulator, effort.pick(10_000, 3_000))
    return [_served(figures), _left(figures)]


def _served(figures: Figures) -> Row:
    return Row(
        what=f"a soak: {READERS} threads and {READERS} tasks on two clients, {figures.refreshes:,} refreshes",
        ours="; ".join(figures.violations)
        or f"0 expired, 0 torn, 0 needless errors in {figures.reads:,} reads\n"
        f"refreshes of one client in flight: {figures.most_at_once}",
        beside=[
            f"requests: {figures.requests:,}, made to fail: {figures.failures:,}",
            f"reads while there was nothing to serve: {figures.errors:,}",
            f"took {figures.duration:.0f} s; worst wait: {duration(figures.worst_wait)}",
        ],
        bar="0, 0, 0, 1; a third of the requests fails",
        holds=not figures.violations
        and figures.most_at_once == 1
        and figures.failures * 3.1 >= figures.requests,
    )


def _left(figures: Figures) -> Row:
    before, after = figures.before, figures.after
    threads = after.threads - before.threads
    sockets = (after.sockets or 0) - (before.sockets or 0)
    memory = (after.rss_bytes or 0) - (before.rss_bytes or 0)
    blocks = (after.blocks - before.blocks) / figures.refreshes
    return Row(
        what="what the soak leaves, from its first tenth to its end",
        ours=f"threads {threads:+d}, sockets {sockets:+d}\n"
        f"memory {memory / 1024:+,.0f} KiB; {blocks:+.3f} blocks of Python's a refresh",
        beside=[f"before: {before}", f"after: {after}"],
        # Of each tenth the clients are kept; what the C library keeps in pieces is no leak.
        bar=f"threads and sockets 0, {_BAR_BLOCKS:g} blocks a refresh, {_BAR_BYTES >> 20} MiB",
        holds=threads <= 0 and sockets <= 0 and blocks <= _BAR_BLOCKS and memory <= _BAR_BYTES,
    )
