"""The environment of the processes that measure, and the only place here that reads the real one."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_SETTINGS = (
    "ALIBABA_CLOUD_",
    "ALIBABACLOUD_",
    "ALICLOUD_",
    "ALICRED_",
    "AWS_",
    "MOTO_",
    "INITIAL_NO_AUTH_",
    "PYTEST_",
)
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
# Byte code must be cached, or every import would be measured with its compilation.
_PYTHON = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE"})


def for_child(time_zone: str | None = None) -> dict[str, str]:
    """Return this process's environment without a developer's keys, proxies and Python switches.

    Args:
        time_zone: The value of `TZ`; None leaves it unset, whatever it is here.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_SETTINGS) and name.upper() not in _PROXIES | _PYTHON
    }
    kept.pop("TZ", None)
    if time_zone is not None:
        kept["TZ"] = time_zone
    return kept


def point_at(imds_url: str) -> None:
    """Have alicred's clients of this process find the instance at a URL."""
    os.environ["ALIBABA_CLOUD_IMDS_ENDPOINT"] = imds_url


def script(name: str) -> str | None:
    """Return the path of a command that is installed beside this Python, None if there is none."""
    path = Path(sys.executable).with_name(name)
    return str(path) if path.exists() else None
