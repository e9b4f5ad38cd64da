"""The two sites that one can sign in at, each with its host and with what aliyun-cli calls itself there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site.

    Attributes:
        name: Its name, as a profile writes it.
        host: The host of its OAuth service.
        client_id: The client id of aliyun-cli and of the SDKs there.
    """

    name: str
    host: str
    client_id: str


SITES: Final[Mapping[str, Site]] = {
    site.name: site
    for site in (
        Site(name="CN", host="oauth.aliyun.com", client_id="4038181954557748008"),
        Site(name="INTL", host="oauth.alibabacloud.com", client_id="4103531455503354461"),
    )
}
"""The sites by name."""


def site_called(name: str) -> Site:
    """Return a site by name.

    Raises:
        ValueError: If there is none; the message lists those there are.
    """
    try:
        return SITES[name]
    except KeyError:
        raise ValueError(f"no site is called {name!r}; known: {', '.join(SITES)}") from None


def sites_at(host: str) -> tuple[Site, ...]:
    """Return the sites that a host stands for: its own, or all where it is none of theirs, as on loopback."""
    return tuple(site for site in SITES.values() if site.host == host) or tuple(SITES.values())
