"""The client: how it finds an emulator in another process, and what it says when there is none."""

import json
import os
import subprocess
import sys
import threading

import pytest
import requests

from alicred_emulator import Emulator, Fault
from alicred_emulator.remote import EmulatorUnreachableError, RemoteEmulator
from alicred_emulator.remote.clock import RemoteClock

HOW = "alicred-emulator serve"


@pytest.fixture
def serving(tmp_path):
    """An emulator that runs as a process of its own; its ready file."""
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "alicred_emulator", "serve", "--host", "0.0.0.0", "--port-base", "0"]
    process = subprocess.Popen(
        [*command, "--ready-file", ready_file],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    while not ready_file.exists():
        assert process.poll() is None, process.stdout.read()
        threading.Event().wait(0.01)
    yield process, ready_file
    process.terminate()
    process.communicate(timeout=20)


def test_another_process_is_found_by_its_ready_file(serving):
    """The file names the control API, on loopback whatever the fakes listen on; the greeting shows it too."""
    process, ready_file = serving
    facts = json.loads(ready_file.read_text(encoding="utf-8"))
    assert facts["control"].startswith("http://127.0.0.1:")
    with RemoteEmulator.from_ready_file(ready_file) as emulator:
        emulator.clock.freeze()
        emulator.clock.move_to("2030-01-02T03:04:05Z")
        emulator.faults.add(Fault.reset(), "imds", times=1)
        with pytest.raises(requests.ConnectionError):
            requests.get(emulator.imds.url, timeout=10)
        assert requests.get(emulator.imds.url, timeout=10).headers["Date"] == "Wed, 02 Jan 2030 03:04:05 GMT"
        assert emulator.env("user") == facts["identities"]["user"]
        assert emulator.imds.url == facts["imds"]
    process.terminate()
    greeting, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"control          {facts['control']}" in greeting
    with pytest.raises(EmulatorUnreachableError, match=HOW):
        _ = emulator.account_id


def test_a_missing_ready_file_is_told_with_the_remedy(tmp_path):
    """Whoever reads it too early, or forgot to start, knows what to do."""
    with pytest.raises(EmulatorUnreachableError, match=f"ready.json.*{HOW}"):
        RemoteEmulator.from_ready_file(tmp_path / "ready.json")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', "\ufeff{", "\x00"])
def test_what_is_no_ready_file_is_told(tmp_path, content):
    """It exists, and says nothing of a control API."""
    file = tmp_path / "ready.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"control.*{HOW}"):
        RemoteEmulator.from_ready_file(str(file))


def test_nobody_who_answers_is_told_with_the_remedy(control):
    """A port that is closed, and one where something else listens."""
    with Emulator() as other:
        elsewhere = RemoteEmulator(other.imds.url)
        with elsewhere, pytest.raises(EmulatorUnreachableError, match=f"no control API.*{HOW}"):
            _ = elsewhere.user
        gone = RemoteEmulator(other.sts.url)
    with gone, pytest.raises(EmulatorUnreachableError, match=HOW):
        gone.reset()


@pytest.mark.parametrize("url", ["127.0.0.1:8109", "localhost", "ready.json", ""])
def test_what_is_no_url_is_told_at_once(url):
    """Whoever forgot the scheme is not sent to start an emulator."""
    with pytest.raises(ValueError, match=r"write it like http://127\.0\.0\.1:8109"):
        RemoteEmulator(url)


def test_a_number_that_cannot_travel_is_a_mistake(remote):
    """It is the caller's, and no sign that nobody answers."""
    with pytest.raises(ValueError, match="nan or inf"):
        remote.ram.add_role("r", trust_policy={"Version": float("nan")})


def test_nothing_is_asked_until_something_is_wanted():
    """It can be made before the emulator runs."""
    assert repr(RemoteEmulator("http://127.0.0.1:1/")) == "<RemoteEmulator http://127.0.0.1:1>"


def test_proxies_of_the_environment_are_passed_by(control, monkeypatch):
    """Loopback is not a proxy's to reach."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with RemoteEmulator(control.url) as emulator:
        assert emulator.account_id


def test_things_are_the_same_however_they_were_found(remote):
    """They compare and hash by what they stand for."""
    assert remote.role == remote.ram.role(remote.role.name) == remote.instance.role
    assert len({remote.role, remote.instance.role}) == 1
    assert remote.role != remote.user
    assert remote.role != "demo-role"


def test_what_is_shown_of_things_has_no_secret(remote, emulator):
    """A failed test prints them."""
    requests.get(emulator.credentials_uri.url, timeout=10)
    [issued] = remote.ledger.credentials
    shown = f"{remote.user!r} {remote.user.access_keys!r} {remote.key_pair!r} {issued!r} {remote.ram!r}"
    shown += f" {remote.faults.add('imds_error')!r} {remote.instance.metadata!r} {remote.instance!r}"
    secrets = {emulator.user.access_key_secret, emulator.ledger.credentials[0].access_key_secret}
    assert not any(secret in shown for secret in secrets)
    assert issued.access_key_id not in shown


def test_a_fault_that_was_ended_elsewhere_keeps_its_hits(remote, emulator):
    """A reset takes faults away; a handle still tells what it knew, and removing it does nothing."""
    handle = remote.imds.faults.add("imds_error")
    requests.get(emulator.imds.url, timeout=10)
    assert handle.hits == 1
    emulator.reset()
    assert handle.hits == 1
    handle.remove()


def test_nothing_is_entered_in_a_journal_from_elsewhere(remote, emulator):
    """Requests are what the fakes were asked."""
    requests.get(emulator.imds.url, timeout=10)
    with pytest.raises(TypeError, match="ask the fake"):
        remote.journal.append(remote.journal[0])


def test_a_conflict_is_told(remote, emulator):
    """Somebody else has the port of a service that was stopped."""
    port = remote.oauth.port
    remote.oauth.stop()
    with Emulator(ports={"oauth": port}), pytest.raises(RuntimeError, match=str(port)):
        remote.oauth.resume()


def test_a_class_shows_what_an_attribute_means():
    """Without an emulator there is nothing to read, so that `help` has the description."""
    assert RemoteClock.standing.__doc__ == "Whether it stands still until it is moved or resumed."
