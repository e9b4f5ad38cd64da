"""What should go wrong with an emulator in another process."""

from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Final

from alicred_emulator.fault_conditions import When
from alicred_emulator.fault_forms import FaultForm, form_of
from alicred_emulator.faults import Fault
from alicred_emulator.remote.wire import Wire

_PATH: Final = "/faults"


class RemoteFaultBoard:
    """What `alicred_emulator.fault_board.FaultBoard` is, elsewhere.

    Args:
        wire: The connection.
        service: The service that what is added here concerns; None for all.
    """

    def __init__(self, wire: Wire, service: str | None = None) -> None:
        self._wire = wire
        self._of_service = {} if service is None else {"service": service}

    @property
    def in_force(self) -> "tuple[RemoteFaultHandle, ...]":
        """The handles of what was added and has not ended, whoever added it."""
        faults = self._wire.get(_PATH, **self._of_service)["faults"]
        return tuple(RemoteFaultHandle(self._wire, fault) for fault in faults)

    def add(  # noqa: PLR0913 - each is a condition of its own
        self,
        name_or_fault: str | Fault,
        service: str | None = None,
        operation: str | None = None,
        times: int | None = None,
        *,
        path: str | None = None,
        role: str | None = None,
        when: When | None = None,
        after: timedelta | None = None,
        lasts: timedelta | None = None,
    ) -> "RemoteFaultHandle":
        """Put a fault or a named outage in force.

        Args:
            name_or_fault: A `Fault`, or the name of an outage such as ``imds_down``.
            service: The service it concerns, such as ``imds``; all by default.
            operation: The operation it concerns, such as ``Token`` (``*`` allowed); all by default.
            times: How many requests it meets before it ends; by default it stays until removed.
            path: A glob for the path without query.
            role: A glob for the name of the RAM role that a request is about.
            when: What a request must say: ``header NAME`` or ``parameter NAME`` to a glob for the value,
                or to whether there is one at all.
            after: Begin so much later, a timedelta by the emulator's clock.
            lasts: End so much later than it begins, a timedelta by the emulator's clock.

        Returns:
            A handle that counts its hits and removes it.

        Raises:
            ValueError: If the outage, the service or the operation is unknown, no request could be met,
                or a condition makes no sense.
        """
        form = FaultForm(
            what=name_or_fault,
            service=service,
            operation=operation,
            path=path,
            role=role,
            when=when,
            times=times,
            after=after,
            lasts=lasts,
        )
        return RemoteFaultHandle(self._wire, self._wire.post(_PATH, form_of(form), **self._of_service))

    def clear(self) -> None:
        """Remove the faults in force; on a service's board, those of that service."""
        self._wire.delete(_PATH, **self._of_service)


class RemoteFaultHandle:
    """A fault or an outage in force elsewhere. Used as a context manager, it ends with the block.

    Args:
        wire: The connection.
        fault: What the API says of it.

    Attributes:
        name: What the fault is called.
        service: The service it concerns, or None for all.
    """

    def __init__(self, wire: Wire, fault: Any) -> None:
        self._wire = wire
        self._path = f"{_PATH}/{fault['id']}"
        self._hits: int = fault["hits"]
        self.name: Final[str] = fault["name"]
        self.service: Final[str | None] = fault["service"]

    def __repr__(self) -> str:
        return f"<RemoteFaultHandle {self.name}>"

    def __enter__(self) -> "RemoteFaultHandle":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def hits(self) -> int:
        """How many requests it has met so far; once it has ended, as far as is known."""
        with suppress(LookupError):
            self._hits = self._wire.get(self._path)["hits"]
        return self._hits

    def remove(self) -> None:
        """End it and undo what it changed in the world; a second call does nothing."""
        with suppress(LookupError):
            self._hits = self._wire.delete(self._path)["hits"]
