"""What the user's environment and home say that a program may go by instead of the fakes.

The rule kept here: of a credential only the name of the variable or file is said.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from alicred_emulator import environment
from alicred_emulator.doctor.findings import MIND, OK, Finding
from alicred_emulator.presence import is_readable_file

_PROFILES: Final = (".aliyun/config.json", ".alibabacloud/credentials", ".alibabacloud/credentials.ini")
_NONE: Final = "none"


def authorities(named: Mapping[str, str | None] | None = None) -> Finding:
    """See which variables name certificate authorities."""
    variables = environment.certificate_files() if named is None else named
    said = {name: file for name, file in variables.items() if file}
    absent = [name for name, file in said.items() if not is_readable_file(Path(file))]
    if absent:
        return Finding(MIND, f"{', '.join(absent)}: no file that can be read", "unset what names none")
    if said:
        return Finding(
            MIND,
            f"{', '.join(said)} set",
            "exec extends a copy; other programs have to be told of the fakes",
        )
    return Finding(OK, _NONE)


def proxies(names: Iterable[str] | None = None) -> Finding:
    """See which variables name a proxy."""
    found = sorted(environment.proxy_names() if names is None else names)
    if not found:
        return Finding(OK, _NONE)
    remedy = "exec and the fixtures do without; otherwise set NO_PROXY=127.0.0.1,100.100.100.200"
    return Finding(MIND, f"{', '.join(found)} set", remedy)


def credentials(names: Iterable[str] | None = None, home: Path | None = None) -> Finding:
    """See whether there is a credential that could be real."""
    variables = sorted(environment.credential_names() if names is None else names)
    at_home = Path(environment.said("HOME") or "~").expanduser() if home is None else home
    found = [*variables, *(f"~/{profile}" for profile in _PROFILES if is_readable_file(at_home / profile))]
    if not found:
        return Finding(OK, _NONE)
    remedy = (
        "fixtures keep them out of sight, and so does exec in a namespace; elsewhere ~/.alibabacloud is seen"
    )
    return Finding(MIND, f"{', '.join(found)} there", remedy)
