"""The paths of the metadata service: which operation each is, and which are documented.

A path is known to be missing, as on an instance without a spot reclamation, when it is documented and
not there; any other missing path is one that the fake cannot place.
"""

import fnmatch
from collections.abc import Mapping
from typing import Final

from alicred_emulator.messages import Request

VERSIONS: Final = ("2016-01-01", "latest")
"""The API versions; every item hangs under either (documented)."""

ROOT_LISTING: Final = ("meta-data", "user-data", "dynamic")
"""What a version lists, without slashes and in this order (recorded)."""

META_DATA: Final = "meta-data"
ROLE_DIRECTORY: Final = "meta-data/ram/security-credentials"

LEAVES: Final[Mapping[str, str]] = {
    "api/token": "Token",
    "user-data": "UserData",
    "vendor-data": "VendorData",
    "maintenance/active-system-events": "SystemEvents",
    "dynamic/instance-identity/document": "IdentityDocument",
    "dynamic/instance-identity/pkcs7": "IdentitySignature",
}
"""Items outside ``meta-data/``, to their operations."""

UNREACHABLE: Final = frozenset({"tags/instance/.", "tags/instance/.."})
"""Items that are listed and cannot be read: a path ends at such a tag's name (documented)."""

_DIRECTORIES: Final[Mapping[str, str]] = {
    "": "Version",
    ROLE_DIRECTORY: "RoleName",
    META_DATA: "Metadata",
    "maintenance": "Metadata",
    "dynamic": "Metadata",
    "dynamic/instance-identity": "Metadata",
}

OPERATIONS: Final = frozenset({*LEAVES.values(), *_DIRECTORIES.values(), "RoleCredential"})
"""The names under which requests stand in the journal and faults find them."""

_DOCUMENTED: Final = (
    "all",
    "dns-conf/nameservers",
    "disks/*/id",
    "disks/*/name",
    "eipv4",
    "hibernation/configured",
    "hostname",
    "image-id",
    "image/market-place/charge-type",
    "image/market-place/product-code",
    "instance-id",
    "instance/instance-name",
    "instance/instance-type",
    "instance/last-host-landing-time",
    "instance/max-netbw-egress",
    "instance/max-netbw-ingress",
    "instance/spot/termination-time",
    "instance/virtualization-solution",
    "instance/virtualization-solution-version",
    "kms-server",
    "mac",
    "network-type",
    "network/interfaces/macs/*/gateway",
    "network/interfaces/macs/*/ipv4-prefixes",
    "network/interfaces/macs/*/ipv6-gateway",
    "network/interfaces/macs/*/ipv6-prefixes",
    "network/interfaces/macs/*/ipv6s",
    "network/interfaces/macs/*/netmask",
    "network/interfaces/macs/*/network-interface-id",
    "network/interfaces/macs/*/primary-ip-address",
    "network/interfaces/macs/*/private-ipv4s",
    "network/interfaces/macs/*/vpc-cidr-block",
    "network/interfaces/macs/*/vpc-id",
    "network/interfaces/macs/*/vpc-ipv6-cidr-blocks",
    "network/interfaces/macs/*/vswitch-cidr-block",
    "network/interfaces/macs/*/vswitch-id",
    "network/interfaces/macs/*/vswitch-ipv6-cidr-block",
    "ntp-conf/ntp-servers",
    "owner-account-id",
    "private-ipv4",
    "public-ipv4",
    "public-keys/*/openssh-key",
    "ram/security-credentials",
    "region-id",
    "serial-number",
    "source-address",
    "sub-private-ipv4-list",
    "tags/instance/*",
    "vpc-cidr-block",
    "vpc-id",
    "vswitch-cidr-block",
    "vswitch-id",
    "wsus-server/wu-server",
    "wsus-server/wu-status-server",
    "zone-id",
)


def item_of(path: str) -> str | None:
    """Return what follows the version in a path.

    Args:
        path: The decoded path of a request.

    Returns:
        The item without a slash at its end, empty for a version itself and for ``/``; None if the path
        begins with no known version.
    """
    if path == "/":
        return ""
    version, _, item = path[1:].partition("/")
    return item.removesuffix("/") if version in VERSIONS else None


def operation(request: Request) -> str | None:
    """Name what a request asks for.

    Args:
        request: The request.

    Returns:
        One of `OPERATIONS`, or None for a path outside the known tree.
    """
    item = item_of(request.path)
    if item is None:
        return None
    known = _DIRECTORIES.get(item) or LEAVES.get(item)
    if known is None and item.startswith(ROLE_DIRECTORY + "/"):
        return "RoleCredential"
    if known is None and item.startswith(META_DATA + "/"):
        return "Metadata"
    return known


def is_documented(item: str) -> bool:
    """Tell whether an item below ``meta-data/``, or a directory on the way to one, is documented.

    Args:
        item: The item's path, without ``meta-data/``.

    Returns:
        True even if this instance does not have it.
    """
    depth = item.count("/") + 1
    beginnings = ("/".join(pattern.split("/")[:depth]) for pattern in _DOCUMENTED)
    return any(fnmatch.fnmatchcase(item, beginning) for beginning in beginnings)
