"""`alicred-emulator serve`: what it prints, what it writes, how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from alicred_emulator import Emulator
from alicred_emulator.cli import command
from alicred_emulator.serve import ready, serve_until_stopped

COMMAND = [sys.executable, "-m", "alicred_emulator"]


@pytest.fixture
def serving(tmp_path):
    """Start the command as a person would, and wait for its ready file as a script would."""
    processes = []

    def start(*arguments):
        ready_file = tmp_path / "ready.json"
        process = subprocess.Popen(
            [*COMMAND, *arguments, "--port-base", "0", "--ready-file", ready_file],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        processes.append(process)
        for _ in range(2000):
            if ready_file.exists():
                return process, json.loads(ready_file.read_text(encoding="utf-8"))
            assert process.poll() is None, process.stdout.read()
            threading.Event().wait(0.01)
        raise AssertionError("it was never ready")

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize(
    ("arguments", "number"), [((), signal.SIGINT), (("serve",), signal.SIGTERM)], ids=["bare", "serve"]
)
def test_it_serves_until_it_is_told_to_stop(serving, arguments, number):
    """It answers once the ready file is there, and both signals end it with status 0."""
    process, facts = serving(*arguments)
    assert facts["pid"] == process.pid
    listing = requests.get(facts["imds"] + "/latest/meta-data/ram/security-credentials/", timeout=5)
    assert listing.text == "demo-role"
    assert requests.get(facts["sts_tls"], verify=facts["ca_bundle"], timeout=5).status_code < 500
    process.send_signal(number)
    assert process.wait(10) == 0
    printed = process.stdout.read()
    assert facts["ca_bundle"] in printed
    assert not Path(facts["ca_bundle"]).exists()
    assert f"export ALIBABA_CLOUD_IMDS_ENDPOINT={facts['imds']}" in printed
    assert facts["credentials_uri"] in printed


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_both_signals_at_once_end_it(serving, tmp_path):
    """A service manager and a terminal may both say stop: it ends with 0, and its ready file is gone."""
    process, _ = serving()
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_it_ends_it_is_not_told_twice(serving, number):
    """Signals that come while it shuts down, to the very end, do not change its status."""
    process, _ = serving()
    while process.poll() is None:
        process.send_signal(number)
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal masks")
def test_it_wakes_when_another_thread_takes_the_signal():
    """A signal is for the process: whichever thread the system hands it to, serving ends."""
    code = """
import os, signal, threading
from alicred_emulator.serve import serve_until_stopped

waiting = threading.Event()
threading.Thread(target=waiting.wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

def say(line):
    if "Ctrl-C" in line:
        # While the main thread waits; a signal before that would not show the mistake.
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()

serve_until_stopped(host="127.0.0.1", port_base=0, ready_file=None, say=say)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no os.kill for SIGTERM")
def test_a_caller_gets_its_handlers_back():
    """Served within a program, signals afterwards are that program's own again."""

    def own(_number, _frame):
        pytest.fail("it was stopped by then")

    before = signal.signal(signal.SIGTERM, own)
    try:
        serve_until_stopped(
            host="127.0.0.1",
            port_base=0,
            ready_file=None,
            say=lambda _line: os.kill(os.getpid(), signal.SIGTERM),
        )
        assert signal.getsignal(signal.SIGTERM) is own
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_empty_host_is_one_line_and_status_two():
    """A variable that was not set in a script must not open the fakes to the network."""
    result = CliRunner().invoke(command, ["--host", "", "--port-base", "0"])
    assert result.exit_code == 2
    [line] = result.output.splitlines()
    assert "empty" in line


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_that_went_away_is_no_mistake_in_the_call():
    """Nobody reads what is printed: that is status 1 without a word, not the 2 of a wrong option."""
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen([*COMMAND, "--port-base", "0"], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (1, b"")


def test_the_ready_file_says_all_that_a_program_needs():
    """Addresses of what is served, the variables to export, and those of each identity."""
    with Emulator() as emulator:
        facts = json.loads(json.dumps(ready(emulator)))
        assert facts["pid"] == os.getpid()
        assert facts["imds"] == emulator.imds.url
        assert facts["credentials_uri"] == emulator.credentials_uri.url
        assert (facts["sts"], facts["sts_tls"]) == (emulator.sts.url, emulator.sts.tls_url)
        assert facts["ca_bundle"] == str(emulator.ca_bundle)
        assert facts["env"] == {
            "ALIBABA_CLOUD_IMDS_ENDPOINT": emulator.imds.url,
            "ALIBABA_CLOUD_STS_ENDPOINT": emulator.sts.url,
        }
        for name in ("sts", "oidc", "ecs_api", "cloud_sso", "oauth"):
            assert facts[name] == emulator.services[name].url
        assert facts["sts_tls"] == f"https://127.0.0.1:{emulator.sts.port}"
        assert Path(facts["ca_bundle"]).read_bytes()
        assert facts["identities"]["user"] == emulator.env("user")
        assert facts["identities"]["rrsa"] == emulator.env("rrsa")
        assert facts["identities"]["uri"]["ALIBABA_CLOUD_CREDENTIALS_URI"] == emulator.credentials_uri.url


def test_a_taken_port_is_one_line_and_status_two():
    """No traceback: the line names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["serve", "--port-base", str(port)])
    assert result.exit_code == 2
    [line] = result.output.splitlines()
    assert re.search(rf"\b{port}\b", line)


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_ready_file_that_cannot_be_written_is_one_line_and_status_two(tmp_path, folder):
    """A mistake in the path is the user's to mend, whether or not there could be a file to remove again."""
    (tmp_path / "file").touch()
    ready_file = tmp_path / folder / "ready.json"
    result = CliRunner().invoke(command, ["--port-base", "0", "--ready-file", str(ready_file)])
    assert result.exit_code == 2
    line = result.output.splitlines()[-1]
    assert str(ready_file) in line
    assert "choose another file" in line


@pytest.mark.parametrize("arguments", [["--port-base", "0"], ["demo"], ["conformance", "--list"]])
def test_where_no_temporary_file_can_be_written_is_one_line_and_status_two(tmp_path, monkeypatch, arguments):
    """As in a container whose whole file system is read-only; it says how to name another place."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    result = CliRunner().invoke(command, arguments, obj=True)
    assert result.exit_code == 2
    [line] = result.output.splitlines()
    assert "temporary files cannot be written" in line
    assert "TMPDIR" in line


def test_an_unknown_option_is_a_usage_error():
    """The bare command passes its options to `serve`, which knows what it takes."""
    result = CliRunner().invoke(command, ["--port", "1"])
    assert result.exit_code == 2
    assert "No such option" in result.output


def test_the_help_names_every_command():
    """A person who asks for help sees what there is."""
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert {"serve", "demo"} <= set(result.output.split())


def test_without_the_extra_the_command_says_what_to_install():
    """A plain install has the command too."""
    code = (
        "import sys; sys.modules['click'] = None; sys.argv = ['alicred-emulator'];"
        "from alicred_emulator.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "alicred[emulator]"' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing cleans up behind a kill there")
def test_a_kill_leaves_no_temporary_file(tmp_path):
    """Neither of the process alone, nor of its group."""
    ready_file, folder = tmp_path / "ready.json", tmp_path / "temporary"
    folder.mkdir()
    command = [*COMMAND, "--port-base", "0", "--ready-file", ready_file]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    with process:
        for _ in range(2000):
            if ready_file.exists():
                break
            threading.Event().wait(0.01)
        assert list(folder.iterdir()) != []
        os.killpg(process.pid, signal.SIGKILL)
        # It ends with the last process that could write to it.
        process.stdout.read()
    assert list(folder.iterdir()) == []
