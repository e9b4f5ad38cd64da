"""The names that the fakes stand for: one table for redirect, certificates, proxy and namespace."""

import fnmatch
from collections.abc import Mapping
from typing import Final

METADATA_ADDRESS: Final = "100.100.100.200"

EMULATED_HOSTS: Final[Mapping[str, str]] = {
    METADATA_ADDRESS: "imds",
    "sts.aliyuncs.com": "sts",
    "sts.*.aliyuncs.com": "sts",
    "sts-vpc.*.aliyuncs.com": "sts",
    "ecs.aliyuncs.com": "ecs_api",
    "ecs.*.aliyuncs.com": "ecs_api",
    # How the product SDK names it too: in its endpoint map, for Hangzhou and regions without a host of their
    # own, and by its rule for a network called vpc.
    "ecs-cn-hangzhou.aliyuncs.com": "ecs_api",
    "ecs-vpc.*.aliyuncs.com": "ecs_api",
    "oauth.aliyun.com": "oauth",
    "oauth.alibabacloud.com": "oauth",
    "signin-*.alibabacloudsso.com": "cloud_sso",
}
"""Host name, with ``*`` for exactly one region label, to the name of the service that answers for it."""

HOST_PORTS: Final[Mapping[str, tuple[int, ...]]] = {
    "imds": (80,),
    "sts": (443, 80),
    "ecs_api": (443, 80),
    "oauth": (443,),
    "cloud_sso": (443,),
}
"""Service to the ports of its real hosts. On 80 STS answers too, if only that it wants TLS."""

_ALIBABA_CLOUD_DOMAINS: Final = ("aliyuncs.com", "aliyun.com", "alibabacloud.com", "alibabacloudsso.com")


def service_of(host: str) -> str | None:
    """Name the service that stands for a host.

    Args:
        host: A host name or address, in any case, without port.

    Returns:
        The service's name, or None when no fake stands for the host.
    """
    name = _canonical(host)
    exact = EMULATED_HOSTS.get(name)
    if exact is not None:
        return exact
    for pattern, service in EMULATED_HOSTS.items():
        # A region is one label: the star must not swallow a dot.
        if fnmatch.fnmatchcase(name, pattern) and name.count(".") == pattern.count("."):
            return service
    return None


def is_alibaba_cloud(host: str) -> bool:
    """Tell whether a name belongs to Alibaba Cloud, emulated or not.

    Args:
        host: A host name, in any case, without port.

    Returns:
        True for the four domains that the services live under, and everything below them.
    """
    name = _canonical(host)
    return any(name == domain or name.endswith("." + domain) for domain in _ALIBABA_CLOUD_DOMAINS)


def _canonical(host: str) -> str:
    return host.lower().removesuffix(".")
