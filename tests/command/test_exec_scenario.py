"""A machine scenario that is played while a program runs, by `exec` and by `serve`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from alicred_emulator import emulator as emulator_module
from alicred_emulator.cli import command
from alicred_emulator.emulator import Emulator
from alicred_emulator.remote import RemoteEmulator
from alicred_emulator.serve import _player

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keeper is Linux's, and so are the signals")

STORY = """\
title = "The metadata service fails for a moment"

[world]
role = "worker"

[[timeline]]
at = "0s"
fault = "imds_error"
called = "outage"
because = "It happens."

[[timeline]]
at = "1h"
mend = "outage"
"""
# Without a time-out, which would run as fast as the clock.
ASKS = """
import os, sys, urllib.error, urllib.request
url = os.environ["ALIBABA_CLOUD_IMDS_ENDPOINT"] + "/latest/meta-data/ram/security-credentials/"
print(os.environ["ALICRED_EMULATOR_CONTROL"], flush=True)
for line in sys.stdin:
    try:
        print(urllib.request.urlopen(url).read().decode(), flush=True)
    except urllib.error.HTTPError as error:
        print(error.code, flush=True)
"""
SOON = '[[timeline]]\nat = "1m"\nset = { role = "other" }\n'


@pytest.fixture
def scenario(folder):
    """Write a scenario file."""

    def scenario(text):
        path = folder.parent / f"{folder.name}.toml"
        path.write_text(text)
        written.append(path)
        return str(path)

    written = []
    yield scenario
    for path in written:
        path.unlink()


def wait_for(process, expected):
    """Ask the program until it hears what is expected; what happens at 0s may take a moment."""
    for _ in range(500):
        print("now", file=process.stdin, flush=True)
        heard = process.stdout.readline().strip()
        if heard == expected:
            return
    raise AssertionError(f"it hears {heard}, not {expected}")


def test_the_world_is_there_and_the_timeline_happens(started, scenario):
    """What the program asks for is answered by the world of the moment, which the clock brings."""
    process = started("--isolation", "env", "--scenario", scenario(STORY), "--", sys.executable, "-c", ASKS)
    with RemoteEmulator(process.stdout.readline().strip()) as emulator:
        wait_for(process, "500")
        emulator.clock.shift(hours=1)
        wait_for(process, "worker")


def test_each_event_is_told_when_it_happens(run, scenario):
    """On standard error, among what the program writes there; first of all the scenario itself."""
    text = STORY.replace('"1h"', '"0s"')
    code = "import sys; sys.stdin.readline()"
    done = run("--isolation", "env", "--scenario", scenario(text), "--", sys.executable, "-c", code)
    told = [line.removeprefix("alicred-emulator: ") for line in done.stderr.splitlines()]
    assert told[1].endswith(".toml: The metadata service fails for a moment")
    assert told[2:] == ["at 0s: from now on: imds_error (outage). It happens.", "at 0s: outage is mended"]


def test_speed_counts(started, scenario):
    """A minute is a tenth of a second, so the event is there soon, without anybody who moves a clock."""
    process = started(
        *("--isolation", "env", "--speed", "600", "--scenario", scenario(SOON), "--"),
        *(sys.executable, "-c", ASKS),
    )
    process.stdout.readline()
    wait_until(process, "other")


def wait_until(process, expected):
    """Ask the program, as often as it takes, until it hears what is expected."""
    heard = None
    while heard != expected:
        print("now", file=process.stdin, flush=True)
        heard = process.stdout.readline().strip()
        assert heard in {"demo-role", expected}


def test_a_clock_that_only_the_fakes_have_is_pointed_out(run, scenario):
    """A timeline that moves the clock means the program's, too; it is said how to have that."""
    path = scenario('[[timeline]]\nat = "1h"\nadvance = "1h"\n')
    done = run("--isolation", "env", "--scenario", path, "true")
    assert done.stderr.splitlines()[1].endswith(
        "begins; it moves the clock, which the program does not see; add --clock controlled"
    )


MISTAKES = {
    "an unknown key": (
        '[[timeline]]\nat = "1s"\nfault = "imds_down"\ncaled = "x"\n',
        ":4: timeline[1].caled is not known",
    ),
    "a wrong value": (
        '[[timeline]]\nat = "soon"\nrotate = "instance"\n',
        ":2: timeline[1].at cannot be: 'soon'",
    ),
    "a story's steps": ("[[steps]]\nread = 'A'\n", ":1: steps is not known; allowed: title, story, world"),
    "a world that cannot be": ('[world]\nmax_session = "1s"\n', ":2: world.max_session cannot be: "),
    "no TOML": ("title =\n", " is no TOML: "),
}


@pytest.mark.parametrize("verb", ["exec", "serve"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_nothing_is_started(scenario, monkeypatch, verb, mistake):
    """It names file, line, key and what is allowed, with status 2."""
    text, expected = MISTAKES[mistake]
    path = scenario(text)

    def started(*_arguments, **_options):
        pytest.fail("an emulator was started")

    monkeypatch.setattr(emulator_module.Emulator, "start", started)
    program = ["--", "/bin/sh", "-c", "echo ran"] if verb == "exec" else ["--port-base", "0"]
    result = CliRunner().invoke(command, [verb, "--scenario", path, *program])
    assert result.exit_code == 2
    [line] = result.output.splitlines()
    name = Path(path).name
    assert line.startswith(f"alicred-emulator: {name}{expected}")


@pytest.mark.parametrize("verb", ["exec", "serve"])
def test_a_file_that_is_not_there_is_one_line(verb):
    """With its path, and status 2."""
    program = ["--", "true"] if verb == "exec" else ["--port-base", "0"]
    result = CliRunner().invoke(command, [verb, "--scenario", "/nowhere.toml", *program])
    assert (result.exit_code, result.output) == (
        2,
        "alicred-emulator: /nowhere.toml cannot be read: No such file or directory\n",
    )


@pytest.fixture
def serving(exec_command, folder):
    """Start `serve`, and wait for its ready file."""
    running = []

    def serving(*options):
        ready_file = folder / "ready.json"
        command = [*exec_command.COMMAND[:-1], "serve", "--port-base", "0", "--ready-file", ready_file]
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, text=True, env=exec_command.environment(folder)
        )
        running.append(process)
        for line in process.stdout:
            # The last of the greeting.
            if line.startswith("  export ALIBABA_CLOUD_STS_ENDPOINT"):
                break
        return process, ready_file

    yield serving
    for process in running:
        process.terminate()
        process.communicate(timeout=exec_command.SECONDS)


def test_serve_plays_a_scenario(serving, scenario):
    """Its time begins once everything listens, and each event is a line."""
    process, ready_file = serving("--scenario", scenario(STORY))
    lines = (line.strip() for line in process.stdout)
    assert next(line for line in lines if line) == "at 0s: from now on: imds_error (outage). It happens."
    with RemoteEmulator(control_of(ready_file)) as emulator:
        assert emulator.instance.role.name == "worker"
        emulator.clock.shift(hours=1)
        assert next(line for line in lines if line) == "at 1h: outage is mended"
        assert emulator.faults.in_force == ()


def test_serve_runs_faster(serving):
    """The fakes' clock alone; whoever asks has a clock of their own."""
    _, ready_file = serving("--speed", "60")
    with RemoteEmulator(control_of(ready_file)) as emulator:
        assert emulator.clock.rate == 60


def control_of(ready_file):
    """Return where the control API is, once that is written."""
    while not ready_file.exists():
        subprocess.run(["true"], check=True)
    return json.loads(ready_file.read_text())["control"]


def test_a_timeline_is_read_before_anything_listens(scenario):
    """A mistake is told at once; what happens at the start happens when the emulator is handed over."""
    said = []
    player = _player(Path(scenario(STORY)), said.append)
    assert said == []
    with Emulator() as emulator, player(emulator):
        assert emulator.instance.role.name == "worker"
