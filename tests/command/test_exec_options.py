"""Options of `exec` that do not go together, or ask for what is there anyway."""

import json
import os
import signal
import subprocess
import sys

import pytest

from alicred_emulator import Emulator
from alicred_emulator.launch.attaching.hosting import hosting

IN_A_TERMINAL = """
import fcntl, os, signal, sys, termios
# As a terminal starts it, also where these tests were told to outlive theirs.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
MANY = range(20_000, 20_130)


def test_a_namespace_lets_no_host_pass(run):
    """It is said, rather than silently cut off."""
    done = run("--isolation", "namespace", "--allow", "example.com", "--", "true")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "choose --isolation proxy" in line


def test_who_lets_a_host_pass_gets_a_proxy(run):
    """The strongest isolation is taken that can do it."""
    done = run("--allow", "example.com", "--", "true")
    assert "isolation proxy" in done.stderr
    assert "but for example.com" in done.stderr


@pytest.mark.parametrize("control", ["nowhere", 8109, None])
def test_a_ready_file_with_another_control_api_is_one_line(run, tmp_path, control):
    """Somebody may have written it by hand."""
    file = tmp_path / "ready.json"
    file.write_text(json.dumps({"control": control}), encoding="utf-8")
    done = run("--attach", file, "--", "true")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert str(file) in line
    assert "alicred-emulator serve --ready-file FILE" in line


def test_a_port_of_the_fakes_need_not_be_forwarded(run, whoever):
    """Inside it is answered by the same fake already."""
    whoever("this user")
    with Emulator() as emulator, hosting(emulator) as ready_file:
        forwarded = ("--forward", emulator.imds.port)
        url = f"{emulator.imds.url}/latest/meta-data/region-id"
        code = f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())"
        done = run(
            "--attach", ready_file, "--isolation", "namespace", *forwarded, "--", sys.executable, "-c", code
        )
    assert done.stdout == "cn-hangzhou\n", done.stderr


def test_as_many_ports_are_forwarded_as_are_named(run, whoever):
    """More than sockets can be passed in one message."""
    whoever("this user")
    options = [word for port in MANY for word in ("--forward", port)]
    assert run("--isolation", "namespace", *options, "--", "true").returncode == 0


def test_the_program_ends_with_the_terminal_that_was_started_for_it(exec_command, folder):
    """Where no shell is between, the kernel tells the command alone that the terminal is gone."""
    ours, theirs = os.openpty()
    code = "import signal; print('ready', flush=True); signal.pause()"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            IN_A_TERMINAL,
            *exec_command.COMMAND,
            "--isolation=env",
            "--",
            sys.executable,
            "-c",
            code,
        ],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=exec_command.environment(folder),
    )
    os.close(theirs)
    printed = b""
    while b"\n" not in printed:
        printed += os.read(ours, 100)
    os.close(ours)
    try:
        assert process.wait(exec_command.SECONDS) == 128 + signal.SIGHUP
    finally:
        process.kill()
        process.wait()
