"""`alicred-emulator exec`: the program is run as it would be without it."""

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the keeper is Linux's")

PYTHON = ["--isolation", "env", "--", sys.executable, "-c"]

LISTENER = """
import os, signal, sys
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTSTP}:
    signal.signal(number, lambda number, frame: os.write(1, f"{signal.Signals(number).name}\\n".encode()))
os.write(1, b"ready\\n")
sys.stdin.read()
"""

JOB_CONTROL = """
import os, pty, signal, subprocess, sys, termios
child, terminal = pty.fork()
if child == 0:
    # A shell with job control, reduced to what it does for one job.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(sys.argv[1], sys.argv[1:])
    _, status = os.waitpid(job, os.WUNTRACED)
    print("stopped by", signal.Signals(os.WSTOPSIG(status)).name, flush=True)
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
    _, status = os.waitpid(job, 0)
    print("exit", os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)
with open(terminal, "rb", buffering=0) as output:
    try:
        for line in iter(output.readline, b""):
            print(line.decode().strip(), flush=True)
            if b"ready" in line:
                os.write(terminal, b"\\x1a")
            if b"stopped" in line:
                os.write(terminal, b"go on\\n")
    except OSError:
        pass
"""


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(0)", 0), ("raise SystemExit(37)", 37), ("import os; os.kill(os.getpid(), 9)", 137)],
)
def test_the_exit_status_is_the_programs(run, code, status):
    """A signal that ended it counts as shells count it."""
    assert run(*PYTHON, code).returncode == status


def test_arguments_reach_the_program_as_they_are(run):
    """What follows the program is not looked at, two dashes of its own included."""
    done = run(*PYTHON, "import sys; print(sys.argv[1:])", "--help", "--", "--isolation", "x y")
    assert done.stdout == "['--help', '--', '--isolation', 'x y']\n"


def test_the_dashes_may_be_left_out(run):
    """The first word that is no option is the program."""
    assert run("--isolation", "env", "echo", "--report", "x").stdout == "--report x\n"


def test_the_streams_are_the_programs(exec_command, folder):
    """It reads what was meant for it and writes nowhere else; one line on stderr comes before it."""
    done = subprocess.run(
        [*exec_command.COMMAND, *PYTHON, "import sys; print(input()); print('oh', file=sys.stderr)"],
        input="said\n",
        capture_output=True,
        text=True,
        check=True,
        env=exec_command.environment(folder),
        timeout=exec_command.SECONDS,
    )
    assert done.stdout == "said\n"
    first, second = done.stderr.splitlines()
    assert first.startswith("alicred-emulator: isolation env: ")
    assert second == "oh"


def test_a_program_that_does_not_exist_is_status_127(run, folder):
    """One line says so, and nothing is started for it."""
    done = run("--", "no-such-program-at-all")
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == (
        "alicred-emulator: no-such-program-at-all was not found. Check its name, PATH and its permissions.\n"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_file_that_is_no_program_is_status_126(run, folder, mode):
    """Whether it is not allowed, or makes no sense to the kernel."""
    file = folder / "notes"
    file.write_bytes(b"\0\1\2")
    file.chmod(mode)
    done = run("--isolation", "env", str(file))
    assert done.returncode == 126
    assert done.stderr.splitlines()[-1].startswith(f"alicred-emulator: {file} cannot be executed: ")


def test_no_program_is_status_two(run):
    """It says how to call it."""
    done = run("--isolation", "env")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing argument" in done.stderr


def test_a_mistyped_option_is_no_program(run):
    """What begins with a dash before the program is the command's."""
    done = run("--isolatoin", "env", "--", "echo", "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such option" in done.stderr


@pytest.fixture(scope="module")
def listener(exec_command):
    """A run with a program that says which signals it gets, and has got none but those of the tests."""
    with exec_command.open_folder() as folder, exec_command.start([*PYTHON, LISTENER], folder) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.communicate("")[0] == ""
    assert process.returncode == 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"])
def test_a_signal_to_the_command_reaches_the_program(listener, name):
    """The program decides what that means; the command waits for it."""
    listener.send_signal(getattr(signal, name))
    assert listener.stdout.readline() == f"{name}\n"


def test_a_signal_to_the_group_reaches_the_program_once(listener):
    """Many programs take a second one for impatience, and break off."""
    os.killpg(listener.pid, signal.SIGINT)
    assert listener.stdout.readline() == "SIGINT\n"
    # Passed on after whatever the command has made of the first.
    listener.send_signal(signal.SIGUSR1)
    assert listener.stdout.readline() == "SIGUSR1\n"


def test_what_python_ignores_the_program_does_not(run):
    """A broken pipe ends it, as it does from a shell."""
    assert run("--isolation", "env", "--", "sh", "-c", "kill -PIPE $$").returncode == 128 + signal.SIGPIPE


def test_blocked_signals_stay_the_users(run):
    """The command blocks some for itself alone."""
    done = run(*PYTHON, "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))")
    assert done.stdout == "set()\n"


def test_descriptors_are_the_users(run):
    """The program is given the three streams, and nothing of the command's."""
    done = run(*PYTHON, "import os; print(sorted(os.listdir('/proc/self/fd'))[:-1])")
    assert done.stdout == "['0', '1', '2']\n"


CTRL_C = """
import os, pty, signal, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
with open(terminal, "rb", buffering=0) as output:
    for line in iter(output.readline, b""):
        print(line.decode().strip(), flush=True)
        if b"ready" in line:
            os.write(terminal, b"\\x03")
        if b"SIGINT" in line:
            os.kill(child, signal.SIGUSR1)
        if b"SIGUSR1" in line:
            break
"""


def test_what_a_terminal_sends_is_not_passed_on_besides(exec_command, folder):
    """Ctrl-C reaches the program by itself, and once."""
    done = subprocess.run(
        [sys.executable, "-c", CTRL_C, *exec_command.COMMAND, *PYTHON, LISTENER],
        capture_output=True,
        text=True,
        check=True,
        env=exec_command.environment(folder),
        timeout=exec_command.SECONDS,
    )
    lines = [line.removeprefix("^C") for line in done.stdout.splitlines()]
    assert lines[lines.index("ready") + 1 :] == ["SIGINT", "SIGUSR1"]


@pytest.mark.parametrize("isolation", ["env", "namespace"])
def test_the_terminal_is_the_programs(exec_command, folder, whoever, isolation):
    """It is in the foreground; Ctrl-Z stops the job, and continuing it continues the program."""
    if isolation == "namespace":
        whoever("this user")
    program = (
        "import os; print(*map(os.isatty, range(3)), os.tcgetpgrp(0) == os.getpgrp(), 'ready', flush=True);"
        "print('read', input(), flush=True)"
    )
    job = [*exec_command.COMMAND, "--isolation", isolation, "--", sys.executable, "-c", program]
    done = subprocess.run(
        [sys.executable, "-c", JOB_CONTROL, *job],
        capture_output=True,
        text=True,
        check=False,
        env=exec_command.environment(folder),
        timeout=exec_command.SECONDS,
    )
    lines = done.stdout.splitlines()
    assert "True True True True ready" in lines
    assert any(line.endswith("stopped by SIGTSTP") for line in lines)
    assert lines[-2:] == ["read go on", "exit 0"]
