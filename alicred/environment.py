"""The one place where alicred reads the environment: once a client, into a frozen snapshot."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["Environment"]

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CGI_VARIABLE = "REQUEST_METHOD"
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Environment:
    """The variables of one moment. An empty variable counts as one that is not set, but for a proxy's."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)

    @classmethod
    def of_process(cls) -> Environment:
        """Take the snapshot: what the process's environment says now."""
        return cls(
            {
                name: value
                for name, value in os.environ.items()
                if name.startswith("ALIBABA_CLOUD_")
                or name.lower() in _PROXY_VARIABLES
                or name in _CA_VARIABLES
                or name == _CGI_VARIABLE
            }
        )

    def text(self, name: str) -> str | None:
        """Return the variable's value, or None where it is not set or empty."""
        return self._variables.get(name) or None

    def flag(self, name: str) -> bool | None:
        """Return whether the variable says ``true``, in any case; None where it is not set."""
        value = self.text(name)
        return None if value is None else value.strip().lower() == "true"

    def proxies(self) -> dict[str, str]:
        """Return the proxy variables as ``{"http": ..., "https": ..., "all": ..., "no": ...}``.

        The lower-case spelling wins, and an empty one says that there is none. Under CGI ``HTTP_PROXY`` is
        a header of the request that is served, and not believed (https://httpoxy.org).
        """
        found: dict[str, str] = {}
        for variable in _PROXY_VARIABLES:
            believed = variable != "http_proxy" or _CGI_VARIABLE not in self._variables
            capitals = self._variables.get(variable.upper()) if believed else None
            value = self._variables.get(variable, capitals)
            if value:
                found[variable.removesuffix("_proxy")] = value
        return found

    def ca_bundle(self) -> str | None:
        """Return the file of certificate authorities that the environment names, if it names one."""
        return next((found for name in _CA_VARIABLES if (found := self.text(name))), None)
