"""What the image runs, run as its container would be: read-only files, an ordinary user, no rights."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

CONFINED = [sys.executable, str(Path(__file__).with_name("confined.py")), "/run/alicred"]
SECONDS = 60

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="containers are Linux's")


def variables(**more):
    """Return an environment with the commands of this installation first, and no identity."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **more}


def confined(command, **more):
    """Run a command to its end in a container of its own."""
    return subprocess.run(
        [*CONFINED, *command],
        env=variables(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.fixture(scope="module")
def container(image, emulators):
    """The emulator as compose.yaml runs it, but on free ports, and what its ready file says."""
    tried = confined(["true"])
    if tried.returncode:
        pytest.skip(f"nothing can be confined here: {tried.stderr.splitlines()[-1]}")
    [described, _] = emulators
    process = subprocess.Popen(
        [*CONFINED, *image.entry_point, *described.arguments, "--port-base", "0"],
        env=variables(**described.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # Its own folder, which nobody outside sees by its path.
    ready_file = Path(f"/proc/{process.pid}/root{described.arguments[-1]}")
    try:
        for _ in range(100 * SECONDS):
            if ready_file.exists():
                yield process, json.loads(ready_file.read_text(encoding="utf-8"))
                return
            assert process.poll() is None, process.stdout.read()
            threading.Event().wait(0.01)
        raise AssertionError("it was never ready")
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


def test_it_lives_on_one_folder_without_rights(container, image, applications, emulators):
    """It serves, is well by the image's own check, gives the application its credential, and ends.

    One container for all of it, since its start is what takes time.
    """
    process, facts = container
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert facts["ca_bundle"].startswith(emulators[0].variables["TMPDIR"])

    *check, _ = image.health_check
    assert confined([*check, facts["control"]]).returncode == 0

    told = confined(applications[0].arguments, **facts["env"])
    assert told.returncode == 0, told.stdout + told.stderr
    assert "ecs" in told.stdout.lower()

    process.send_signal(signal.Signals[image.last("STOPSIGNAL")])
    assert process.wait(timeout=SECONDS) == 0
    assert confined([*check, facts["control"]]).returncode == 1
