"""The fakes in a process of their own, so that what is measured does not share their interpreter.

As a program it prints where they are, and who may ask them, as JSON, and serves until its input ends, which
it does with whoever started it.
"""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager

from benchmarks.assume_role import Caller
from benchmarks.processes import module, serving


@contextmanager
def fake_imds() -> Generator[str, None, None]:
    """Serve the metadata service for the length of the block; yields its URL."""
    with _served() as variables:
        yield variables["ALIBABA_CLOUD_IMDS_ENDPOINT"]


@contextmanager
def fake_imds_and_proxy() -> Generator[tuple[str, str], None, None]:
    """Serve the metadata service and the proxy before it for the length of the block; yields both URLs."""
    with _served() as variables:
        yield variables["ALIBABA_CLOUD_IMDS_ENDPOINT"], variables["HTTP_PROXY"]


@contextmanager
def fake_sts() -> Generator[tuple[str, Caller], None, None]:
    """Serve STS for the length of the block; yields its URL, and a user who may assume a role there."""
    with _served() as variables:
        caller = Caller(
            access_key_id=variables["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            role_arn=variables["ALIBABA_CLOUD_ROLE_ARN"],
        )
        yield variables["ALIBABA_CLOUD_STS_ENDPOINT"], caller


@contextmanager
def _served() -> Generator[dict[str, str], None, None]:
    with serving(module("fake_process")) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())


def main() -> None:
    """Serve until the input ends."""
    from alicred_emulator import Emulator  # noqa: PLC0415 - whoever only starts this process needs none
    from alicred_emulator.proxy.server import ProxyServer  # noqa: PLC0415 - the same

    with (
        Emulator() as emulator,
        ProxyServer(emulator.services, emulator.journal, emulator.clock) as proxy,
    ):
        print(json.dumps(emulator.env("user") | {"HTTP_PROXY": proxy.url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
