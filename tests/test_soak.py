"""The soak of `benchmarks/soak.py`, a shorter cut of it: nothing that must never happen happens."""

from benchmarks.soak import soak

REFRESHES = 300


def test_threads_and_tasks_go_through_outages_unharmed(alicred_emulator):
    """No expired credential, no torn one, no needless error, one refresh at a time, and nothing stays."""
    figures = soak(alicred_emulator, REFRESHES)
    assert figures.violations == []
    assert figures.most_at_once == 1
    assert figures.refreshes >= REFRESHES
    assert figures.failures * 3 >= figures.requests > figures.refreshes
    assert figures.after.threads <= figures.before.threads
    assert figures.after.sockets == figures.before.sockets
