"""`alicred-emulator exec` leaves nothing behind, whichever of its processes is killed."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the keeper is Linux's")

FAMILY = """
import json, os, subprocess, sys
# One child in a session of its own, with a child that nobody waits for.
code = sys.argv[1] + " sleep 1000 & echo $!; wait"
child = subprocess.Popen(["sh", "-c", code], stdout=subprocess.PIPE, start_new_session=True)
own = [os.getpid(), child.pid, int(child.stdout.readline())]
network = os.stat("/proc/self/ns/net").st_ino
print(json.dumps({"pids": own, "keeper": os.getppid(), "network": network}), flush=True)
input()
"""
UNDETERRED = "trap '' TERM;"
"""Has a shell, and what it starts, not mind being asked to end."""


@pytest.fixture(params=["env", "namespace"])
def isolation(request, whoever):
    """Both isolations."""
    if request.param == "namespace":
        whoever("this user")
    return request.param


@pytest.fixture
def start_family(started):
    """Start a program that has descendants; the run, and what the program says of them."""

    def start_family(isolation, manner=""):
        options = ["--isolation", isolation, "--identity", "rrsa"]
        process = started(*options, "--", sys.executable, "-c", FAMILY, manner)
        return process, json.loads(process.stdout.readline())

    return start_family


@pytest.fixture
def family(start_family, isolation):
    """One whose descendants end when they are asked to."""
    return start_family(isolation)


@pytest.fixture
def undeterred_family(start_family, isolation):
    """One whose descendants do not."""
    return start_family(isolation, UNDETERRED)


def running(pids):
    """Return those that are processes, ended ones that nobody has waited for excepted."""
    return [pid for pid in pids if state_of(pid) not in {None, "Z", "X"}]


def state_of(pid):
    """Return the letter that tells what a process is doing, None if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return None


def users_of_network(number):
    """Return the processes that are in a network."""
    processes = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in processes if network_of(pid) == number]


def network_of(pid):
    """Return the number of a process's network, None if it is gone."""
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None


def assert_nothing_is_left(process, told, folder):
    """Wait until the last process that holds the program's output is gone, and look around."""
    process.stdout.read()
    assert running(told["pids"]) == []
    assert list(folder.iterdir()) == []
    if told["network"] != network_of("self"):
        assert users_of_network(told["network"]) == []


def test_a_killed_emulator_leaves_nothing(undeterred_family, folder):
    """No process, no namespace, no temporary file."""
    process, told = undeterred_family
    assert list(folder.iterdir()) != []
    process.kill()
    assert_nothing_is_left(process, told, folder)


def test_a_killed_process_group_leaves_nothing(family, folder):
    """As a test harness ends what it has started."""
    process, told = family
    os.killpg(process.pid, signal.SIGKILL)
    assert_nothing_is_left(process, told, folder)


def test_a_killed_program_leaves_nothing(family, folder):
    """What it had started ends with it, and the command tells of the kill."""
    process, told = family
    os.kill(told["pids"][0], signal.SIGKILL)
    assert_nothing_is_left(process, told, folder)
    assert process.wait() == 128 + signal.SIGKILL


def test_a_program_that_ends_takes_its_descendants_with_it(family, folder):
    """They would be in a network without fakes."""
    process, told = family
    process.stdin.write("\n")
    process.stdin.flush()
    assert_nothing_is_left(process, told, folder)
    assert process.wait() == 0


GRANDCHILD = """
trap "echo asked; exit" TERM
: > "$TMPDIR/ready"
while :; do sleep 0.01; done
"""
CHILD = 'sh -c "$GRANDCHILD" & wait'
PROGRAM = 'sh -c "$CHILD" & until [ -e "$TMPDIR/ready" ]; do sleep 0.01; done'


def test_every_descendant_is_asked_first(run):
    """Also one that comes to the keeper only when its parent has ended."""
    done = run("--isolation", "env", "--", "sh", "-c", PROGRAM, CHILD=CHILD, GRANDCHILD=GRANDCHILD)
    assert done.stdout == "asked\n"


def test_descendants_that_do_not_mind_are_killed(start_family, folder):
    """They are asked, and a second later nobody asks any more."""
    process, told = start_family("env", UNDETERRED)
    process.stdin.write("\n")
    process.stdin.flush()
    assert_nothing_is_left(process, told, folder)
    assert process.wait() == 0


def test_a_killed_keeper_takes_the_program_with_it(family, folder):
    """The emulator notices, and removes the files."""
    process, told = family
    os.kill(told["keeper"], signal.SIGKILL)
    assert process.wait() == 128 + signal.SIGKILL
    assert running(told["pids"][:1]) == []
    assert list(folder.iterdir()) == []
    # Nobody else knows of these any more.
    for pid in running(told["pids"]):
        os.kill(pid, signal.SIGKILL)


def test_a_signal_before_the_program_is_one_for_the_command(tmp_path):
    """There is nobody yet to whom it could be passed on, so the program is not started."""
    from alicred_emulator.launch.keeping import passing_on
    from alicred_emulator.launch.keeping.kept import Kept

    mark = tmp_path / "mark"
    with passing_on.held_back() as mask, Kept(["touch", str(mark)], mask) as keeper:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        with pytest.raises(passing_on.GivenUpError, match="before the program was started") as given_up:
            passing_on.launch(keeper, {}, lambda: None)
        assert given_up.value.status == 128 + signal.SIGTERM
    assert not mark.exists()


ORPHAN = """
import os
reading, writing = os.pipe()
if os.fork() == 0:
    orphan = os.fork()
    if orphan != 0:
        os.write(writing, str(orphan).encode())
    os._exit(0)
os.wait()
orphan = int(os.read(reading, 20))
while os.path.exists(f"/proc/{orphan}"):
    os.sched_yield()
print("gone")
"""


def test_an_orphan_is_waited_for(run, isolation):
    """A child that its parent forgot becomes the keeper's, and no dead process stays in the table."""
    assert run("--isolation", isolation, "--", sys.executable, "-c", ORPHAN).stdout == "gone\n"
