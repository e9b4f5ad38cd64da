"""What the tests with clients of other languages share: each runs as its users would run it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

NODE_FOLDER = Path(__file__).parent / "node"

EXEC_COMMAND = Path(__file__).parents[1] / "command" / "exec_command.py"


@pytest.fixture(scope="session")
def exec_command():
    """The module of what the tests of `exec` share; the folders are no packages."""
    spec = spec_from_file_location("exec_command", EXEC_COMMAND)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def whose(exec_command):
    """What a user's commands begin with, and why there are no namespaces for them, by name."""
    prefixes = {"this user": [], "an ordinary user": exec_command.AS_ORDINARY_USER}

    def why_not(prefix):
        trial = [*prefix, sys.executable, "-m", "alicred_emulator.sandbox.trial"]
        done = subprocess.run(trial, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stdout + done.stderr

    return {name: (prefix, why_not(prefix)) for name, prefix in prefixes.items()}


ISOLATIONS = ["namespace", "proxy"]
USERS = ["this user", "an ordinary user"] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["this user"]


@pytest.fixture(params=[(isolation, user) for isolation in ISOLATIONS for user in USERS], ids=" for ".join)
def inside(request, exec_command, whose):
    """Run a program by `exec`, in each isolation, as whoever runs the tests and as an ordinary user.

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
            done = subprocess.run(
                [*prefix, *exec_command.COMMAND, *options, "--", *command],
                capture_output=True,
                text=True,
                check=False,
                env=exec_command.environment(home, HOME=home, **variables),
                timeout=exec_command.SECONDS,
            )
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
