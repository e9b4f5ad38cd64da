"""One fault in force: what it concerns, how often it was met, and how it ends."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Final

from alicred_emulator.fault_conditions import When, holds, role_of
from alicred_emulator.faults import Fault
from alicred_emulator.messages import Reply, Request

_EMPTY_REPLY: Final = Reply()

Refuse = Callable[[str], Reply]
"""Has a fake refuse with a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A well-known outage: a fault somewhere, or a change of the world.

    Attributes:
        meaning: One line for a person.
        effect: A fault, or what changes the world and returns what undoes it.
        service: The service concerned, or None for all.
        operation: The operation concerned, or None for all.
    """

    meaning: str
    effect: Fault | Callable[[], Callable[[], None]]
    service: str | None = None
    operation: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Rule:
    """A fault with its conditions; one that does not matter is None.

    Attributes:
        name: What the journal calls it.
        fault: What happens to the answers.
        service: The service concerned.
        operation: The operation concerned, globs allowed.
        path: A glob for the path without query.
        role: A glob for the name of the role that a request is about.
        when: What a request's headers and parameters say.
        starts_at: From when on.
        ends_at: Until when.
        condition: Called with each request that it could meet.
        remaining: How many requests it will meet yet; None means until it is removed.
        hits: How many it has met.
    """

    name: str
    fault: Fault
    service: str | None
    operation: str | None
    path: str | None
    role: str | None
    when: When
    starts_at: datetime | None
    ends_at: datetime | None
    condition: Callable[[Request], bool] | None
    remaining: int | None
    hits: int = 0

    def concerns(self, service: str, operation: str | None, request: Request, now: datetime) -> bool:
        """Tell whether it is meant for a request, as far as can be known before the answer."""
        return (
            self.service in {None, service}
            and (self.operation is None or fnmatch.fnmatchcase(operation or "", self.operation))
            and (self.path is None or fnmatch.fnmatchcase(request.path, self.path))
            and (self.starts_at is None or now >= self.starts_at)
            and not self.is_over(now)
            and (self.role is None or self._is_about(role_of(service, operation, request)))
            and holds(self.when, request)
            and (self.condition is None or self.condition(request))
        )

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has lasted for as long as it should."""
        return self.ends_at is not None and now >= self.ends_at

    def replaces(self, refuse: Refuse | None) -> bool:
        """Tell whether a fake is not asked for its own answer."""
        if self.fault.refuses_with is not None:
            return refuse is not None
        return self.fault.replaces_answer

    def answer_instead(self, refuse: Refuse | None, now: datetime) -> Reply:
        """Return what is answered in place of the fake's own answer; the detail names the fault."""
        code = self.fault.refuses_with
        if code is not None and refuse is not None:
            return self._named(refuse(code))
        return self._named(self.fault.apply(_EMPTY_REPLY, now))

    def changed(self, reply: Reply, now: datetime) -> Reply | None:
        """Return what becomes of an answer, whose detail names the fault; None if nothing does."""
        if self.fault.replaces_answer:
            return None
        if not self.fault.edits_document:
            return self._named(self.fault.apply(reply, now))
        if reply.document is None:
            return None
        edited = self.fault.apply(reply, now)
        return None if edited == reply else self._named(edited)

    def _is_about(self, role: str | None) -> bool:
        return role is not None and fnmatch.fnmatchcase(role, self.role or "")

    def _named(self, reply: Reply) -> Reply:
        detail = "; ".join(filter(None, [reply.detail, f"fault: {self.name}"]))
        return replace(reply, detail=detail)


class FaultHandle:
    """A fault or an outage in force. Used as a context manager, it ends with the block.

    Args:
        name: What the fault is called.
        service: The service it concerns, or None for all.
        end: Ends it.
        rule: Counts the hits, if there can be any.

    Attributes:
        name: What the fault is called.
        service: The service it concerns, or None for all.
    """

    def __init__(
        self, name: str, service: str | None, end: Callable[[], None], rule: Rule | None = None
    ) -> None:
        self.name = name
        self.service = service
        # Whoever takes it out ends the fault: a list gives it to one thread alone.
        self._ends = [end]
        self._rule = rule

    def __repr__(self) -> str:
        return f"<FaultHandle {self.name}: {self.hits} hits>"

    def __enter__(self) -> "FaultHandle":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def hits(self) -> int:
        """How many requests it has met so far; 0 for one that changes the world instead."""
        return 0 if self._rule is None else self._rule.hits

    def remove(self) -> None:
        """End it and undo what it changed in the world; a second call does nothing."""
        try:
            end = self._ends.pop()
        except IndexError:
            return
        end()
