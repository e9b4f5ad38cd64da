"""Where and when things go wrong: the faults in force, over all services or seen from one."""

import copy
import fnmatch
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.fault_rule import FaultHandle, Outage, Rule
from alicred_emulator.faults import Fault
from alicred_emulator.messages import Reply, Request


class _InForce:
    """The rules that all views of a board share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.handles: list[FaultHandle] = []
        # Replaced, never changed, so that a request walks it without the lock.
        self.rules: tuple[Rule, ...] = ()

    def begin(self, rule: Rule) -> FaultHandle:
        """Put a rule in force."""

        def end() -> None:
            with self._lock:
                self._drop(rule)

        with self._lock:
            self.rules = (*self.rules, rule)
        return self.keep(rule.name, rule.service, end, rule)

    def keep(
        self, name: str, service: str | None, undo: Callable[[], None], rule: Rule | None = None
    ) -> FaultHandle:
        """Keep what is in force until its handle ends it."""

        def end() -> None:
            self.handles.remove(handle)
            undo()

        handle = FaultHandle(name, service, end, rule)
        self.handles.append(handle)
        return handle

    def take(self, rule: Rule) -> bool:
        """Count a hit, unless another request has had the last one."""
        with self._lock:
            if rule.remaining == 0:
                return False
            rule.hits += 1
            if rule.remaining is not None:
                rule.remaining -= 1
            if rule.remaining == 0:
                self._drop(rule)
            return True

    def _drop(self, rule: Rule) -> None:
        self.rules = tuple(other for other in self.rules if other is not rule)


class FaultBoard:
    """The faults in force.

    Args:
        clock: The emulator's clock, for faults that begin later.
        outages: The named outages.
        operations: The operations of each service, to refuse a misspelt one.
    """

    def __init__(
        self,
        clock: EmulatorClock,
        outages: Mapping[str, Outage],
        operations: Mapping[str, Collection[str]],
    ) -> None:
        self._clock = clock
        self._outages = outages
        self._operations = operations
        self._in_force = _InForce()
        self._service: str | None = None

    def view(self, service: str) -> "FaultBoard":
        """Return the same board as one service sees it: what is added there concerns that service."""
        view = copy.copy(self)
        view._service = service  # noqa: SLF001 - a copy of this very object
        return view

    def add(  # noqa: PLR0913 - each is a condition of its own
        self,
        name_or_fault: str | Fault,
        service: str | None = None,
        operation: str | None = None,
        times: int | None = None,
        *,
        path: str | None = None,
        after: timedelta | None = None,
        condition: Callable[[Request], bool] | None = None,
    ) -> FaultHandle:
        """Put a fault or a named outage in force.

        Several may be in force together: the first that replaces the answer decides it, and all
        that delay, cut or edit an answer take part. An outage that changes the world, such as
        ``role_detached``, lasts until it is removed: it takes no ``times`` and no other condition.

        Args:
            name_or_fault: A `Fault`, or the name of an outage such as ``imds_down``.
            service: The service it concerns, such as ``imds``; all by default.
            operation: The operation it concerns, such as ``Token`` (``*`` allowed); all by default.
            times: How many requests it meets before it ends; by default it stays until removed.
            path: A glob for the path without query, such as ``*/security-credentials/demo-role``.
            after: Begin so much later, by the emulator's clock.
            condition: Called with each request it could meet; only a true answer lets it.

        Returns:
            A handle that counts its hits and removes it.

        Raises:
            ValueError: If the outage, the service or the operation is unknown, they contradict each
                other, or ``times`` makes no sense.
        """
        outage = self._outage(name_or_fault)
        service = _agreed("service", outage.service, _agreed("service", self._service, service))
        operation = _agreed("operation", outage.operation, operation)
        self._check(service, operation)
        if not isinstance(outage.effect, Fault):
            _check_unconditional(times, path, after, condition)
            return self._in_force.keep(str(name_or_fault), service, outage.effect())
        _check_times(times)
        rule = Rule(
            name=str(name_or_fault),
            fault=outage.effect,
            service=service,
            operation=operation,
            path=path,
            starts_at=None if after is None else self._clock.now() + after,
            condition=condition,
            remaining=times,
        )
        return self._in_force.begin(rule)

    @property
    def in_force(self) -> tuple[FaultHandle, ...]:
        """The handles of what was added here and not removed, in order; on a view, that service's."""
        return tuple(
            handle for handle in self._in_force.handles[:] if self._service in {None, handle.service}
        )

    def clear(self) -> None:
        """Remove the faults that were added here, the latest first; on a view, that service's."""
        for handle in reversed(self.in_force):
            handle.remove()

    def apply(
        self,
        service: str,
        operation: str | None,
        request: Request,
        answer: Callable[[], Reply],
        refuse: Callable[[str], Reply] | None = None,
    ) -> Reply:
        """Answer a request as the faults in force let it.

        Args:
            service: The service that was asked.
            operation: What was asked.
            request: The request.
            answer: Asks the fake itself; not called if a fault replaces the answer.
            refuse: Has the fake refuse with a code; None where it knows none, and then answers.

        Returns:
            The answer, whose detail names the faults that took part.
        """
        rules, take = self._in_force.rules, self._in_force.take
        if not rules:
            return answer()
        now = self._clock.now()
        rules = tuple(rule for rule in rules if rule.concerns(service, operation, request, now))
        instead = next((rule for rule in rules if rule.fault.replaces_answer and take(rule)), None)
        reply = answer() if instead is None else instead.answer_instead(answer, refuse, now)
        for rule in rules:
            if rule.changes(reply) and take(rule):
                reply = rule.apply(reply, now)
        return reply

    def _outage(self, name_or_fault: str | Fault) -> Outage:
        if isinstance(name_or_fault, Fault):
            return Outage(meaning=str(name_or_fault), effect=name_or_fault)
        try:
            return self._outages[name_or_fault]
        except KeyError:
            known = ", ".join(sorted(self._outages))
            raise ValueError(f"no outage is called {name_or_fault!r}; known: {known}") from None

    def _check(self, service: str | None, operation: str | None) -> None:
        if service is not None and service not in self._operations:
            raise ValueError(f"no service is called {service!r}; known: {', '.join(self._operations)}")
        if operation is None:
            return
        searched = self._operations.values() if service is None else [self._operations[service]]
        known = sorted({name for names in searched for name in names})
        if not fnmatch.filter(known, operation):
            raise ValueError(f"no operation is called {operation!r}; known: {', '.join(known)}")


def _agreed(what: str, fixed: str | None, given: str | None) -> str | None:
    if fixed is not None and given not in {None, fixed}:
        raise ValueError(f"this concerns the {what} {fixed!r} and cannot concern {given!r}")
    return given if fixed is None else fixed


def _check_times(times: int | None) -> None:
    if times is not None and times < 1:
        raise ValueError(f"times is at least 1, not {times}")


def _check_unconditional(*conditions: object) -> None:
    if any(condition is not None for condition in conditions):
        raise ValueError("this outage changes the world until it is removed: it takes no condition")
