"""The isolations there are, the strongest first: a further one is a line of the table, and its loader."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from alicred_emulator.launch.errors import ImpossibleError

if TYPE_CHECKING:
    from alicred_emulator.launch.isolation.setting import Isolation

ON_LINUX: Final = sys.platform.startswith("linux")


def _namespace() -> "Isolation":
    if not ON_LINUX:
        raise ImpossibleError("there are namespaces on Linux alone")
    from alicred_emulator.launch.isolation.namespace import Namespace  # noqa: PLC0415 - what is not used is not loaded

    return Namespace()


def _proxy() -> "Isolation":
    from alicred_emulator.launch.isolation.by_proxy import ByProxy  # noqa: PLC0415 - the same

    return ByProxy()


def _env() -> "Isolation":
    from alicred_emulator.launch.isolation.by_variables import ByVariables  # noqa: PLC0415 - the same

    return ByVariables()


NAMESPACE: Final = "namespace"

ISOLATIONS: "Final[Mapping[str, Callable[[], Isolation]]]" = {
    NAMESPACE: _namespace,
    "proxy": _proxy,
    "env": _env,
}
"""By the name that ``--isolation`` takes, in the order in which `AUTO` tries them."""

AUTO: Final = "auto"
"""The strongest that works."""
