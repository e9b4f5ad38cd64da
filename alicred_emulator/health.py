"""Whether an emulator answers: `python -m alicred_emulator.health URL`, for the probes of a container.

The rule kept here: nothing but the standard library is loaded, since a probe runs every few seconds.
"""

import sys
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

_PATH: Final = "/healthz"
_TIMEOUT_SECONDS: Final = 2.0
_ABSENT: Final = 1
_USAGE: Final = 2


def main(arguments: Sequence[str]) -> int:
    """Ask an emulator's control API how it is.

    Args:
        arguments: Its URL, such as ``http://127.0.0.1:8109``, and nothing else.

    Returns:
        The exit status: 0 if it answers that it is well, 1 if not, 2 if no URL was given.
    """
    if len(arguments) != 1:
        return _tell(_USAGE, "one URL is needed: that of the control API, such as http://127.0.0.1:8109")
    try:
        status = _status(arguments[0])
    except (OSError, HTTPException, ValueError) as error:
        return _tell(_ABSENT, f"no emulator answers: {error}; start one with: alicred-emulator serve")
    if status != HTTPStatus.OK:
        return _tell(_ABSENT, f"status {status} is no control API's; ask where the emulator says that it is")
    return 0


def _status(url: str) -> int:
    place = urlsplit(url)
    if place.scheme != "http" or not place.hostname:
        raise ValueError("the control API's URL begins with http:// and a host")
    connection = HTTPConnection(place.hostname, place.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", _PATH)
        return connection.getresponse().status
    finally:
        connection.close()


def _tell(status: int, line: str) -> int:
    sys.stderr.write(f"alicred_emulator.health: {line}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
