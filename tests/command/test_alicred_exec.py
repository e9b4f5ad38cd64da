"""`alicred exec`: a program with the credential in its environment, in the command's own place."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alicred import Credential
from alicred.commands import exec as execution
from alicred.commands.exec import variables
from alicred.environment import inherited

COMMAND = [sys.executable, "-m", "alicred", "exec"]
PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
KEY = Credential(type="access_key", provider_name="static_ak", access_key_id="LTAIx", access_key_secret="s")
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows cannot replace a process")


@pytest.fixture
def run(alicred_emulator):
    """Run a program by the command, in a process of its own."""

    def run(*arguments, **variables_):
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **variables_},
            timeout=30,
        )

    return run


def test_the_program_has_the_credential(run, alicred_emulator):
    """All three parts of one session, under the names that every SDK reads."""
    environment = json.loads(run("--", sys.executable, "-c", PRINT_ENVIRONMENT).stdout)
    issued = alicred_emulator.ledger.get(environment["ALIBABA_CLOUD_ACCESS_KEY_ID"])
    assert environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == issued.access_key_secret
    assert environment["ALIBABA_CLOUD_SECURITY_TOKEN"] == issued.security_token


def test_the_rest_of_the_environment_is_as_it_was(run):
    """The program is started where its user is."""
    environment = json.loads(run(sys.executable, "-c", PRINT_ENVIRONMENT, MINE="kept").stdout)
    assert environment["MINE"] == "kept"
    assert environment["PATH"] == os.environ["PATH"]


def test_what_would_contradict_the_credential_is_gone(monkeypatch):
    """A token of another session, half of another key, a profile that would win."""
    contradicting = {
        "ALIBABA_CLOUD_SECURITY_TOKEN",
        "ALIBABA_CLOUD_PROFILE",
        "ALIBABA_CLOUD_PROFILE_MODE",
        "ALIBABA_CLOUD_BEARER_TOKEN",
        "ALIBABACLOUD_SECURITY_TOKEN",
        "ALICLOUD_ACCESS_KEY_ID",
    }
    for name in contradicting:
        monkeypatch.setenv(name, "stale")
    environment = inherited(variables(KEY))
    assert contradicting.isdisjoint(environment)
    assert environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] == "LTAIx"
    assert environment["ALIBABA_CLOUD_IGNORE_PROFILE"] == "TRUE"


def test_the_end_is_said_on_stderr(run):
    """The program cannot have it renewed, and whoever starts it has to know."""
    done = run("--", sys.executable, "-c", "")
    assert (done.returncode, done.stdout) == (0, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("alicred: the credential cannot be renewed in the program, and ends at 2")
    assert " UTC, in 5 h 5" in line or " UTC, in 6 h " in line


def test_of_a_key_without_an_end_nothing_is_said(run, alicred_emulator):
    """There is nothing to know."""
    done = run("--", sys.executable, "-c", "", **alicred_emulator.env("user"))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_status_is_the_programs(run):
    """Nothing stands between it and whoever asked."""
    assert run("--", sys.executable, "-c", "raise SystemExit(37)").returncode == 37


@pytest.mark.parametrize("dashes", [(), ("--",)], ids=["bare", "dashes"])
def test_the_programs_options_are_its_own(run, dashes):
    """What follows the program is not looked at, two dashes of its own included."""
    code = "import sys; print(sys.argv[1:])"
    done = run(*dashes, sys.executable, "-c", code, "--help", "--", "--port", "x")
    assert done.stdout == "['--help', '--', '--port', 'x']\n"


@posix_only
def test_the_program_takes_the_commands_place(alicred_emulator):
    """It has the command's process id, so signals reach it, and no wrapper stays in memory."""
    program = [sys.executable, "-c", "import os; print(os.getpid())"]
    with subprocess.Popen(
        [*COMMAND, *program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, _ = process.communicate(timeout=30)
    assert int(out) == process.pid


@posix_only
def test_signals_mean_what_they_mean_by_themselves(run):
    """Python ignores a broken pipe, and hands that down to no program."""
    assert run("--", "sh", "-c", "kill -PIPE $$").returncode == -signal.SIGPIPE


def test_a_program_that_does_not_exist_is_status_127(alicred_emulator, alicred):
    """As a shell says it."""
    done = alicred("exec", "--", "no-such-program-at-all")
    assert (done.status, done.out) == (127, "")
    assert done.err.splitlines()[-2:] == [
        "alicred: no-such-program-at-all was not found.",
        "hint: Check its name, PATH and its permissions.",
    ]


@posix_only
def test_a_file_that_is_no_program_is_status_126(alicred_emulator, alicred, tmp_path):
    """As a shell says it, too."""
    file = tmp_path / "notes"
    file.write_text("no program", encoding="utf-8")
    done = alicred("exec", str(file))
    assert done.status == 126
    assert f"alicred: {file} cannot be executed: " in done.err


@posix_only
def test_a_program_that_was_not_started_leaves_no_trace(alicred_emulator, alicred):
    """A caller's handling of signals is as before."""
    before = signal.getsignal(signal.SIGPIPE)
    alicred("exec", "no-such-program-at-all")
    assert signal.getsignal(signal.SIGPIPE) == before


@pytest.mark.parametrize("arguments", [(), ("--",)])
def test_no_program_is_status_two(alicred_emulator, alicred, arguments):
    """Nobody is asked for a credential then."""
    alicred_emulator.journal.clear()
    done = alicred("exec", *arguments)
    assert (done.status, done.out) == (2, "")
    assert "hint: Name it: alicred exec -- CMD." in done.err
    assert list(alicred_emulator.journal) == []


def test_without_a_credential_the_program_is_not_started(bare_machine, alicred, tmp_path):
    """Half a job with no key, or with another one, is worse than none."""
    done = alicred("exec", "--", sys.executable, "-c", f"open({str(tmp_path / 'mark')!r}, 'w')")
    assert done.status == 1
    assert "alicred: no element of the default chain has a credential." in done.err
    assert not (tmp_path / "mark").exists()


def test_a_bearer_token_is_refused(alicred_emulator, alicred):
    """No SDK reads one from its environment."""
    path = Path(os.environ["HOME"], ".aliyun", "config.json")
    path.parent.mkdir()
    profile = {"name": "b", "mode": "BearerToken", "bearer_token": "cAnArYtOkEn"}
    path.write_text(json.dumps({"current": "b", "profiles": [profile]}), encoding="utf-8")
    path.chmod(0o600)
    done = alicred("exec", "--", sys.executable, "-c", "")
    assert done.status == 1
    assert "bearer token" in done.err
    assert "cAnArY" not in done.err


@pytest.mark.skipif(not hasattr(os, "getppid"), reason="the program has to know whom to interrupt")
def test_where_no_process_becomes_another_the_program_alone_is_interrupted(monkeypatch):
    """Ctrl-C reaches both; the command waits for what the program makes of it, and ends with its status."""
    monkeypatch.setattr(execution.os, "name", "nt")
    handler = signal.getsignal(signal.SIGINT)
    interrupting = f"import os, sys; os.kill(os.getppid(), {int(signal.SIGINT)}); sys.exit(7)"
    assert execution.execute([sys.executable, "-c", interrupting], KEY, tell=print) == 7
    assert signal.getsignal(signal.SIGINT) is handler
