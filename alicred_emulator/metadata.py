"""The instance's metadata tree: paths to values, and how each is written.

The tree is kept flat, by path. A directory exists as long as something lies under it.
"""

import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final, TypeAlias, cast

MetadataValue: TypeAlias = str | list[str]

_JSON_LISTS: Final = frozenset({"private-ipv4s", "ipv4-prefixes"})
_BARE_LISTS: Final = frozenset({"ipv6s", "ipv6-prefixes", "vpc-ipv6-cidr-blocks"})

MAC: Final = "00:16:3e:0f:00:01"
_INTERFACE: Final = f"network/interfaces/macs/{MAC}"

DEFAULT_METADATA: Final[Mapping[str, MetadataValue]] = {
    "dns-conf/nameservers": ["100.100.2.136", "100.100.2.138"],
    "eipv4": "203.0.113.10",
    "hibernation/configured": "false",
    "hostname": "iZfake0000000000000001Z",
    "image-id": "aliyun_3_x64_20G_alibase_20210425.vhd",
    "instance-id": "i-fake0000000000000001",
    "instance/instance-name": "demo-instance",
    "instance/instance-type": "ecs.g6e.large",
    "instance/last-host-landing-time": "2024-11-17 10:02:41",
    "instance/max-netbw-egress": "1228800",
    "instance/max-netbw-ingress": "1228800",
    "instance/virtualization-solution": "ECS Virt",
    "instance/virtualization-solution-version": "2.0",
    "disks/fake00000000000000d1/id": "d-fake00000000000000d1",
    "disks/fake00000000000000d1/name": "system-disk",
    "mac": MAC,
    "network-type": "vpc",
    f"{_INTERFACE}/gateway": "192.168.1.253",
    f"{_INTERFACE}/ipv4-prefixes": [],
    f"{_INTERFACE}/netmask": "255.255.255.0",
    f"{_INTERFACE}/network-interface-id": "eni-fake00000000000000e1",
    f"{_INTERFACE}/primary-ip-address": "192.168.1.10",
    f"{_INTERFACE}/private-ipv4s": ["192.168.1.10"],
    f"{_INTERFACE}/vpc-cidr-block": "192.168.0.0/16",
    f"{_INTERFACE}/vpc-id": "vpc-fake00000000000000v1",
    f"{_INTERFACE}/vswitch-cidr-block": "192.168.1.0/24",
    f"{_INTERFACE}/vswitch-id": "vsw-fake00000000000000s1",
    "ntp-conf/ntp-servers": ["ntp1.aliyun.com", "ntp1.cloud.aliyuncs.com"],
    "private-ipv4": "192.168.1.10",
    "public-ipv4": "203.0.113.10",
    "region-id": "cn-hangzhou",
    "serial-number": "00000000-fake-4fa4-8fa4-000000000001",
    "source-address": "http://mirrors.cloud.aliyuncs.com",
    "vpc-cidr-block": "192.168.0.0/16",
    "vpc-id": "vpc-fake00000000000000v1",
    "vswitch-cidr-block": "192.168.1.0/24",
    "vswitch-id": "vsw-fake00000000000000s1",
    "zone-id": "cn-hangzhou-i",
}
"""The items of a fresh instance that are the same in every world; shapes documented, ids invented."""


class Metadata(MutableMapping[str, MetadataValue]):
    """Paths below ``meta-data/`` to values: text, or a list where the service has lists.

    ``metadata["tags/whatever"] = "x"`` adds an item and its directories; ``del`` removes it.
    """

    def __init__(self, items: Mapping[str, MetadataValue]) -> None:
        # Lists may be changed in place.
        self._items: dict[str, MetadataValue] = {
            path: value if isinstance(value, str) else [*value] for path, value in items.items()
        }

    def __getitem__(self, path: str) -> MetadataValue:
        return self._items[path.strip("/")]

    def __setitem__(self, path: str, value: MetadataValue) -> None:
        key = path.strip("/")
        _check_path(key)
        _check_value(key, value)
        if any(_lies_under(key, other) or _lies_under(other, key) for other in self._items):
            raise ValueError(f"{key!r} cannot be an item and a directory at once")
        self._items[key] = value

    def __delitem__(self, path: str) -> None:
        del self._items[path.strip("/")]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<Metadata of {len(self)} items>"


def written(path: str, value: MetadataValue) -> str:
    """Return a value as its item's page shows it.

    Lists come in three styles (documented by example): one a line, a JSON array, or an array without
    quotation marks.

    Args:
        path: The item's path, whose last part decides the style.
        value: The value.

    Returns:
        The text, without a newline at its end.
    """
    if isinstance(value, str):
        return value
    name = path.rpartition("/")[2]
    if name in _JSON_LISTS:
        return json.dumps(value, separators=(",", ":"))
    if name in _BARE_LISTS:
        return f"[{','.join(value)}]"
    return "\n".join(value)


def children(paths: Mapping[str, object], directory: str) -> list[str]:
    """List a directory: names in order, those of directories with a slash at the end.

    Args:
        paths: A tree, by path.
        directory: A path without slashes at its ends; empty for the root.

    Returns:
        The names; empty if there is no such directory.
    """
    prefix = f"{directory}/" if directory else ""
    names: set[str] = set()
    for path in paths:
        if path.startswith(prefix):
            name, slash, _ = path[len(prefix) :].partition("/")
            names.add(name + slash)
    return sorted(names)


def nested(paths: Mapping[str, MetadataValue]) -> dict[str, object]:
    """Return a tree as nested objects, lists as arrays."""
    root: dict[str, object] = {}
    for path in sorted(paths):
        *directories, name = path.split("/")
        node = root
        for directory in directories:
            empty: dict[str, object] = {}
            # Metadata lets no item be a directory too, so every node on the way is an object.
            node = cast("dict[str, object]", node.setdefault(directory, empty))
        node[name] = paths[path]
    return root


def _lies_under(path: str, directory: str) -> bool:
    return path.startswith(directory + "/")


def _check_path(path: str) -> None:
    if not path or any(part in {"", ".", ".."} for part in path.split("/")):
        raise ValueError(f"{path!r} is no metadata path; write it like 'instance/instance-type'")


def _check_value(path: str, value: object) -> None:
    if isinstance(value, str):
        return
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
        raise TypeError(f"metadata {path!r} is text or a list of texts, not {value!r}")
