"""What the figures depend on besides the code: the machine, the date, the versions of the peers."""

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version

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


def facts() -> list[str]:
    """Return the lines that stand above the table."""
    now = datetime.now(timezone.utc)  # noqa: TID251 - when the figures were made
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return [
        f"{now:%Y-%m-%d %H:%M} UTC, {python} on {system}, load at the start {load}",
        ", ".join(f"{name} {_version(name)}" for name in _PEERS),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
