"""What makes the TLS clients of this process trust the fakes, whenever their libraries were imported.

A client learns whom to trust in one of three ways, and each is led to the emulator's authority: from
variables of the environment; from certifi's file, whose name it may have taken hold of long ago; and from
a context that its library made when it was imported, or first used.

The rule kept here: no file of an installed package is touched, no HTTP library is imported, and afterwards
everything is as it was, or as it would be if the library had been imported outside.
"""

import os
import ssl
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import certifi

from alicred_emulator import environment
from alicred_emulator.patching import imported_anew, replaced

_KEEPERS: Final = ("aiohttp.connector", "requests.adapters")
"""Modules that make a context when they are imported, in at least some of their versions."""

_OPENER: Final = "urllib.request"
_VENDORED_NAME: Final = "cacert.pem"


@contextmanager
def trusting(bundle: Path, certificate: str) -> Generator[None, None, None]:
    """Have the clients that are made in the context trust an authority.

    Args:
        bundle: A file with the public authorities and that one.
        certificate: That one's certificate, in PEM.
    """
    before = {module: _kept_contexts(module) for module in _imported_keepers()}
    try:
        with (
            environment.trusting(str(bundle)),
            replaced(ssl.SSLContext, _loading(certificate)),
            _trusting_opener(),
        ):
            for module in before:
                vars(module).update(_trusting_contexts(module, bundle))
                _forget_contexts(module)
            yield
    finally:
        for module in {*before, *_imported_keepers()}:
            vars(module).update(before[module] if module in before else _fresh_contexts(module))
            _forget_contexts(module)


def _loading(certificate: str) -> dict[str, object]:
    load = ssl.SSLContext.load_verify_locations

    @wraps(load)
    def load_verify_locations(
        self: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None
    ) -> None:
        load(self, cafile, capath, cadata)
        if cafile is not None and _holds_public_authorities(os.fsdecode(cafile)):
            load(self, cadata=certificate)

    return {"load_verify_locations": load_verify_locations}


def _holds_public_authorities(file: str) -> bool:
    # Whatever certifi's file is called here; or a copy that a package brings along, as pip does, and as
    # Alibaba's older SDK. A private authority is often called so too, but lies beside no module.
    path = Path(file)
    vendored = path.name == _VENDORED_NAME and path.with_name("__init__.py").is_file()
    return vendored or file == certifi.where()


def _imported_keepers() -> list[ModuleType]:
    return [sys.modules[name] for name in _KEEPERS if name in sys.modules]


def _kept_contexts(module: ModuleType) -> dict[str, ssl.SSLContext]:
    return {name: value for name, value in vars(module).items() if isinstance(value, ssl.SSLContext)}


@lru_cache(maxsize=2 * len(_KEEPERS))
def _trusting_contexts(module: ModuleType, _bundle: Path) -> dict[str, ssl.SSLContext]:
    # Kept, since it takes longer than all else that a test needs; the bundle tells one emulator from another.
    return _fresh_contexts(module)


def _fresh_contexts(module: ModuleType) -> dict[str, ssl.SSLContext]:
    """Return what an import of the module would make now."""
    if not _kept_contexts(module):
        return {}
    with warnings.catch_warnings():
        # Those that the real import gave, such as for an optional package that is missing.
        warnings.simplefilter("ignore")
        return _kept_contexts(imported_anew(module))


@contextmanager
def _trusting_opener() -> Generator[None, None, None]:
    """See to the opener that urllib keeps from its first use; from Python 3.12 on it holds a context."""
    before: Any = getattr(sys.modules.get(_OPENER), "_opener", None)
    kept = _contexts_by_handler(before)
    for attributes, _ in kept:
        attributes["_context"] = ssl.create_default_context()
    try:
        yield
    finally:
        for attributes, context in kept:
            attributes["_context"] = context
        if _OPENER in sys.modules:
            # One that was made inside trusts the fakes for ever.
            vars(sys.modules[_OPENER])["_opener"] = before


def _contexts_by_handler(opener: Any) -> list[tuple[dict[str, Any], ssl.SSLContext]]:
    attributes: list[dict[str, Any]] = [vars(handler) for handler in getattr(opener, "handlers", ())]
    return [(one, one["_context"]) for one in attributes if isinstance(one.get("_context"), ssl.SSLContext)]


def _forget_contexts(module: ModuleType) -> None:
    # aiohttp before 3.10.4 makes its contexts when it first needs them.
    make = getattr(getattr(module, "TCPConnector", None), "_make_ssl_context", None)
    if make is not None and hasattr(make, "cache_clear"):
        make.cache_clear()
