"""How long a service over the network is waited for, and which way a request to it goes."""

from __future__ import annotations

from alicred.environment import Environment
from alicred.settings import Settings
from alicred.transport import Terms

__all__ = ["terms_of"]

_READ_MILLISECONDS = 5000
_CONNECT_MILLISECONDS = 10000


def terms_of(settings: Settings, environment: Environment) -> Terms:
    """Return the terms that settings and environment say; a proxy that is given wins over its variables."""
    read = settings.seconds("timeout", default=_READ_MILLISECONDS)
    connect = settings.seconds("connect_timeout", default=_CONNECT_MILLISECONDS)
    proxy = settings.optional_text("proxy")
    return Terms(
        connect_seconds=connect,
        read_seconds=read,
        total_seconds=connect + read,
        proxies={"all": proxy} if proxy else environment.proxies(),
        ca_bundle=environment.ca_bundle(),
    )
