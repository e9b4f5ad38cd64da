"""What the files inside say that tell a program where names are and whom to trust.

The rule kept here: what stands in a file of the machine stays in it, except what would lead past the fakes.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from alicred_emulator.hosts import is_alibaba_cloud
from alicred_emulator.presence import is_there

HOSTS: Final = Path("/etc/hosts")
NAME_SERVERS: Final = Path("/etc/resolv.conf")
NAME_SERVICES: Final = Path("/etc/nsswitch.conf")

NAME_CACHES: Final = (Path("/run/nscd/socket"), Path("/var/run/nscd/socket"))
"""Where the C library asks for names before all else, past the network."""

AUTHORITIES: Final = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/pki/tls/cacert.pem"),
    Path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
    Path("/usr/lib/ssl/cert.pem"),
    Path("/usr/local/share/certs/ca-root-nss.crt"),
)
"""Where distributions keep the certificates of all authorities."""

JAVA_AUTHORITIES: Final = (
    Path("/etc/ssl/certs/java/cacerts"),
    Path("/etc/pki/ca-trust/extracted/java/cacerts"),
    Path("/etc/pki/java/cacerts"),
)
"""Where distributions keep the same for Java."""

PROFILES: Final = (".aliyun", ".alibabacloud")
"""The folders of a home directory where Alibaba's tools keep keys."""

_IN_A_JAVA_HOME: Final = ("lib/security/cacerts", "jre/lib/security/cacerts")
_HOSTS_LINE: Final = re.compile(r"^\s*hosts:.*$", re.MULTILINE)


def existing(paths: Iterable[Path]) -> list[Path]:
    """Return the files and folders that are there, each once, whatever links lead to it."""
    return list(dict.fromkeys(path.resolve() for path in paths if is_there(path)))


def missing() -> str | None:
    """Say which files are missing that have to be there, as a part of a sentence; None if none is."""
    names = [str(place) for place in (HOSTS, NAME_SERVERS) if not is_there(place)]
    return f"there is no {' and no '.join(names)} to put another over; create it" if names else None


def java_authorities(homes: Iterable[Path]) -> list[Path]:
    """Return the trust stores of the machine's and of further Java homes."""
    within = [home / inner for home in homes for inner in _IN_A_JAVA_HOME]
    return existing((*JAVA_AUTHORITIES, *within))


def profile_folders(home: str | None) -> list[Path]:
    """Return the folders of a home directory that hold profiles, where there are any."""
    return existing(Path(home) / name for name in PROFILES) if home else []


def hosts_text(before: str, addresses: Mapping[str, str]) -> str:
    """Return a file of hosts that has further names.

    Args:
        before: What the machine's says; a line that names a host of Alibaba Cloud is left out.
        addresses: Name to address.
    """
    own = "".join(f"{address}\t{name}\n" for name, address in addresses.items())
    return own + "".join(line for line in before.splitlines(keepends=True) if not _is_in_the_way(line))


def _is_in_the_way(line: str) -> bool:
    _, *names = line.partition("#")[0].split() or [""]
    return any(is_alibaba_cloud(name) for name in names)


def name_servers_text(address: str) -> str:
    """Return a file of name servers that has one."""
    return f"nameserver {address}\noptions timeout:2 attempts:2\n"


def name_services_text(before: str) -> str:
    """Return a file of name services in which hosts are looked up in files and by DNS, and nowhere else."""
    return _HOSTS_LINE.sub("hosts: files dns", before)
