"""What the tests with clients of other languages share: each runs as its users would run it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

NODE_FOLDER = Path(__file__).parent / "node"


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
