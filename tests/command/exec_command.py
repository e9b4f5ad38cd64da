"""What the tests of `alicred-emulator exec` start, and who may start it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

COMMAND = [sys.executable, "-m", "alicred_emulator", "exec"]
AS_ORDINARY_USER = [sys.executable, str(Path(__file__).with_name("as_ordinary_user.py"))]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
READY_COMMAND = str(Path(__file__).with_name("ready_command.py"))
SECONDS = 60


def environment(folder, **variables):
    """Return the environment of a run whose temporary files go to a folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ALIBABA_CLOUD_", "COV", "PYTEST"))
    }
    temporary = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(folder))
    return {**kept, **temporary, "PYTHONDONTWRITEBYTECODE": "1", **variables}


def why_no_namespaces(prefix=()):
    """Return why namespaces do not work, None where they do."""
    trial = [*prefix, sys.executable, "-m", "alicred_emulator.sandbox.trial"]
    done = subprocess.run(trial, capture_output=True, text=True, check=False, timeout=SECONDS)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


@contextlib.contextmanager
def open_folder():
    """Yield an empty directory that everybody may write to, where temporary files of a run go."""
    # The place that is usual may be one user's, and hidden from others.
    place = "/tmp" if os.name == "posix" else None
    with tempfile.TemporaryDirectory(prefix="of-exec-", dir=place) as name:
        Path(name).chmod(0o777)
        yield Path(name)


def run(arguments, folder, prefix=(), **variables):
    """Run the command with arguments in a process of its own, and wait for its end."""
    return subprocess.run(
        [*prefix, *COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(folder, **variables),
        timeout=SECONDS,
    )


def start(arguments, folder, prefix=(), *, stderr=subprocess.DEVNULL, **variables):
    """Start the command with arguments in a process group of its own."""
    return subprocess.Popen(
        [*prefix, *COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment(folder, **variables),
        start_new_session=True,
    )


class UnreadyCommand(contextlib.nullcontext):
    """The command, loaded for each run, where a loaded one cannot be handed the streams of a run."""

    def __init__(self):
        super().__init__(self)

    def run(self, arguments, folder, **variables):
        """Run the command with arguments, and wait for its end."""
        return run(arguments, folder, **variables)


class ReadyCommand:
    """The command, loaded once for many runs of whoever runs the tests."""

    def __enter__(self):
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(SECONDS)
        with other:
            self._process = subprocess.Popen([sys.executable, READY_COMMAND], stdin=other)
        return self

    def __exit__(self, *_exception):
        self._line.close()
        self._process.wait(SECONDS)

    def run(self, arguments, folder, **variables):
        """Run the command with arguments, and wait for its end."""
        asked = {
            "arguments": ["exec", *map(str, arguments)],
            "variables": environment(folder, **variables),
            "folder": str(Path.cwd()),
        }
        with (
            Path(os.devnull).open() as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            streams = [stream.fileno() for stream in (nothing, out, err)]
            socket.send_fds(self._line, [json.dumps(asked).encode()], streams)
            status = int(self._line.recv(100))
            printed = [read_again(stream) for stream in (out, err)]
        return subprocess.CompletedProcess(asked["arguments"], status, *printed)


def read_again(stream):
    """Return what somebody has written to a file."""
    stream.seek(0)
    return stream.read().decode()
