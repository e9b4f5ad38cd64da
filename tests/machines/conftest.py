"""What a row of fixtures/machines.toml is made into: a world, a home, variables; and the two subjects.

Rule: nothing is told to a subject but what stands in the row. What cannot be known beforehand, such as a key
of the emulated account, stands in a row as `<thing.part>`, see `_Things`.
"""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import certifi
import pytest

from alicred_emulator.clock import wire_time
from alicred_emulator.emulator import Emulator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((ROOT / "fixtures" / "machines.toml").read_text(encoding="utf-8"))
RUNNER = Path(__file__).with_name("runner.py")
PLACEHOLDER = re.compile(r"<([a-z_]+)(?:\.([a-z_]+))?>")
CONFIG_FILE = ".aliyun/config.json"
USUAL_STS = "sts.aliyuncs.com"
SHOWN_PARTS = ("access_key_id", "access_key_secret", "security_token")

USERS = ("env", "config", "credentials", "program")
SESSIONS = ("env_session", "config_session", "program_session")


class _Things:
    """What rows speak of, by the names that they have there."""

    def __init__(self, emulator, home):
        self._emulator = emulator
        self._home = home
        self._made = {}
        for name in ("deployer", "auditor"):
            emulator.ram.add_role(name)

    def fill(self, value):
        """Return a value of a row with what it speaks of; a text that is nothing else becomes the thing."""
        if isinstance(value, dict):
            return {name: self.fill(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part) for part in value]
        if not isinstance(value, str):
            return value
        whole = PLACEHOLDER.fullmatch(value)
        if whole:
            return self._part(whole)
        return PLACEHOLDER.sub(lambda match: str(self._part(match)), value)

    def whose(self, said):
        """Name the key that a subject has come back with."""
        if said["bearer_token"]:
            return "bearer" if said["bearer_token"] == self._thing("bearer")["token"] else "unknown token"
        shown = [said[part] or "" for part in SHOWN_PARTS]
        for name, thing in self._made.items():
            if shown[0] == thing.get("id") and "secret" in thing:
                whole = shown[1:] == [thing["secret"], thing.get("token", "")]
                return name if whole else f"{name}, damaged"
        issued = self._emulator.ledger.get(shown[0])
        if issued is None or shown != [getattr(issued, part) for part in SHOWN_PARTS]:
            return "unknown key"
        holder = issued.principal.split("/")[1]
        return f"{holder} by {issued.origin}"

    def _part(self, match):
        name, part = match.groups()
        return str(self._home) if name == "home" else self._thing(name)[part]

    def _thing(self, name):
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name):
        if name in TABLE["keys"]:
            return TABLE["keys"][name]
        if name in USERS:
            user = self._emulator.ram.add_user(name)
            return {"id": user.access_key_id, "secret": user.access_key_secret}
        if name in SESSIONS:
            return self._session(name)
        return getattr(self, f"_{name}")()

    def _session(self, name):
        emulator = self._emulator
        issued = emulator.ledger.issue(
            holder=emulator.role.session(name.replace("_", "-")),
            origin=name,
            issued_at=emulator.clock.now().replace(microsecond=0),
            lifetime=timedelta(hours=1),
        )
        return dict(
            zip(("id", "secret", "token"), (getattr(issued, part) for part in SHOWN_PARTS), strict=True)
        )

    def _role(self):
        return {name: self._emulator.ram.role(name).arn for name in ("deployer", "auditor")}

    def _instance(self):
        return {"role": self._emulator.role.name, "role_arn": self._emulator.role.arn}

    def _account(self):
        return {"id": self._emulator.account_id}

    def _oidc(self):
        oidc = self._emulator.oidc
        return {
            "provider": oidc.provider_arn,
            "file": str(oidc.token_file),
            "token": oidc.issue_token(),
            "ended_token": oidc.issue_token(lifetime=-60),
        }

    def _ago(self):
        return {"five_minutes": wire_time(self._emulator.clock.now() - timedelta(minutes=5))}

    def _imds(self):
        return {"url": self._emulator.imds.url}

    def _uri(self):
        return {"url": self._emulator.credentials_uri.url}

    def _bearer(self):
        return {"token": self._emulator.user.add_bearer_token()}

    def _key_pair(self):
        pair = self._emulator.key_pair
        return {"id": pair.public_key_id, "pem": pair.private_key_pem}

    def _cloud_sso(self):
        return self._cloud_sso_token(3600)

    def _ended_cloud_sso(self):
        return self._cloud_sso_token(-60)

    def _revoked_cloud_sso(self):
        token = self._cloud_sso_token(3600)
        self._emulator.cloud_sso.revoke(token["token"])
        return token

    def _cloud_sso_token(self, lifetime):
        service = self._emulator.cloud_sso
        token = service.issue_access_token(lifetime)
        return {
            "token": token.text,
            "expires": token.expires_at_seconds,
            "url": service.sign_in_url,
            "access": service.access_configuration_id,
        }

    def _oauth(self):
        return self._oauth_tokens("CN", 3600)

    def _ending_oauth(self):
        return self._oauth_tokens("CN", 60)

    def _revoked_oauth(self):
        tokens = self._oauth_tokens("CN", -60)
        self._emulator.oauth.revoke(tokens["refresh"])
        return tokens

    def _last_oauth(self):
        return self._oauth_tokens("CN", 60, refresh_lifetime=-60)

    def _international_oauth(self):
        return self._oauth_tokens("INTL", 3600)

    def _oauth_tokens(self, site, lifetime, refresh_lifetime=None):
        pair = self._emulator.oauth.issue_tokens(
            site, access_lifetime=lifetime, refresh_lifetime=refresh_lifetime
        )
        return {
            "access": pair.access.text,
            "expires": pair.access.expires_at_seconds,
            "refresh": pair.refresh.text,
        }


class _Subject:
    """A library in a process of its own, which forks for each machine."""

    def __init__(self, name, emulator):
        # A developer's own settings would be another machine.
        environment = {"PATH": os.environ.get("PATH", ""), "TZ": "UTC"}
        self._process = subprocess.Popen(
            [sys.executable, str(RUNNER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._say(
            {
                "authorities": certifi.where(),
                "bundle": str(emulator.ca_bundle),
                "certificate": emulator.ca_certificate,
            }
        )

    def ask(self, environment, fakes):
        self._say({"environment": environment, "fakes": fakes})
        return json.loads(self._process.stdout.readline())

    def end(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _say(self, line):
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()


@pytest.fixture(scope="session")
def running_emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def subjects(running_emulator):
    if not hasattr(os, "fork"):
        pytest.skip("each machine is a fork of a process that has imported what it can")
    subjects = {name: _Subject(name, running_emulator) for name in ("alicred", "sdk")}
    yield subjects
    for subject in subjects.values():
        subject.end()


def _write_files(home, machine, things):
    files = dict(machine.get("files", {}))
    if "profiles" in machine:
        profiles = things.fill(machine["profiles"])
        content = {"current": profiles[0]["name"], "profiles": profiles, "meta_path": ""}
        files[CONFIG_FILE] = json.dumps(content, indent="\t")
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(things.fill(text)), encoding="utf-8")
        path.chmod(machine.get("permissions", {}).get(name, 0o600))


def _fakes_on(machine, emulator):
    fakes = {name: service.port for name, service in emulator.services.items()}
    if "instance" not in machine:
        # Off the cloud nobody listens there.
        del fakes["imds"]
    for switch, value in machine.get("instance", {}).items():
        setattr(emulator.instance, switch, None if value is False and switch == "role" else value)
    if "uri_status" in machine:
        emulator.credentials_uri.set_response(status=machine["uri_status"])
    return fakes


def _shown(entry):
    """Return a request as rows write it: what is not as usual is said besides."""
    host = entry.headers.get("Host", "").partition(":")[0]
    elsewhere = f" at {host}" if entry.service == "sts" and host != USUAL_STS else ""
    status = "" if entry.status == 200 else f" {entry.status}"
    return f"{entry.service} {entry.operation}{elsewhere}{status}"


@pytest.fixture
def outcome(running_emulator, subjects, tmp_path):
    """Put a subject on a machine, and return what came of it in the words of the table, and what it said."""

    def outcome(name, machine):
        running_emulator.reset()
        home = tmp_path / name
        home.mkdir()
        things = _Things(running_emulator, home)
        _write_files(home, machine, things)
        environment = {"HOME": str(home), **things.fill(machine.get("environment", {}))}
        said = subjects[name].ask(environment, _fakes_on(machine, running_emulator))
        # The issuer is asked for its keys by STS, and by nobody else.
        requests = [_shown(entry) for entry in running_emulator.journal if entry.service != "oidc"]
        for service in running_emulator.services.values():
            service.check()
        if "fails" in said:
            return {"fails": said["fails"], "requests": requests}, said
        found = {"provider_name": said["provider_name"], "key": things.whose(said), "requests": requests}
        return found, said

    yield outcome
    running_emulator.reset()
