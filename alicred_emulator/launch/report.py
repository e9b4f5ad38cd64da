"""What a program asked for, as a file for other programs; it holds no header, query, body or secret."""

import json
import os
from pathlib import Path
from typing import Any

from alicred_emulator.journal import Entry, Journal
from alicred_emulator.launch.errors import LaunchError
from alicred_emulator.presence import is_folder, is_there


class ReportError(LaunchError):
    """The report cannot be written."""


def check(file: Path) -> None:
    """See whether a report can be written, before anything is started.

    Raises:
        ReportError: It cannot.
    """
    if not os.access(file if is_there(file) else file.parent, os.W_OK) or is_folder(file):
        raise ReportError(f"cannot write the report {file}: choose a file in a directory that can be written")


def write(file: Path, journal: Journal) -> None:
    """Write the report.

    Args:
        file: Where to.
        journal: What was asked.

    Raises:
        ReportError: It cannot be written.
    """
    text = json.dumps({"requests": [_told(entry) for entry in journal]}, indent=2)
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot write the report {file}: {error.strerror}; choose another file") from error


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "time": entry.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "service": entry.service,
        "operation": entry.operation,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "placed": entry.placed,
    }
