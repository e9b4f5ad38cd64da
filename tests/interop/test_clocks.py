"""Alibaba's SDKs of several languages, unmodified and running, on a clock that a test moves.

Each is started once by `exec`, reads, is hours older in a moment, and reads again. Only the clock was moved,
from outside, over the control API.
"""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from alicred_emulator import faketime
from alicred_emulator.remote import RemoteEmulator

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's"),
]
needs_libfaketime = pytest.mark.skipif(
    faketime.find_library() is None, reason=f"libfaketime is not installed: {faketime.HINT}"
)

FOLDER = Path(__file__).parent
EXEC = [sys.executable, "-m", "alicred_emulator", "exec"]
SECONDS = 120

PYTHON = """
import json, sys
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config
names = {"accessKeyId": "access_key_id", "accessKeySecret": "access_key_secret", "roleArn": "role_arn"}
names["roleSessionName"] = "role_session_name"
clients = {}
for line in sys.stdin:
    configuration = {names.get(name, name): value for name, value in json.loads(line).items()}
    if line not in clients:
        clients[line] = Client(Config(**configuration))
    found = clients[line].get_credential()
    parts = {"accessKeyId": found.access_key_id, "accessKeySecret": found.access_key_secret}
    print(json.dumps({**parts, "securityToken": found.security_token}), flush=True)
"""
WHERE = 'echo "$ALICRED_EMULATOR_CONTROL" && exec "$@"'
"""Says where the emulator is, and becomes the program."""


def node():
    """Return the program of Node.js."""
    if shutil.which("node") is None or not (FOLDER / "node" / "node_modules").is_dir():
        pytest.skip("the SDK for Node.js is not installed: make test does it where npm is there")
    return ["node", str(FOLDER / "node" / "credential.js")]


def java():
    """Return the program of Java."""
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    lib = FOLDER / "java" / "lib"
    if not (lib / "Credential.class").is_file():
        pytest.skip("the SDK for Java is not built: make java does it")
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{lib}/*:{lib}", "Credential"]


def python():
    """Return the program of Python."""
    pytest.importorskip("alibabacloud_credentials")
    return [sys.executable, "-c", PYTHON]


PROGRAMS = {"Node.js": node, "Java": java, "Python": python}


def of_the_instance(_emulator):
    """The configuration of a program that is on the instance."""
    return {"type": "ecs_ram_role"}


def of_a_role(emulator):
    """The configuration of a user who assumes the default role."""
    return {
        "type": "ram_role_arn",
        "accessKeyId": emulator.user.access_key_id,
        "accessKeySecret": emulator.user.access_key_secret,
        "roleArn": emulator.role.arn,
        "roleSessionName": "clocks",
    }


SOURCES = (of_the_instance, of_a_role)


class Running:
    """A program that prints credentials, and the emulator that it runs among."""

    def __init__(self, process, emulator, said):
        self.emulator = emulator
        self.said = said
        self._process = process

    def tell(self, configuration):
        """Write it a configuration."""
        print(json.dumps(configuration), file=self._process.stdin, flush=True)

    def hear(self):
        """Return the next credential that it prints, as it was issued."""
        printed = json.loads(self._process.stdout.readline())
        assert "error" not in printed, printed
        return self.emulator.ledger.get(printed["accessKeyId"])

    def read(self, source):
        """Have it read, and return the credential."""
        self.tell(source(self.emulator))
        return self.hear()


@pytest.fixture
def start(tmp_path):
    """Start a program by `exec` in a namespace, with options."""
    running, emulators = [], []

    def start(program, *options):
        said = tmp_path / "said"
        with said.open("w") as stderr:
            process = subprocess.Popen(
                [*EXEC, *options, "--", "sh", "-c", WHERE, "sh", *program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        running.append(process)
        control = process.stdout.readline().strip()
        if "isolation namespace: " not in said.read_text():
            pytest.skip(f"namespaces do not work here: {said.read_text().strip()}")
        emulators.append(RemoteEmulator(control))
        return Running(process, emulators[-1], said)

    yield start
    for process in running:
        process.communicate(timeout=SECONDS)
    for emulator in emulators:
        emulator.close()


@needs_libfaketime
@pytest.mark.parametrize("language", PROGRAMS)
def test_a_running_program_refreshes_when_its_clock_says_so(start, language):
    """Half an hour later it has what it had, and a quarter of an hour before the end it has a new one."""
    running = start(PROGRAMS[language](), "--clock", "controlled")
    clock = running.emulator.clock
    for source in SOURCES:
        first = running.read(source)
        clock.shift(minutes=30)
        assert running.read(source).access_key_id == first.access_key_id
        clock.move_to(first.expires_at - timedelta(minutes=14))
        second = running.read(source)
        assert second.access_key_id != first.access_key_id
        assert second.issued_at <= clock.now() < second.expires_at


@needs_libfaketime
def test_a_program_whose_waits_follow_lives_through_a_session_by_itself(start):
    """Node.js reads every minute of its own, and nobody moves a clock: at this speed ten are a second.

    Its time-outs are as much faster, so they are as long as a busy machine needs.
    """
    program = [node()[0], str(FOLDER / "node" / "every_minute.js")]
    running = start(program, "--speed", "600")
    patience = {"timeout": 1_200_000, "connectTimeout": 1_200_000}
    running.tell({**of_a_role(running.emulator), "roleSessionExpiration": 1800, **patience})
    read = [running.hear()]
    while read[-1].access_key_id == read[0].access_key_id:
        read.append(running.hear())
    first, *kept, second = read
    assert len(kept) > 3
    # A session of half an hour is kept until a quarter of an hour before its end.
    assert first.issued_at + timedelta(minutes=14) < second.issued_at < first.expires_at
    assert (
        "clock 600 times as fast: the program's follows the fakes' with its waits" in running.said.read_text()
    )


@pytest.fixture
def go():
    """Return the program of Go, which needs no library of the machine."""
    program = FOLDER / "go" / "credential"
    if not program.is_file():
        pytest.skip("the SDK for Go is not built: make go does it")
    return [str(program)]


@needs_libfaketime
def test_a_go_program_keeps_the_machines_time_which_is_said(start, go):
    """Six hours pass for the fakes, and it goes on with what it has: one line at the start says why."""
    running = start(go, "--clock", "controlled")
    first = running.read(of_the_instance)
    running.emulator.clock.move_to(first.expires_at + timedelta(minutes=1))
    assert running.read(of_the_instance).access_key_id == first.access_key_id


@needs_libfaketime
def test_a_go_program_is_known_by_its_file(go):
    """Without a shell in front of it, the second line of `exec` names it."""
    said = subprocess.run(
        [*EXEC, "--clock", "controlled", "--", *go], input="", capture_output=True, text=True, check=True
    ).stderr
    keeps = "is a Go program, which asks no library, and keeps the machine's time; what it starts may follow"
    assert said.splitlines()[1].endswith(f"{go[0]} {keeps}")
