"""Isolation by an HTTP proxy: for programs that honour one the emulated hosts are the fakes, others refused.

A program that does not ask the proxy is not held back by it: nothing here keeps it from the network.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from alicred_emulator import environment
from alicred_emulator.launch.isolation import certificates
from alicred_emulator.launch.isolation.setting import Prepared, Setting

if TYPE_CHECKING:
    from alicred_emulator.launch.keeping.kept import Kept

_NEVER_ASKED_FOR: Final = "-Dhttp.nonProxyHosts=localhost|127.*|[::1]"
_JAVA_SCHEMES: Final = ("http", "https")


class ByProxy:
    """The isolation."""

    @staticmethod
    def enter(keeper: "Kept | None") -> None:
        """There is nothing to enter; it works everywhere."""

    @staticmethod
    @contextmanager
    def prepared(setting: Setting) -> Generator[Prepared, None, None]:
        """Have a proxy served, and name it to the program."""
        fakes, folder = setting.fakes, setting.folder
        with fakes.proxied(setting.allow) as url:
            changes = {
                **environment.through_proxy(url),
                **certificates.variables(fakes, folder),
                **certificates.java_variables(fakes, folder, *_java_options(url)),
            }
            yield Prepared(says=_says(setting), changes=changes)


def _java_options(url: str) -> list[str]:
    address = urlsplit(url)
    places = [
        option
        for scheme in _JAVA_SCHEMES
        for option in (f"-D{scheme}.proxyHost={address.hostname}", f"-D{scheme}.proxyPort={address.port}")
    ]
    return [*places, _NEVER_ASKED_FOR]


def _says(setting: Setting) -> str:
    allowed = ", ".join(sorted(setting.allow))
    passed = f", but for {allowed}" if allowed else ""
    return (
        "through the proxy, the emulated hosts are the fakes and every other host is refused"
        f"{passed}; a program that asks no proxy is not cut off from anything"
    )
