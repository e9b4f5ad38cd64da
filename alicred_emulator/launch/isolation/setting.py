"""What an isolation is given, and what it returns."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from alicred_emulator.environment import Changes
from alicred_emulator.launch.fakes import Fakes

if TYPE_CHECKING:
    from alicred_emulator.launch.keeping.kept import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an isolation works with.

    Attributes:
        fakes: What the program is to meet.
        folder: Where files for the program are put; it ends with the run.
        forward: Ports of this machine's loopback that stay reachable.
        allow: Hosts that stay reachable, where the isolation knows hosts.
        local_ports: Further ports of the fakes on loopback, such as that of the control API.
    """

    fakes: Fakes
    folder: Path
    forward: Collection[int] = ()
    allow: Collection[str] = ()
    local_ports: Collection[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What an isolation did.

    Attributes:
        says: What is cut off, for a person.
        changes: What the program's environment has to say besides.
    """

    says: str
    changes: Changes = field(default_factory=dict[str, str | None])


class Isolation(Protocol):
    """A way in which a program meets the fakes."""

    def enter(self, keeper: "Kept | None") -> None:
        """Take the steps that need nothing of the emulator.

        Args:
            keeper: Who starts the program; there is one on Linux alone.

        Raises:
            ImpossibleError: It does not work here.
        """
        ...

    def prepared(self, setting: Setting) -> AbstractContextManager[Prepared]:
        """Do the rest; it holds for the length of the context.

        Raises:
            ImpossibleError: It does not work here.
        """
        ...
