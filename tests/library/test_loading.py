"""What is loaded late and a fork wait for each other: a child would inherit a lock that nobody opens."""

import os
import threading
from contextlib import contextmanager

import pytest

from alicred import loading

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@contextmanager
def importing():
    """Let another thread be in the middle of an import, until the block ends or it is told to go on."""
    begun, done = threading.Event(), threading.Event()

    def hold():
        with loading._gate():
            begun.set()
            assert done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert begun.wait(10)
    try:
        yield done.set
    finally:
        done.set()
        thread.join(10)


def can_load():
    """Return whether nobody keeps others from loading."""
    free = loading._gate().acquire(blocking=False)
    if free:
        loading._gate().release()
    return free


def fork():
    """Fork a child that loads something, and return whether it could."""
    child = os.fork()
    if child == 0:
        os._exit(not can_load())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_fork_waits_for_an_import():
    """Then the child can import, and so can its parent."""
    with importing() as end:
        timer = threading.Timer(0.01, end)
        timer.start()
        assert fork()
        timer.join(10)
    assert can_load()


def test_a_fork_does_not_wait_for_ever(monkeypatch):
    """The import may be waiting for what the thread that forks holds; the parent is none the worse for it."""
    monkeypatch.setattr(loading, "_LONGEST_WAIT_SECONDS", 0.01)
    with importing():
        assert not fork()
        assert not can_load()
    assert can_load()
    assert fork()
