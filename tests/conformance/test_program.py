"""A program behind a subject: lines in, lines out, and no longer than a bound."""

import os
import signal
import sys

import pytest

from alicred_emulator.subjects.program import EndedError, Program, StuckError

ECHOES = "import sys\nfor line in sys.stdin: print('you said', line, end='', flush=True)"
HANGS = "import threading; print('there', flush=True); threading.Event().wait()"
STARTS_ANOTHER = f"""
import subprocess, sys, threading
subprocess.Popen([sys.executable, "-c", {HANGS!r}])
threading.Event().wait()
"""


@pytest.fixture
def program():
    """Start a program of a few lines of Python."""
    started = []

    def program(code, **options):
        started.append(Program([sys.executable, "-c", code], dict(os.environ), quiet=True, **options))
        return started[-1]

    yield program
    for one in started:
        one.close()


def test_lines_are_answered(program):
    """One after the other, as often as one likes."""
    echo = program(ECHOES)
    for said in ("one", "two"):
        echo.tell(said)
        assert echo.hear(30) == f"you said {said}"


def test_who_does_not_answer_is_killed(program):
    """The bound is what is waited for, and whoever asks again is told that the program has ended."""
    hangs = program(HANGS)
    assert hangs.hear(30) == "there"
    with pytest.raises(StuckError, match=r"no answer within 0\.01 s"):
        hangs.hear(0.01)
    for _ in range(2):
        hangs.tell("are you there?")
        with pytest.raises(EndedError, match="the program ended with status -9"):
            hangs.hear(30)


def test_a_last_answer_is_heard(program):
    """What was said before the end comes before the news of it."""
    ends = program("print('goodbye'); raise SystemExit(3)")
    assert ends.hear(30) == "goodbye"
    with pytest.raises(EndedError, match="status 3"):
        ends.hear(30)


def test_what_it_started_ends_with_it(program):
    """A wrapper may leave the work to another process, which must not outlive the story."""
    wrapper = program(STARTS_ANOTHER, grace_seconds=0.05)
    assert wrapper.hear(30) == "there"
    wrapper.close()
    # The end of what was said is read once nobody is left to say anything.
    assert not wrapper._reader.is_alive()


@pytest.mark.skipif(not hasattr(os, "setsid"), reason="nobody leaves a group here")
def test_who_left_the_group_with_the_pipe_is_not_waited_for(program):
    """The end of the program is its own; what somebody else still says is not heard."""
    code = (
        "import os, sys, threading\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    print(os.getpid(), flush=True)\n"
        "    threading.Event().wait()\n"
        "sys.stdin.read()\n"
    )
    leaves = program(code, grace_seconds=0.05)
    left = int(leaves.hear(30))
    assert left != leaves.pid
    leaves.close()
    assert leaves._reader.is_alive()
    os.kill(left, signal.SIGKILL)
    leaves._reader.join(30)
    leaves.close()
