"""`exec --attach`: the program meets an emulator that runs already, in another process."""

import errno
import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from alicred_emulator import Emulator
from alicred_emulator.launch.attaching.hosting import hosting

READ = (
    "import urllib.request as u; print(u.urlopen('http://100.100.100.200/latest/meta-data/region-id').status)"
)
SECONDS = 60


@pytest.fixture
def emulator():
    """An emulator that programs may attach to."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def ready_file(emulator):
    """By which it is found."""
    with hosting(emulator) as ready_file:
        yield ready_file


def refusal(done):
    """Return what the command said instead of running the program."""
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    return line


def test_an_emulator_that_serves_can_be_attached_to(run, tmp_path):
    """Its ready file is all that is needed, and names the proxy as well."""
    ready_file = tmp_path / "ready.json"
    serve = [
        sys.executable,
        "-m",
        "alicred_emulator",
        "serve",
        "--port-base=0",
        "--ready-file",
        str(ready_file),
    ]
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL) as serving:
        try:
            while not ready_file.exists():
                assert serving.poll() is None
            assert json.loads(ready_file.read_text())["proxy"].startswith("http://127.0.0.1:")
            assert run("--attach", str(ready_file), "--", sys.executable, "-c", READ).stdout == "200\n"
        finally:
            serving.terminate()


@pytest.mark.parametrize("isolation", ["namespace", "proxy", "env"])
def test_what_is_asked_is_in_the_journal_of_that_emulator(run, whoever, emulator, ready_file, isolation):
    """And there is no other emulator that could have answered."""
    if isolation == "namespace":
        whoever("this user")
    by_variable = READ.replace(
        "'http://100.100.100.200", "__import__('os').environ['ALIBABA_CLOUD_IMDS_ENDPOINT']+'"
    )
    code = by_variable if isolation == "env" else READ
    attached = ("--attach", str(ready_file), "--isolation", isolation)
    assert run(*attached, "--", sys.executable, "-c", code).stdout == "200\n"
    emulator.imds.journal.assert_requests(["GET /latest/meta-data/region-id"])


def test_a_control_api_may_be_written_with_a_slash(run, whoever, ready_file, tmp_path):
    """By who has edited a ready file, and knows that it is a URL."""
    whoever("this user")
    facts = json.loads(ready_file.read_text(encoding="utf-8"))
    edited = tmp_path / "ready.json"
    edited.write_text(json.dumps({**facts, "control": facts["control"] + "/"}), encoding="utf-8")
    url = "os.environ['ALICRED_EMULATOR_CONTROL'] + 'healthz'"
    code = f"import os, urllib.request as u; print(u.urlopen({url}).status)"
    options = ("--attach", str(edited), "--isolation", "namespace")
    assert run(*options, "--", sys.executable, "-c", code).stdout == "200\n"


def test_a_ready_file_that_is_not_there_is_one_line(run, tmp_path):
    """It says how to get one."""
    line = refusal(run("--attach", str(tmp_path / "none"), "--", "true"))
    assert "no ready file at" in line
    assert "alicred-emulator serve --ready-file FILE" in line


@pytest.mark.parametrize("text", ["", "[]", "{}", "no JSON"])
def test_a_file_that_is_none_is_one_line(run, tmp_path, text):
    """Whatever else it holds."""
    file = tmp_path / "ready.json"
    file.write_text(text, encoding="utf-8")
    assert "names no control API" in refusal(run("--attach", str(file), "--", "true"))


def test_an_emulator_that_is_gone_is_one_line(run, emulator, tmp_path):
    """Its ready file may have been left."""
    kept = tmp_path / "ready.json"
    with hosting(emulator) as ready_file:
        facts = json.loads(ready_file.read_text(encoding="utf-8"))
    kept.write_text(json.dumps(facts), encoding="utf-8")
    assert "no emulator" in refusal(run("--attach", str(kept), "--", "true"))
    del facts["attach"]
    kept.write_text(json.dumps(facts), encoding="utf-8")
    assert "no emulator" in refusal(run("--attach", str(kept), "--", "true"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="such lines are Linux's")
def test_an_emulator_that_ends_before_the_program_begins_is_one_line_too(emulator):
    """The command asks it for this and that until then."""
    from alicred_emulator.launch.attaching.attached import attached
    from alicred_emulator.launch.errors import AttachError

    def ask_too_late(host, ready_file):
        with attached(ready_file) as fakes:
            host.close()
            fakes.env("ecs")

    with ExitStack() as host, pytest.raises(AttachError, match="no emulator answers"):
        ask_too_late(host, host.enter_context(hosting(emulator)))


def test_an_emulator_that_takes_no_sockets_over_has_a_proxy(run, whoever, emulator, ready_file, tmp_path):
    """One on another system, for instance; and without a proxy there are still its variables."""
    whoever("this user")
    facts = json.loads(ready_file.read_text(encoding="utf-8"))
    poorer = tmp_path / "ready.json"
    for key, isolation, remedy in [("attach", "namespace", "proxy"), ("proxy", "proxy", "env")]:
        del facts[key]
        poorer.write_text(json.dumps(facts), encoding="utf-8")
        line = refusal(run("--attach", str(poorer), "--isolation", isolation, "--", "true"))
        assert f"choose --isolation {remedy}" in line


@pytest.mark.parametrize(
    "options",
    [("--report", "report.json"), ("--isolation", "proxy", "--allow", "example.com"), ("--speed", "60")],
)
def test_what_only_an_emulator_of_its_own_could_do_is_refused(
    run, ready_file, options, monkeypatch, tmp_path
):
    """Rather than silently left undone."""
    monkeypatch.chdir(tmp_path)
    assert "emulator" in refusal(run("--attach", str(ready_file), *options, "--", "true"))


@pytest.fixture
def said(ready_file):
    """Say something where sockets are taken over, as a process of the user's might; returns the answer."""
    from alicred_emulator.launch.channel import Channel

    place = Path(json.loads(ready_file.read_text(encoding="utf-8"))["attach"])

    def said(message):
        line = Channel.to(place)
        try:
            line.send(message)
            return line.receive()
        finally:
            line.close()

    return said


def test_whoever_breaks_the_form_is_hung_up_on_and_others_are_served(run, whoever, said, ready_file):
    """The line is for the user's own processes alone, but one of them may have a bug."""
    whoever("this user")
    for message in ({}, {"adopt": "nobody"}, {"adopt": ["imds"]}):
        assert said(message) is None
    assert run("--attach", str(ready_file), "--", sys.executable, "-c", READ).stdout == "200\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="such lines are Linux's")
def test_an_emulator_that_has_run_out_of_descriptors_serves_later(said, monkeypatch):
    """Whoever came meanwhile waits, and is not turned away for good."""
    shortage = [OSError(errno.EMFILE, os.strerror(errno.EMFILE))]
    accept = socket.socket.accept

    def accept_if_possible(sock):
        if shortage and sock.family == socket.AF_UNIX:
            raise shortage.pop()
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", accept_if_possible)
    assert said({"adopt": "imds"}) == ({}, [])
    assert shortage == []
