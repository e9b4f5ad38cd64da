"""Programs that a test starts itself: how each is put on the instance that the test is on.

The rule kept here: the child meets the emulator of the test and no other, so that what it asked for is in the
test's journal, and what the test does to clock and faults is what the child sees.
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from alicred_emulator import environment
from alicred_emulator.emulator import Emulator
from alicred_emulator.identities import IDENTITIES
from alicred_emulator.interpreter import command_of
from alicred_emulator.launch.attaching.hosting import hosting
from alicred_emulator.launch.isolation.table import ISOLATIONS, NAMESPACE

_WITHOUT_NAMESPACES: Final = "proxy"


class ChildPlace:
    """Where the child processes of a test are started.

    Args:
        emulator: The emulator of the test.
        ready_file: By which a command in another process finds it.
        obstacle: Why there are no namespaces here, None if there are.
        stack: What ends with the test.

    Attributes:
        forward: Ports of this machine's loopback that stay reachable in a namespace.
        obstacle: Why there are no namespaces here, None if there are.
    """

    def __init__(self, emulator: Emulator, ready_file: Path, obstacle: str | None, stack: ExitStack) -> None:
        self._emulator = emulator
        self._ready_file = ready_file
        self._stack = stack
        self._clock: dict[str, str] = {}
        self._identity = "ecs"
        self._isolation = NAMESPACE if obstacle is None else _WITHOUT_NAMESPACES
        self.forward: list[int] = []
        self.obstacle: Final = obstacle

    def __repr__(self) -> str:
        return f"<ChildPlace isolation={self._isolation} identity={self._identity}>"

    @property
    def identity(self) -> str:
        """Who the child is to be: ``ecs`` at first, the instance alone, or ``user``, ``rrsa``, ``uri``.

        Raises:
            ValueError: When set to anything else.
        """
        return self._identity

    @identity.setter
    def identity(self, identity: str) -> None:
        if identity not in IDENTITIES:
            raise ValueError(f"no identity is called {identity!r}; known: {', '.join(IDENTITIES)}")
        self._identity = identity

    @property
    def isolation(self) -> str:
        """How `command` has the child meet the emulator: ``namespace`` where that works, else ``proxy``.

        Raises:
            ValueError: When set to anything but these and ``env``.
        """
        return self._isolation

    @isolation.setter
    def isolation(self, isolation: str) -> None:
        if isolation not in ISOLATIONS:
            raise ValueError(f"no isolation is called {isolation!r}; known: {', '.join(ISOLATIONS)}")
        self._isolation = isolation

    @property
    def env(self) -> dict[str, str]:
        """The whole environment of a child that reads where the services are: ``run(..., env=child.env)``.

        It is that of this process, less whatever says who the developer is, which proxy to ask and whom to
        trust; with the identity, the endpoints, an empty home and a bundle that holds the fakes' authority.
        """
        home = environment.said("HOME") or ""
        variables = self._emulator.env(self._identity)
        return {**environment.of_child(variables, home, str(self._emulator.ca_bundle)), **self._clock}

    def command(self, program: Sequence[str]) -> list[str]:
        """Return the command by which a program of any language is started on the instance.

        It is given the program's signals, streams and terminal, and ends with its exit status; a line on
        stderr says what is cut off. `env` may be used with it, and need not be.

        Args:
            program: The program and its arguments.
        """
        options = ["--attach", str(self._ready_file), "--isolation", self._isolation]
        options += ["--identity", self._identity, *(f"--forward={port}" for port in self.forward)]
        clock = ["env", *(f"{name}={value}" for name, value in self._clock.items())] if self._clock else []
        return [*command_of("alicred_emulator"), "exec", *options, "--", *clock, *program]

    def follow_clock(self) -> None:
        """Have children that are started from now on see the time of the emulator's clock, as it is moved.

        Raises:
            FaketimeMissingError: If libfaketime is not on this machine.
            OSError: If there can be no shared memory, in which it counts its processes.
        """
        if not self._clock:
            from alicred_emulator.child_clock import child_clock  # noqa: PLC0415 - most children do not

            led = self._stack.enter_context(child_clock(self._emulator.clock))
            self._clock = led.variables({"LD_PRELOAD": environment.said("LD_PRELOAD") or ""})


@contextmanager
def child_place(emulator: Emulator, obstacle: str | None) -> Generator[ChildPlace, None, None]:
    """Yield where children of a test are started; those that outlast the context end soon after it.

    Args:
        emulator: The emulator of the test.
        obstacle: Why there are no namespaces here, None if there are.
    """
    with ExitStack() as stack:
        ready_file = stack.enter_context(hosting(emulator))
        yield ChildPlace(emulator, ready_file, obstacle, stack)
