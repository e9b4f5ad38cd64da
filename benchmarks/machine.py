"""What the figures depend on besides the code: the machine, the date, the versions of the peers."""

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version

from benchmarks.record import Facts

_PEERS = (
    "alicred",
    "alibabacloud_credentials",
    "moto",
    "pytest",
    "pytest-httpserver",
    "freezegun",
    "time-machine",
    "requests",
)


def facts() -> Facts:
    """Return what is known before anything is measured."""
    now = datetime.now(timezone.utc)  # noqa: TID251 - when the figures were made
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return Facts(
        date=f"{now:%Y-%m-%d %H:%M} UTC",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        load=load,
        versions={name: _version(name) for name in _PEERS},
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
