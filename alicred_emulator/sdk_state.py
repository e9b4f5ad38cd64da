"""The copies of environment and home that Alibaba's SDK for Python makes when it is imported.

`alibabacloud_credentials` reads its variables once, at import, so changing the environment alone would
leave a developer's real key in its hands. The rule kept here: inside an emulated environment the copies
are what an import there would have made; outside they are what was found, or, if the SDK was first
imported inside, what an import outside would have made. The SDK is never imported from here.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Final

from alicred_emulator.patching import imported_anew

# Everything else in the SDK asks these two, each time. The second asks the first.
_COPYISTS: Final = (
    "alibabacloud_credentials.utils.auth_util",
    "alibabacloud_credentials.utils.auth_constant",
)


def snapshot() -> Callable[[], None]:
    """Remember the SDK's copies.

    Returns:
        A function that puts them right; the environment must have been put back by then.
    """
    before = {module.__name__: _copies(module) for module in _imported()}

    def put_right() -> None:
        for module in _imported():
            vars(module).update(before.get(module.__name__) or _fresh_copies(module))

    return put_right


def refresh() -> None:
    """Set the SDK's copies, if it is imported, to what an import in the present environment would give."""
    for module in _imported():
        vars(module).update(_fresh_copies(module))


def _imported() -> list[ModuleType]:
    return [sys.modules[name] for name in _COPYISTS if name in sys.modules]


def _copies(module: ModuleType) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and isinstance(value, str | bool | None)
    }


def _fresh_copies(module: ModuleType) -> dict[str, object]:
    return _copies(imported_anew(module))
