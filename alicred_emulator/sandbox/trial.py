"""Whether a sandbox can be made here: it is tried, in a process of its own, before anybody counts on it."""

import json
import subprocess
import sys
from typing import Final

from alicred_emulator.interpreter import command_of
from alicred_emulator.sandbox import places, refusals

_ADDRESS: Final = "100.100.100.200"


def why_not() -> str | None:
    """Say why no sandbox can be made on this machine, as a part of a sentence; None if one can."""
    if not sys.platform.startswith("linux"):
        return "there are namespaces on Linux alone"
    missing = places.missing()
    if missing is not None:
        return missing
    tried = subprocess.run(command_of(__name__), stdout=subprocess.PIPE, check=False)  # noqa: S603 - this very module
    told = json.loads(tried.stdout or "{}")
    if tried.returncode == 0:
        return None
    return refusals.reason(told.get("refusal", "the trial broke off"), told.get("errno"))


def _attempt() -> int:
    """Make a sandbox of this process as `exec` would; print what was refused, and return the exit status."""
    # Loading it looks for a C library of Linux.
    from alicred_emulator.sandbox import entrance, kernel  # noqa: PLC0415

    try:
        entrance.enter([_ADDRESS])
    except kernel.KernelRefusalError as refusal:
        print(json.dumps({"refusal": refusal.strerror, "errno": refusal.errno}))  # noqa: T201 - to whoever tries
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_attempt())
