"""What the tests of `alicred-emulator exec` start, and who may start it."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "alicred_emulator", "exec"]
AS_ORDINARY_USER = [sys.executable, str(Path(__file__).with_name("as_ordinary_user.py"))]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
SECONDS = 60


def environment(folder, **variables):
    """Return the environment of a run whose temporary files go to a folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ALIBABA_CLOUD_", "COV", "PYTEST"))
    }
    return {**kept, "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **variables}


def why_no_namespaces(prefix=()):
    """Return what the command says where namespaces do not work, None where they do."""
    command = [*prefix, *COMMAND, "--isolation", "namespace", "--", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    return None if done.returncode == 0 else done.stderr.strip()
