"""What the tests with clients of other languages share: each runs as its users would run it."""

import json
import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import pytest

NODE_FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def whose(exec_command):
    """What a user's commands begin with, and why there are no namespaces for them, by name."""
    prefixes = {"this user": [], "an ordinary user": exec_command.AS_ORDINARY_USER}

    return {name: (prefix, exec_command.why_no_namespaces(prefix)) for name, prefix in prefixes.items()}


USERS = ["this user", "an ordinary user"] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["this user"]


# Whose the proxy is makes no difference.
PLACES = [*(("namespace", user) for user in USERS), ("proxy", "this user")]


@pytest.fixture(params=PLACES, ids=" for ".join)
def inside(request, exec_command, ready_command, whose):
    """Run a program by `exec`, in each isolation, and in a namespace as an ordinary user as well.

    It has an empty home. What it was given, the isolation, is the function's `isolation`.
    """
    isolation, user = request.param
    prefix, obstacle = whose[user]
    if isolation == "namespace" and obstacle is not None:
        pytest.skip(f"no namespaces for {user}: {obstacle}")

    with tempfile.TemporaryDirectory(prefix="of-interop-", dir="/tmp") as home:
        Path(home).chmod(0o777)

        def inside(*command, **variables):
            # Some clients ask a proxy for loopback as well, whatever NO_PROXY says.
            options = ["--isolation", isolation, *(["--allow", "127.0.0.1"] if isolation == "proxy" else [])]
            run = partial(exec_command.run, prefix=prefix) if prefix else ready_command.run
            done = run([*options, "--", *command], home, HOME=home, **variables)
            assert done.returncode == 0, done.stderr
            return done.stdout

        inside.isolation = isolation
        yield inside


@pytest.fixture
def node(alicred_emulator):
    """Read a credential with the SDK for Node.js: a configuration to what it printed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed")
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("the SDK for Node.js is not installed: make test does it where npm is there")

    def read(configuration=None, **environment):
        command = [program, "credential.js", *([json.dumps(configuration)] if configuration else [])]
        variables = {
            "PATH": str(Path(program).parent),
            "NODE_EXTRA_CA_CERTS": str(alicred_emulator.ca_bundle),
            **environment,
        }
        done = subprocess.run(
            command, cwd=NODE_FOLDER, env=variables, capture_output=True, text=True, timeout=30, check=True
        )
        return json.loads(done.stdout)

    return read
