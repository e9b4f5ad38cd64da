"""What clients cost that hold a credential and do nothing.

Arguments: ``alicred`` or ``sdk``, the number of clients, and the URL of a metadata service. Every client has
fetched a credential of its own. Memory is what Python allocated for it, as `tracemalloc` counts.
"""

import gc
import json
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

from alicred import Client, Config
from benchmarks import sdk
from benchmarks.environment import point_at


def main(kind: str, number: str, imds_url: str) -> None:
    """Build the clients, and print threads and bytes per client."""
    point_at(imds_url)
    with sdk.on_instance(imds_url):
        figures = _cost(_alicred if kind == "alicred" else sdk.ecs_client, int(number))
    print(json.dumps(figures), flush=True)
    # The SDK's hundreds of threads are not waited for.
    os._exit(0)


def _alicred() -> Client:
    return Client(Config(type="ecs_ram_role"))


def _cost(build: Callable[[], Any], number: int) -> dict[str, float]:
    # What the first clients load or cache serves all.
    kept = [_with_credential(build) for _ in range(3)]
    gc.collect()
    threads = threading.active_count()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    built = [build() for _ in range(number)]
    gc.collect()
    fresh = tracemalloc.get_traced_memory()[0]
    for client in built:
        client.get_credential()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    assert kept
    return {
        "threads": threading.active_count() - threads,
        "bytes_fresh": (fresh - before) / number,
        "bytes": (after - before) / number,
    }


def _with_credential(build: Callable[[], Any]) -> Any:
    client = build()
    client.get_credential()
    return client


if __name__ == "__main__":
    main(*sys.argv[1:])
