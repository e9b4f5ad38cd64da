"""The wall clock of a child process, moved through libfaketime."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alicred_emulator import faketime
from alicred_emulator.child_clock import ChildClock, child_clock
from alicred_emulator.clock import EmulatorClock, machine_microseconds

TELLS_TIME = {
    "python": [
        sys.executable,
        "-uc",
        "import sys, time\nfor line in sys.stdin: print(int(time.time()), time.monotonic(), flush=True)",
    ],
    "node": [
        "node",
        "-e",
        (
            "require('readline').createInterface({input: process.stdin}).on('line', () =>"
            " console.log(Math.trunc(Date.now() / 1000), Number(process.hrtime.bigint()) / 1e9))"
        ),
    ],
}

needs_libfaketime = pytest.mark.skipif(
    faketime.find_library() is None, reason=f"libfaketime is not installed: {faketime.HINT}"
)


@pytest.fixture
def clock():
    """A clock that stands still on a date of long ago."""
    clock = EmulatorClock()
    clock.freeze()
    clock.move_to("2024-02-03T04:05:06Z")
    return clock


@pytest.fixture(params=TELLS_TIME)
def child(request, clock):
    """Ask a child process of a runtime for its wall time and its monotonic time, in seconds."""
    command = TELLS_TIME[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    # Somewhere else on earth, since the file must not be read in local time.
    environment = {"PATH": str(Path(shutil.which(command[0])).parent), "TZ": "Asia/Shanghai"}
    with child_clock(clock) as led:
        program = subprocess.Popen(
            command,
            env={**environment, **led.variables(environment)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def ask():
            print("now", file=program.stdin, flush=True)
            wall, monotonic = program.stdout.readline().split()
            return int(wall), float(monotonic)

        with program:
            yield ask
            program.kill()


@needs_libfaketime
def test_the_child_follows_each_move(child, clock):
    """Forward and back, without being started again."""
    assert child()[0] == clock.time()
    clock.shift(hours=6)
    assert child()[0] == clock.time()
    clock.shift(days=-30)
    assert child()[0] == clock.time()


@needs_libfaketime
def test_monotonic_time_stays_the_machines(child, clock):
    """A time-out of the child is neither over at once nor endless after a move."""
    _, before = child()
    clock.shift(days=400)
    _, after = child()
    assert before < after < before + 60


@needs_libfaketime
def test_the_child_shows_the_clients_time(child, clock):
    """It is a client: where the clients' clocks run ahead, it does."""
    clock.skew(minutes=10)
    assert child()[0] == clock.time() + 600


@needs_libfaketime
def test_a_running_clock_runs_in_the_child(child, clock):
    """Whoever resumes the clock has the child's run from the same moment."""
    clock.resume()
    before = int(clock.client_time())
    told, _ = child()
    assert before <= told <= clock.client_time()


@needs_libfaketime
def test_a_child_may_sleep(clock):
    """`time.sleep` of CPython ends at a monotonic moment, which is the machine's as ever."""
    code = "import time; began = time.monotonic(); time.sleep(0.01); print(time.monotonic() - began >= 0.01)"
    with child_clock(clock) as led:
        done = subprocess.run(
            [sys.executable, "-c", code], env=led.variables({}), capture_output=True, text=True, check=False
        )
    assert (done.stdout, done.stderr) == ("True\n", "")


WAITS = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static struct timespec soon(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_nsec += 20000000;
    moment.tv_sec += moment.tv_nsec / 1000000000;
    moment.tv_nsec %= 1000000000;
    return moment;
}

static void report(const char *what, struct timespec until) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int early = now.tv_sec < until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec);
    printf("%s%s ", what, early ? " early" : "");
}

int main(void) {
    pthread_condattr_t monotonic;
    pthread_cond_t condition;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&condition, &monotonic);
    pthread_mutex_lock(&lock);
    struct timespec until = soon();
    pthread_cond_timedwait(&condition, &lock, &until);
    report("condition", until);
    until = soon();
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0);
    report("sleep", until);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    until = soon();
    struct itimerspec once = {.it_value = until};
    uint64_t times;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, 0);
    if (read(timer, &times, sizeof times) < 0) return 1;
    report("timer", until);
    return 0;
}
"""


@needs_libfaketime
def test_every_kind_of_wait_is_as_long_as_ever(clock, tmp_path):
    """Conditions, sleeps and timers that end at a monotonic moment do so, whatever the wall clock shows."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    source, program = tmp_path / "waits.c", tmp_path / "waits"
    source.write_text(WAITS)
    subprocess.run([compiler, "-pthread", "-o", program, source], check=True)
    with child_clock(clock) as led:
        clock.shift(days=1)
        done = subprocess.run(
            [program], env=led.variables({}), capture_output=True, text=True, timeout=60, check=True
        )
    assert done.stdout == "condition sleep timer "


@needs_libfaketime
def test_the_times_of_files_are_the_machines(clock, tmp_path):
    """A file that nobody touched does not look changed because the clock was moved."""
    file = tmp_path / "file"
    file.touch()
    with child_clock(clock) as led:
        done = subprocess.run(
            [sys.executable, "-c", f"import os; print(os.stat({str(file)!r}).st_mtime_ns)"],
            env=led.variables({}),
            capture_output=True,
            text=True,
            check=True,
        )
    assert int(done.stdout) == file.stat().st_mtime_ns


@needs_libfaketime
@pytest.mark.parametrize("waits_follow", [False, True])
def test_a_faster_clock_is_as_fast_in_the_child(waits_follow):
    """Whenever the child was started, it shows what the clock shows."""
    clock = EmulatorClock(rate=600)
    clock.shift(days=-30)
    with child_clock(clock) as led:
        before = clock.client_time()
        told = subprocess.run(
            [sys.executable, "-c", "import time; print(time.time())"],
            env=led.variables({}, waits_follow=waits_follow),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert before < float(told) < clock.client_time()


@needs_libfaketime
def test_waits_follow_where_they_are_to(tool):
    """A sleep of seven minutes is over in less than half a second, a thousand times as fast."""
    with child_clock(EmulatorClock(rate=1000)) as led:
        variables = led.variables({}, waits_follow=True)
        subprocess.run([tool("sleep"), "420"], env=variables, check=True, timeout=60)


@pytest.fixture
def library(tmp_path):
    """A file that has the names of libfaketime's functions."""
    file = tmp_path / "libfaketime"
    file.write_bytes(b"\x7fELF\0clock_gettime\0clock_nanosleep\0")
    return file


@pytest.fixture
def led(clock, library, tmp_path):
    """What leads children that nobody starts."""
    folder = tmp_path / "led"
    folder.mkdir()
    return ChildClock(clock, library, folder, faketime.Start(machine_microseconds(), {}))


def test_what_is_preloaded_stays_so(led, library, tmp_path):
    """A program that needs another library preloaded has both."""
    ours = str(tmp_path / "led" / "libfaketimeMT.so.1")
    assert led.variables({"LD_PRELOAD": "/mine.so"})["LD_PRELOAD"] == f"{ours} /mine.so"
    assert led.variables({})["LD_PRELOAD"] == ours
    assert led.variables({}, waits_follow=True)["LD_PRELOAD"] == str(library)


@pytest.mark.skipif(not hasattr(os, "ST_NOEXEC"), reason="only Linux tells what can be executed where")
def test_what_cannot_be_executed_is_not_preloaded(led, library, monkeypatch):
    """Where temporary files cannot be executed, the copy is no use, and the library itself is taken."""

    class Statistics:
        f_flag = os.ST_NOEXEC

    monkeypatch.setattr(os, "statvfs", lambda _folder: Statistics)
    assert led.variables({})["LD_PRELOAD"] == str(library)


def test_the_file_holds_seconds_of_the_epoch_or_a_distance(led, clock, tmp_path):
    """Standing still it names the moment; running, how far from the machine's time."""
    file = tmp_path / "led" / "now"
    assert file.read_text() == "1706933106.000000\n"
    clock.reset()
    clock.shift(-90)
    led.update()
    assert file.read_text() == "-90.000000\n"
    assert [path.name for path in file.parent.iterdir()] == ["now"]


def test_a_moment_before_1970_is_none_that_could_be_named(led, clock, tmp_path):
    """libfaketime ends the program for a text that it cannot read."""
    clock.move_to("1970-01-01T00:00:01Z")
    clock.skew(-60)
    led.update()
    assert (tmp_path / "led" / "now").read_text() == "0.000000\n"


def test_without_libfaketime_one_is_told_what_to_install(clock, monkeypatch):
    """The error names the package."""
    monkeypatch.setattr(faketime, "_FOLDERS", ())
    with (
        pytest.raises(faketime.FaketimeMissingError, match="cannot be moved here: install libfaketime"),
        child_clock(clock),
    ):
        pass


@needs_libfaketime
def test_nothing_is_left_of_a_child_that_was_killed(clock):
    """Shared memory would stay until the machine is started again."""
    with child_clock(clock) as led:
        name = led.variables({})["FAKETIME_SHARED"].split()[0].removeprefix("/")
        program = subprocess.Popen(
            [sys.executable, "-uc", "print(1); import threading; threading.Event().wait()"],
            env=led.variables({}),
            stdout=subprocess.PIPE,
        )
        with program:
            program.stdout.readline()
            program.kill()
        kept = [file for file in Path("/dev/shm").iterdir() if file.name.endswith((name, f"_{program.pid}"))]
        assert sorted(file.name for file in kept) == [name, f"sem.{name}"]
    assert not any(file.exists() for file in kept)


@needs_libfaketime
def test_the_file_is_gone_afterwards(clock):
    """Its folder goes with it, and moves of the clock concern nobody any more."""
    with child_clock(clock) as led:
        folder = Path(led.variables({})["FAKETIME_TIMESTAMP_FILE"]).parent
        assert folder.is_dir()
    assert not folder.exists()
    clock.shift(1)


def test_where_only_linux_has_it_nothing_is_looked_for(monkeypatch):
    """Another system's library of that name is not for the programs of this machine."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert faketime.find_library() is None


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this machine has no shared memory")
def test_a_name_of_somebody_else_is_no_start():
    """Time cannot begin twice under a name, and what others share is not swept away."""
    taken = Path("/dev/shm", f"sem.{faketime.PREFIX}taken-{os.getpid()}")
    foreign = Path("/dev/shm", f"foreign-{os.getpid()}")
    foreign.touch()
    try:
        with faketime.started(taken.name.removeprefix("sem.")) as start, pytest.raises(FileExistsError):
            faketime._make_semaphore(taken.name.removeprefix("sem."))
        faketime.sweep({next(iter(start.variables)): f"/{foreign.name} /{foreign.name}"})
        assert (taken.exists(), foreign.exists()) == (False, True)
    finally:
        foreign.unlink()
