"""The one place where alicred reads the environment: once a client, into a frozen snapshot."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["Environment", "inherited", "pass_on"]

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_LOOPBACK = "localhost,127.0.0.0/8,::1"
_CGI_VARIABLE = "REQUEST_METHOD"
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
# The last two are Windows's, and belong together.
_HOME_VARIABLES = ("HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH")
_OTHERS = (*_CA_VARIABLES, *_HOME_VARIABLES, _CGI_VARIABLE)


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
                name: os.environ[name]
                for name in os.environ
                if name.startswith("ALIBABA_CLOUD_") or name in _OTHERS or name.lower() in _PROXY_VARIABLES
            }
        )

    def text(self, name: str) -> str | None:
        """Return the variable's value, or None where it is not set or empty."""
        return self._variables.get(name) or None

    def flag(self, name: str) -> bool | None:
        """Return whether the variable says ``true``, in any case; None where it is not set."""
        value = self.text(name)
        return None if value is None else value.strip().lower() == "true"

    def forbids_external(self) -> bool:
        """Return whether what a profile merely names, a program or an address, may not be asked."""
        return (self.text("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS") or "").lower() in ("1", "true")

    def proxies(self) -> dict[str, str]:
        """Return the proxy variables as ``{"http": ..., "https": ..., "all": ..., "no": ...}``.

        The lower-case spelling wins, and an empty one says that there is none. Under CGI ``HTTP_PROXY`` is
        a header of the request that is served, and not believed (https://httpoxy.org). Loopback is always
        reached without one.
        """
        found: dict[str, str] = {}
        for variable in _PROXY_VARIABLES:
            believed = variable != "http_proxy" or _CGI_VARIABLE not in self._variables
            capitals = self._variables.get(variable.upper()) if believed else None
            value = self._variables.get(variable, capitals)
            if value:
                found[variable.removesuffix("_proxy")] = value
        # What stays on this machine may travel in the clear, and so is no business of a proxy.
        if found:
            found["no"] = ",".join(filter(None, [found.get("no"), _LOOPBACK]))
        return found

    def home(self) -> str | None:
        """Return the directory in which other tools keep their files, None where there is none."""
        drive, path = self.text("HOMEDRIVE"), self.text("HOMEPATH")
        return self.text("HOME") or self.text("USERPROFILE") or (f"{drive or ''}{path}" if path else None)

    def ca_bundle(self) -> str | None:
        """Return the file of certificate authorities that the environment names, if it names one."""
        return next((found for name in _CA_VARIABLES if (found := self.text(name))), None)


def inherited(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return the whole environment of this process as a program that it starts is to see it.

    Args:
        changes: Name to value; None takes a variable away.
    """
    changed = {**os.environ, **(changes or {})}
    return {name: value for name, value in changed.items() if value is not None}


def pass_on(name: str, value: str) -> None:
    """Set a variable for every program that this process starts from now on."""
    os.environ[name] = value
