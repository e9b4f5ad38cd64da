"""`alicred process`: what it prints is what External mode reads, and nothing else."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

USER_KEYS = ("mode", "access_key_id", "access_key_secret")
COMMAND = f"{shlex.quote(sys.executable)} -m alicred process"


@pytest.fixture(autouse=True)
def unmarked(monkeypatch):
    """No test is run by another one's process."""
    monkeypatch.setenv("ALICRED_PROCESS", "")


@pytest.fixture
def profile(alicred_emulator):
    """Write a config.json with one profile, which is the current one."""

    def profile(**fields):
        path = Path(os.environ["HOME"], ".aliyun", "config.json")
        path.parent.mkdir()
        document = {"current": "mine", "profiles": [{"name": "mine", **fields}]}
        path.write_text(json.dumps(document), encoding="utf-8")
        path.chmod(0o600)

    return profile


def test_a_session_is_of_mode_sts_token(alicred_emulator, alicred_clock, alicred):
    """Its token and its end go with the key."""
    done = alicred("process")
    document = json.loads(done.out)
    issued = alicred_emulator.ledger.get(document["access_key_id"])
    assert (done.status, done.err) == (0, "")
    assert document == {
        "mode": "StsToken",
        "access_key_id": issued.access_key_id,
        "access_key_secret": issued.access_key_secret,
        "sts_token": issued.security_token,
        "expiration": issued.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_a_users_key_is_of_mode_ak(alicred_emulator, alicred, monkeypatch):
    """What it does not have is left out."""
    for name, value in alicred_emulator.env("user").items():
        monkeypatch.setenv(name, value)
    document = json.loads(alicred("process").out)
    user = alicred_emulator.user
    assert document == dict(zip(USER_KEYS, ("AK", user.access_key_id, user.access_key_secret), strict=True))


def test_without_a_credential_nothing_is_printed(bare_machine, alicred):
    """A reader gets no half of a document; a person gets two lines."""
    done = alicred("process")
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines() == [
        "alicred: no element of the default chain has a credential.",
        "hint: Configure one; `alicred explain` says what was looked for where.",
    ]


def test_a_bearer_token_is_refused(profile, alicred):
    """The form has no place for it, and the error shows none of it."""
    profile(mode="BearerToken", bearer_token="cAnArYtOkEn")
    done = alicred("process")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("alicred: the credential is a bearer token")
    assert "hint: " in done.err
    assert "cAnArY" not in done.err


def test_what_the_chain_passes_over_is_said_on_stderr(alicred_emulator, alicred, monkeypatch):
    """The identity may have become another, and stdout is the reader's alone."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "half a key")
    done = alicred("process")
    assert json.loads(done.out)["mode"] == "StsToken"
    [line] = done.err.splitlines()
    assert line.startswith("alicred: access_key: ")
    assert line.endswith("The default chain goes on.")


def test_it_does_not_run_itself(profile, alicred):
    """The profile that names it is passed over, so that no process starts another for ever."""
    profile(mode="External", process_command=COMMAND)
    done = alicred("process")
    assert json.loads(done.out)["mode"] == "StsToken"
    assert 'profile "mine"' in done.err


def test_those_that_it_starts_can_tell(alicred_emulator, alicred):
    """The mark is inherited by whatever a profile names."""
    alicred("process")
    assert os.environ["ALICRED_PROCESS"] == "1"


def test_a_marked_process_refuses(alicred_emulator, alicred, monkeypatch):
    """It says how to have it read another profile."""
    monkeypatch.setenv("ALICRED_PROCESS", "1")
    done = alicred("process")
    assert (done.status, done.out) == (1, "")
    assert "ALIBABA_CLOUD_PROFILE" in done.err.splitlines()[1]


def test_alicred_reads_it_as_an_external_process(profile, alicred_emulator, monkeypatch):
    """What is printed is what the mode reads."""
    from alicred import Client

    monkeypatch.delenv("ALICRED_PROCESS")
    profile(mode="External", process_command=f"env ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true {COMMAND}")
    credential = Client().get_credential()
    assert credential.provider_name.startswith("default/cli_profile/")
    assert alicred_emulator.ledger.get(credential.access_key_id).origin == "imds"


def test_alibabas_sdk_reads_it_as_an_external_process(alicred_emulator, monkeypatch):
    """The other reader of the same form."""
    from alibabacloud_credentials.provider.external import ExternalCredentialsProvider

    read = ExternalCredentialsProvider(process_command=COMMAND).get_credentials()
    issued = alicred_emulator.ledger.get(read.get_access_key_id())
    assert issued.security_token == read.get_security_token()


def test_it_runs_as_a_command(alicred_emulator):
    """In a process of its own there is one line on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "alicred", "process"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    assert json.loads(line)["mode"] == "StsToken"
