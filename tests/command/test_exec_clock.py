"""`alicred-emulator exec --clock controlled` and `--speed`: the program's clock is the fakes'."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from alicred_emulator import faketime
from alicred_emulator.cli import command
from alicred_emulator.remote import RemoteEmulator

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libfaketime is for Linux here"),
]
needs_libfaketime = pytest.mark.skipif(
    faketime.find_library() is None, reason=f"libfaketime is not installed: {faketime.HINT}"
)

TELLS_TIME = """
import os, sys, time
print(os.environ["ALICRED_EMULATOR_CONTROL"], flush=True)
for line in sys.stdin:
    print(time.time(), time.monotonic(), flush=True)
"""
A_DAY = 86_400
SHARED_MEMORY = Path("/dev/shm")


def ours():
    """Return what of ours is in shared memory."""
    return {file.name for file in SHARED_MEMORY.iterdir() if "alicred-" in file.name}


@pytest.fixture
def telling(started):
    """Start a program that tells the time whenever it is asked, and drive its emulator from outside."""

    def telling(*options, program=(sys.executable, "-c", TELLS_TIME), prefix=()):
        process = started(*options, "--", *program, prefix=prefix)
        emulator = RemoteEmulator(process.stdout.readline().strip())

        def ask():
            print("now", file=process.stdin, flush=True)
            wall, monotonic = process.stdout.readline().split()
            return float(wall), float(monotonic)

        return emulator, ask

    return telling


def follow(emulator, ask):
    """See the program's clock follow: forward, back, standing still, ahead of the fakes' or behind."""
    with emulator:
        _, began = ask()
        before = emulator.clock.time()
        assert before <= ask()[0] <= emulator.clock.time()
        emulator.clock.shift(days=1)
        assert before + A_DAY <= ask()[0] <= emulator.clock.time()
        emulator.clock.move_to("2024-02-03T04:05:06Z")
        emulator.clock.freeze()
        assert ask()[0] == emulator.clock.time() == 1706933106
        emulator.clock.skew(minutes=-10)
        assert ask()[0] == 1706933106 - 600
        emulator.clock.reset()
        wall, ended = ask()
        assert before < wall < before + A_DAY
        assert began < ended < began + A_DAY


@needs_libfaketime
@pytest.mark.parametrize("isolation", ["proxy", "env"])
def test_the_programs_clock_is_moved_from_outside(telling, isolation):
    """Through the control API, in every way in which it can be; monotonic time stays the machine's."""
    follow(*telling("--isolation", isolation, "--clock", "controlled"))


@needs_libfaketime
def test_a_clock_in_a_namespace_is_moved_from_outside(telling, user):
    """An ordinary user's, too; what the program has to read is in there, and it may."""
    follow(*telling("--isolation", "namespace", "--clock", "controlled", prefix=user))


@needs_libfaketime
def test_the_program_moves_its_own_clock(run):
    """The control API is at the same address inside, and the move is there when the call returns."""
    code = """
import os, time
from alicred_emulator.remote import RemoteEmulator
before = time.time()
with RemoteEmulator(os.environ["ALICRED_EMULATOR_CONTROL"]) as emulator:
    emulator.clock.shift(days=1)
print(round(time.time() - before) // 86400)
"""
    done = run("--clock", "controlled", "--", sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (0, "1\n")


@needs_libfaketime
def test_what_the_program_starts_follows(run):
    """A child and its child, though the one in between keeps no time."""
    code = """
import os, subprocess, sys, time
from alicred_emulator.remote import RemoteEmulator
with RemoteEmulator(os.environ["ALICRED_EMULATOR_CONTROL"]) as emulator:
    emulator.clock.freeze()
    emulator.clock.move_to("2024-02-03T04:05:06Z")
subprocess.run(["sh", "-c", "date -u +%s; exit"], check=True)
"""
    assert run("--clock", "controlled", "--", sys.executable, "-c", code).stdout == "1706933106\n"


@needs_libfaketime
def test_the_first_lines_say_what_follows_and_what_does_not(run):
    """Nobody is left to wonder why a program of another kind keeps the machine's time."""
    lines = run("--isolation", "env", "--clock", "controlled", "true").stderr.splitlines()
    assert lines[0].startswith("alicred-emulator: isolation env: ")
    assert lines[1] == (
        "alicred-emulator: clock controlled: the program's follows the fakes'; programs that are statically "
        "linked or written in Go, use musl or run setuid keep the machine's"
    )


def test_the_clock_is_real_unless_something_else_is_asked_for(run):
    """Then nothing is preloaded, and nothing is said about it."""
    done = run("--isolation", "env", "--clock", "real", "env")
    assert "FAKETIME" not in done.stdout
    assert len(done.stderr.splitlines()) == 1


@needs_libfaketime
def test_what_a_user_has_set_of_libfaketime_does_not_count(run):
    """Its own variables would keep it from reading the file; another library stays preloaded."""
    done = run(
        *("--isolation", "env", "--clock", "controlled", "env"),
        FAKETIME="-30d",
        FAKETIME_START_AFTER_SECONDS="5",
        LD_PRELOAD="libm.so.6",
    )
    variables = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert not {"FAKETIME", "FAKETIME_START_AFTER_SECONDS"} & set(variables)
    assert variables["LD_PRELOAD"].endswith("/libfaketimeMT.so.1 libm.so.6")


def statically_linked(folder):
    """Build a program that prints the time and asks no shared library."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    source = folder / "static.c"
    source.write_text(
        "#include <stdio.h>\n#include <time.h>\n"
        'int main(void) { return printf("%ld\\n", (long)time(0)) < 0; }\n'
    )
    built = subprocess.run(
        [compiler, "-static", "-o", folder / "static", source], capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.skip("gcc cannot link statically here")
    return folder / "static"


@needs_libfaketime
def test_a_statically_linked_program_is_said_to_keep_the_machines_time(run, folder):
    """So it does, and it runs."""
    static = statically_linked(folder)
    done = run("--isolation", "env", "--clock", "controlled", "--", static)
    assert done.returncode == 0
    assert done.stdout.strip().isdigit()
    assert f"{static} is statically linked, and keeps the machine's time" in done.stderr.splitlines()[1]


@needs_libfaketime
def test_nothing_is_left_behind(run):
    """What was shared of memory has ended with the program."""
    done = run("--isolation", "env", "--clock", "controlled", "printenv", "FAKETIME_SHARED")
    name = done.stdout.split()[0].removeprefix("/")
    assert name.startswith("alicred-")
    assert not {name, f"sem.{name}"} & ours()


@needs_libfaketime
def test_a_killed_emulator_leaves_nothing_behind(telling, started, folder):
    """Whoever keeps the program removes what it shared, too."""
    process = started(
        *("--isolation", "env", "--clock", "controlled", "--"),
        *(sys.executable, "-c", "import os; print(os.environ['FAKETIME_SHARED'], flush=True); input()"),
    )
    name = process.stdout.readline().split()[0].removeprefix("/")
    assert {name, f"sem.{name}"} <= ours()
    os.kill(process.pid, signal.SIGKILL)
    # The program's end closes the pipe; the keeper's folder goes last of all.
    process.communicate(timeout=60)
    for _ in range(600):
        if not list(folder.iterdir()):
            break
        process_wait()
    assert not {name, f"sem.{name}"} & ours()


def process_wait():
    """Let other processes run."""
    subprocess.run(["true"], check=True)


def test_without_libfaketime_one_is_told_what_to_install(monkeypatch):
    """One line, status 2, and the program does not run."""
    monkeypatch.setattr(faketime, "_FOLDERS", ())
    for options in (["--clock", "controlled"], ["--speed", "10"]):
        result = CliRunner().invoke(command, ["exec", *options, "--", "/bin/sh", "-c", "echo ran"])
        assert result.exit_code == 2
        assert result.output == (
            "alicred-emulator: the program's clock cannot be controlled here: install libfaketime "
            "(Debian, Ubuntu: apt-get install libfaketime)\n"
        )


@needs_libfaketime
def test_without_shared_memory_one_is_told_what_is_missing(run, folder, monkeypatch):
    """One line and status 2."""
    monkeypatch.setattr(faketime, "_make_semaphore", no_memory)
    result = CliRunner().invoke(
        command, ["exec", "--isolation", "env", "--clock", "controlled", "--", "/bin/sh", "-c", "echo ran"]
    )
    assert result.exit_code == 2
    assert (
        "cannot be controlled without shared memory: Function not implemented; mount /dev/shm"
        in result.output
    )


def no_memory(_name):
    """Fail as a machine without shared memory does."""
    raise OSError(38, "Function not implemented")


@needs_libfaketime
def test_the_fakes_and_the_program_run_faster(telling):
    """Both clocks show the same, however long they have been running, and moves are as long as they say."""
    emulator, ask = telling("--isolation", "env", "--speed", "300")
    with emulator:
        assert emulator.clock.rate == 300
        for _ in range(3):
            before = emulator.clock.client_time()
            assert before <= ask()[0] <= emulator.clock.client_time()
            emulator.clock.shift(days=1)


@needs_libfaketime
def test_pythons_waits_last_as_long_as_ever_where_they_could_not_end(run):
    """Under libfaketime before 0.9.11 a lock would wait for ages; so monotonic time stays real there."""
    code = "import threading; threading.Event().wait(0.01); print('awake')"
    done = run("--isolation", "env", "--speed", "100", "--", sys.executable, "-c", code)
    assert done.stdout == "awake\n"
    line = done.stderr.splitlines()[1]
    follows = faketime.keeps_timed_locks(faketime.find_library())
    assert ("its sleeps, timers and locks keep real time" in line) is not follows
    assert ("with its waits" in line) is follows


@pytest.mark.parametrize("speed", ["0", "601", "fast", "1.5"])
def test_a_speed_is_a_whole_number_that_the_fakes_keep_up_with(run, speed):
    """A pod's token would end between two ticks otherwise."""
    done = run("--speed", speed, "true")
    assert done.returncode == 2
    assert "--speed" in done.stderr
