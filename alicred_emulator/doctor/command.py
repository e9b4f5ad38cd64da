"""Looks at everything in a table, and says it: a line each, or as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from alicred_emulator.doctor.findings import MISSING, Finding, Probe
from alicred_emulator.doctor.probes import NAMESPACES, PROBES

_STATE_WIDTH: Final = 8
_NAME_WIDTH: Final = 16


def examine(say: Callable[[str], None], *, as_json: bool = False, probes: Sequence[Probe] = PROBES) -> int:
    """Look, and say what was found.

    Args:
        say: Prints a line.
        as_json: Whether one JSON object is printed instead of lines.
        probes: What to look at.

    Returns:
        The exit status: 0 if nothing is missing that `exec` needs, 1 otherwise.
    """
    found = {probe: probe.look() for probe in probes}
    works = not any(probe.needed and finding.state == MISSING for probe, finding in found.items())
    if as_json:
        say(json.dumps({"works": works, "findings": [_told(*item) for item in found.items()]}, indent=2))
    else:
        for probe, finding in found.items():
            say(_line(probe, finding))
        say("")
        say(_summary(found, works=works))
    return int(not works)


def _line(probe: Probe, finding: Finding) -> str:
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    begun = f"{finding.state:<{_STATE_WIDTH}} {probe.name:<{_NAME_WIDTH}} {probe.purpose}"
    return f"{begun}: {finding.detail}{remedy}"


def _told(probe: Probe, finding: Finding) -> dict[str, object]:
    return {
        "name": probe.name,
        "state": finding.state,
        "needed": probe.needed,
        "purpose": probe.purpose,
        "detail": finding.detail,
        "remedy": finding.remedy,
    }


def _summary(found: Mapping[Probe, Finding], *, works: bool) -> str:
    if not works:
        missing = [
            probe.name for probe, finding in found.items() if probe.needed and finding.state == MISSING
        ]
        return f"exec does not work here, for want of: {', '.join(missing)}."
    strong = any(probe.name == NAMESPACES and finding.state != MISSING for probe, finding in found.items())
    return f"exec works here, by default with --isolation {'namespace' if strong else 'proxy'}."
