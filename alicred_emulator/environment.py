"""The process's environment variables, and the only place in this package that touches them.

The rule kept here: what a developer's machine says (keys, profiles, home, proxies, whom to trust) is out of
sight for the length of a test, and is put back exactly, whatever the test did to it meanwhile.
"""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final

Changes = Mapping[str, str | None]
"""Variables that differ from those of this process; None takes one away."""

SETTINGS: Final = ("ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_")
"""How the names begin by which a client is told anything."""

_CREDENTIALS: Final = ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "_TOKEN", "OIDC_TOKEN_FILE", "CREDENTIALS_URI")
_IDENTITY: Final = (*_CREDENTIALS, "ROLE_ARN", "OIDC_PROVIDER_ARN", "_PROFILE", "CREDENTIALS_FILE")
_HOMES: Final = frozenset({"HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE"})
_PROXIES: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
_CA_FILES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_NO_PROXY: Final = ("no_proxy", "NO_PROXY")
_KEPT: Final = _HOMES.union(_PROXIES, _CA_FILES, _NO_PROXY)
_LOOPBACK: Final = "127.0.0.1,localhost"


def snapshot() -> Callable[[], None]:
    """Remember all variables that this module may change, or a test in their place.

    Returns:
        A function that puts them back.
    """
    before = _kept()

    def put_back() -> None:
        for name in _kept().keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)

    return put_back


@contextmanager
def preserved() -> Generator[None, None, None]:
    """Put back, at the end, what `snapshot` remembers at the beginning."""
    put_back = snapshot()
    try:
        yield
    finally:
        put_back()


def emulate(variables: Mapping[str, str], home: str) -> None:
    """Give the process a home directory of its own and no settings but some.

    Loopback is reached directly from then on, whatever proxy the developer has.

    Args:
        variables: The only `ALIBABA_CLOUD_*` variables and their like to be left.
        home: The directory that every rule of finding one arrives at.
    """
    for name in [name for name in os.environ if name.upper().startswith(SETTINGS)]:
        del os.environ[name]
    os.environ.update(variables)
    os.environ.pop("HOMEDRIVE", None)
    os.environ.update({name: home for name in ("USERPROFILE", "HOMEPATH") if name in os.environ})
    os.environ["HOME"] = home
    os.environ.update(_loopback_without_proxy())


def of_child(variables: Mapping[str, str], home: str, bundle: str) -> dict[str, str]:
    """Return the environment of a program that is started from here to meet the fakes.

    It finds this process's variables, less everything that says who the developer is or asks a proxy.

    Args:
        variables: The only `ALIBABA_CLOUD_*` variables and their like.
        home: The directory that every rule of finding one arrives at; empty for this process's own.
        bundle: The file of certificate authorities that it is to trust.

    Returns:
        Name to value.
    """
    home = home or os.environ.get("HOME", "")
    kept = {name: value for name, value in os.environ.items() if not _is_the_developers(name.upper())}
    homes = dict.fromkeys({*(_HOMES & os.environ.keys()), "HOME"} - {"HOMEDRIVE"}, home)
    return {**kept, **homes, **dict.fromkeys(_CA_FILES, bundle), **_loopback_without_proxy(), **variables}


def inherited(changes: Changes) -> dict[str, str]:
    """Return this process's variables with some of them changed."""
    changed = {**os.environ, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def certificate_files() -> dict[str, str | None]:
    """Return what the variables say that name files of certificate authorities; None is not set."""
    return {name: os.environ.get(name) for name in _CA_FILES}


def said(name: str) -> str | None:
    """Return what a variable says, None if it is not set."""
    return os.environ.get(name)


def names_beginning(prefix: str) -> list[str]:
    """Return the names of the variables that begin so."""
    return [name for name in os.environ if name.startswith(prefix)]


def credential_names() -> list[str]:
    """Return the names of the variables that hold a credential, or say where one is."""
    return _settings_ending(_CREDENTIALS)


def identity_names() -> list[str]:
    """Return the names of the variables that make a program somebody: the developer, mostly."""
    return _settings_ending(_IDENTITY)


def proxy_names() -> list[str]:
    """Return the names of the variables that say which proxy to use."""
    return [name for name in os.environ if name.upper() in _PROXIES]


def through_proxy(url: str) -> Changes:
    """Return what names a proxy to a program, in every spelling; loopback is not asked of it.

    Args:
        url: The proxy's URL.
    """
    spellings = [spelling for name in ("http_proxy", "https_proxy") for spelling in (name, name.upper())]
    return {
        **dict.fromkeys(proxy_names()),
        **dict.fromkeys(spellings, url),
        **dict.fromkeys(_NO_PROXY, _LOOPBACK),
    }


def become(variables: Mapping[str, str]) -> None:
    """Give a process that serves one story its environment, whole.

    Args:
        variables: All of them, as `of_child` returned them.
    """
    os.environ.clear()
    os.environ.update(variables)


def forget_proxies() -> None:
    """Take the proxy variables away: an instance reaches its metadata directly.

    `NO_PROXY` would not do, since Alibaba's SDK does not read it.
    """
    for name in proxy_names():
        del os.environ[name]


@contextmanager
def trusting(bundle: str) -> Generator[None, None, None]:
    """Name a file of certificate authorities to every client that asks the environment for one.

    Args:
        bundle: The file.
    """
    before = {name: os.environ[name] for name in _CA_FILES if name in os.environ}
    os.environ.update(dict.fromkeys(_CA_FILES, bundle))
    try:
        yield
    finally:
        for name in _CA_FILES:
            os.environ.pop(name, None)
        os.environ.update(before)


def _settings_ending(ends: tuple[str, ...]) -> list[str]:
    return [name for name in os.environ if name.upper().startswith(SETTINGS) and name.upper().endswith(ends)]


def _kept() -> dict[str, str]:
    return {name: os.environ[name] for name in os.environ if _is_kept(name.upper())}


def _is_the_developers(name: str) -> bool:
    return name.startswith(SETTINGS) or name in _HOMES | _PROXIES


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith(SETTINGS)


def _loopback_without_proxy() -> dict[str, str]:
    # Programs differ in which spelling they prefer, so each keeps what it said, or takes over the other's.
    lower, upper = (os.environ.get(name) for name in _NO_PROXY)
    return {"no_proxy": _with_loopback(lower or upper), "NO_PROXY": _with_loopback(upper or lower)}


def _with_loopback(hosts: str | None) -> str:
    # A lone star means all hosts, and means nothing in a list.
    return hosts if hosts == "*" else f"{hosts},{_LOOPBACK}" if hosts else _LOOPBACK
