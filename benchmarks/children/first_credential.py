"""The time that a default client takes to its first credential, in a process that has imported it.

Argument: the module that the client is of. The environment has a key. Prints seconds, the threads that are
left, and which HTTP modules were loaded meanwhile.
"""

import json
import os
import sys
import threading
from importlib import import_module
from time import perf_counter

_HTTP = {"requests", "urllib3", "http.client", "ssl"}


def main(module: str) -> None:
    """Measure once, and print."""
    kind = import_module(module).Client
    loaded = set(sys.modules)
    began = perf_counter()
    client = kind()
    credential = client.get_credential()
    took = perf_counter() - began
    assert credential.access_key_id
    figures = {
        "seconds": took,
        "threads": threading.active_count() - 1,
        "http": sorted(_HTTP & (sys.modules.keys() - loaded)),
    }
    print(json.dumps(figures), flush=True)
    # The SDK's scheduler would hold up the exit.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
