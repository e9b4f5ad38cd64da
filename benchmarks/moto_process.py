"""moto's server in a process of its own, as its command starts it."""

import socket
import threading
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from benchmarks.environment import for_child, script
from benchmarks.processes import ChildFailed, serving

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.1


@contextmanager
def moto_server(settings: Mapping[str, str] | None = None) -> Generator[str, None, None]:
    """Run it for the length of the block; yields its URL.

    Args:
        settings: Environment variables that it reads; without any, it runs as it comes.

    Raises:
        ChildFailed: It is not installed, or does not answer.
    """
    command = script("moto_server")
    if command is None:
        raise ChildFailed("moto[server] is not installed")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**for_child(), **(settings or {})}
    with serving([command, "--host", "127.0.0.1", "--port", str(port)], environment=environment):
        _wait_for(f"{url}/latest/meta-data/iam/security-credentials/")
        yield url


def _free_port() -> int:
    # It cannot be told to take any free port, so another may take this one first; then it does not answer.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    pause = threading.Event()
    for _ in range(int(_READY_SECONDS / _POLL_SECONDS)):
        if _answers(url):
            return
        pause.wait(_POLL_SECONDS)
    raise ChildFailed(f"moto_server did not answer within {_READY_SECONDS:g} s")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_READY_SECONDS):
            return True
    except OSError:
        return False
