"""The sessions that Alibaba's SDKs for Python keep for as long as the process lives.

Each is made at the first request to a host, with a TLS context of that moment, and serves every client of
the SDK from then on. The rule kept here: inside an emulated environment the SDK begins without any, and
those that it makes there end with it; outside it has those that it had. The SDK is never imported from here.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

_KEEPERS: Final = {"Tea.core": "TeaCore", "darabonba.core": "DaraCore"}
_SESSIONS: Final = "_sessions"


@contextmanager
def set_aside() -> Generator[None, None, None]:
    """Have the SDK make its sessions anew, and give it the former ones back at the end."""
    before = {keeper: _exchange(keeper, {}) for keeper in _imported_keepers()}
    try:
        yield
    finally:
        for keeper in {*before, *_imported_keepers()}:
            for session in _exchange(keeper, before.get(keeper, {})).values():
                session.close()


def _exchange(keeper: Any, sessions: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = getattr(keeper, _SESSIONS)
    setattr(keeper, _SESSIONS, sessions)
    return found


def _imported_keepers() -> list[Any]:
    found = [getattr(sys.modules.get(module), name, None) for module, name in _KEEPERS.items()]
    # Older versions keep none.
    return [keeper for keeper in found if _SESSIONS in vars(keeper or object)]
