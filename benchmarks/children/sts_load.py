"""The same load with calls of AssumeRole, each signed for itself; all of them before the clock starts.

Arguments: host, port, key id, key secret, the role's ARN, number of connections, seconds. Prints what
`benchmarks.children.load` prints.
"""

import json
import sys
from collections.abc import Iterator
from uuid import uuid4

from benchmarks.assume_role import FORM_TYPE, Caller, Forms, timestamp_now
from benchmarks.children.load import load
from benchmarks.wire import http_request

# More than any server in Python answers.
_PREPARED_PER_SECOND = 20_000


def _signed(caller: Caller, host: str, number: int) -> Iterator[bytes]:
    forms, timestamp = Forms(caller), timestamp_now()
    bodies = [forms.signed(timestamp, uuid4().hex) for _ in range(number)]
    prepared = [http_request("POST", "/", host, {"Content-Type": FORM_TYPE}, body) for body in bodies]
    return _until_used_up(prepared)


def _until_used_up(prepared: list[bytes]) -> Iterator[bytes]:
    yield from prepared
    raise RuntimeError(f"all {len(prepared)} requests were sent before the time was over: prepare more")


def main(*arguments: str) -> None:
    """Sign, ask for the given time, and print the rate."""
    host, port, key_id, secret, role_arn, connections, seconds = arguments
    number = int(_PREPARED_PER_SECOND * float(seconds))
    requests = _signed(Caller(key_id, secret, role_arn), f"{host}:{port}", number)
    print(json.dumps(load((host, int(port)), requests, int(connections), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
