"""Whether a sandbox can be made is found out by a process that tries, and a refusal is explained."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alicred_emulator.sandbox import places, trial

COMMANDS = Path(__file__).parents[1] / "command"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")


@pytest.fixture
def tried(monkeypatch):
    """Have the process that tries end in some way."""

    def tried(status, printed):
        done = subprocess.CompletedProcess([], status, printed.encode())
        monkeypatch.setattr(trial.subprocess, "run", lambda *_, **__: done)

    return tried


def test_a_process_that_could_is_enough(tried):
    """Nothing is in the way then."""
    tried(0, "")
    assert trial.why_not() is None


def test_a_refusal_says_which_step_it_was(tried):
    """And what the kernel's number for it means."""
    tried(1, json.dumps({"refusal": "unshare: Function not implemented", "errno": 38}))
    assert "unshare: Function not implemented" in trial.why_not()


def test_a_process_that_broke_off_is_a_refusal(tried):
    """Whatever ended it."""
    tried(-9, "")
    assert "the trial broke off" in trial.why_not()


def test_a_file_that_is_missing_is_said_before_anything_is_tried(monkeypatch, tmp_path):
    """There is nothing to put another one over."""
    monkeypatch.setattr(places, "HOSTS", tmp_path / "hosts")
    assert trial.why_not() == f"there is no {tmp_path}/hosts to put another over; create it"


def test_elsewhere_there_are_none(monkeypatch):
    """Nothing is tried."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert trial.why_not() == "there are namespaces on Linux alone"


def test_a_kernel_that_refuses_is_found_out():
    """By really trying, where it lets an ordinary user make one namespace and no further one."""
    trying = [sys.executable, "-m", trial.__name__]
    as_user = [sys.executable, str(COMMANDS / "as_ordinary_user.py")] if os.geteuid() == 0 else []
    first = subprocess.run([*as_user, *trying], capture_output=True, text=True, check=False)
    if first.returncode != 0:
        pytest.skip(f"no namespaces for an ordinary user: {first.stdout}{first.stderr}")
    without = [sys.executable, str(COMMANDS / "without_namespaces.py")]
    refused = subprocess.run([*as_user, *without, *trying], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["refusal"].startswith("unshare: ")


def test_what_was_refused_is_printed_for_whoever_tries(monkeypatch, capsys):
    """The step, and the kernel's number."""
    from alicred_emulator.sandbox import entrance, kernel

    def enter(_addresses):
        raise kernel.KernelRefusalError("unshare", errno.EPERM)

    monkeypatch.setattr(entrance, "enter", enter)
    assert trial._attempt() == 1
    told = json.loads(capsys.readouterr().out)
    assert told == {"refusal": "unshare: Operation not permitted", "errno": errno.EPERM}
