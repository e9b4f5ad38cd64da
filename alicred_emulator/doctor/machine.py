"""Whether the system does what `exec` asks of it."""

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from alicred_emulator import extra, faketime
from alicred_emulator.doctor.findings import MISSING, OK, Finding, install
from alicred_emulator.sandbox import places, trial

EXTRA: Final = (
    "certifi",
    "click",
    "freezegun",
    "jwt",
    "cryptography",
    "pytest_httpserver",
    "signxml",
    "trustme",
    "werkzeug",
    *(("tomli",) if sys.version_info < (3, 11) else ()),
)
"""What the packages of the extra are imported as."""


def namespaces(why_not: Callable[[], str | None] = trial.why_not) -> Finding:
    """Try to make a sandbox."""
    reason = why_not()
    if reason is None:
        return Finding(OK, "tried, as this user")
    return Finding(MISSING, reason, "exec takes --isolation proxy meanwhile")


def files(missing: Callable[[], str | None] = places.missing, system: str = sys.platform) -> Finding:
    """See whether the files are there that others are shown in the place of."""
    reason = missing() if system.startswith("linux") else None
    if reason is not None:
        return Finding(MISSING, reason, "touch them, as root; they may be empty")
    return Finding(OK, f"{places.HOSTS}, {places.NAME_SERVERS}")


def temporary_files(folder: Callable[[], str] = tempfile.gettempdir) -> Finding:
    """See whether temporary files can be written."""
    try:
        with tempfile.TemporaryFile(dir=folder()):
            return Finding(OK, folder())
    except OSError as error:
        return Finding(MISSING, str(error), "name a directory that can be written by TMPDIR")


def packages(
    names: Iterable[str] = EXTRA, find: Callable[[str], object] = importlib.util.find_spec
) -> Finding:
    """See whether the packages of the extra are installed."""
    missing = [name for name in names if find(name) is None]
    if missing:
        return Finding(MISSING, f"without {', '.join(missing)}", extra.INSTALL)
    return Finding(OK, sys.executable)


def libfaketime(find: Callable[[], Path | None] = faketime.find_library) -> Finding:
    """See whether libfaketime is there."""
    return _found(find(), install(*["libfaketime"] * 3))


def tool(name: str, remedy: str, find: Callable[[str], str | None] = shutil.which) -> Finding:
    """See whether a program is there.

    Args:
        name: What it is run by.
        remedy: How to install it.
        find: Finds it.
    """
    return _found(find(name), remedy)


def _found(place: object, remedy: str) -> Finding:
    return Finding(MISSING, "not found", remedy) if place is None else Finding(OK, str(place))
