"""Where and when things go wrong: the faults in force, over all services or seen from one."""

import copy
import fnmatch
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.durations import told
from alicred_emulator.fault_conditions import ABOUT_ROLES, When, check_when
from alicred_emulator.fault_rule import FaultHandle, Outage, Refuse, Rule
from alicred_emulator.faults import Fault
from alicred_emulator.faults_in_force import FaultsInForce
from alicred_emulator.messages import Reply, Request
from alicred_emulator.replaced import Replaced


class FaultBoard:
    """The faults in force.

    Args:
        clock: The emulator's clock, for faults that begin later or end, and to skew the clients'.
        outages: The named outages.
        operations: The operations of each service, to refuse a misspelt one.
        refusing: The services that have codes to refuse with.
    """

    def __init__(
        self,
        clock: EmulatorClock,
        outages: Mapping[str, Outage],
        operations: Mapping[str, Collection[str]],
        refusing: Collection[str],
    ) -> None:
        self._clock = clock
        self._outages = outages
        self._operations = operations
        self._refusing = refusing
        self._skew = Replaced(lambda: clock.skewed_by, clock.skew)
        self._in_force = FaultsInForce()
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
        role: str | None = None,
        when: When | None = None,
        after: timedelta | None = None,
        lasts: timedelta | None = None,
        condition: Callable[[Request], bool] | None = None,
    ) -> FaultHandle:
        """Put a fault or a named outage in force.

        Several may be in force together: the first that replaces the answer decides it, and all
        that delay, cut or edit an answer take part. What changes the world, such as `Fault.skew` and
        ``role_detached``, lasts until it is removed: it takes no ``times`` and no other condition.

        Args:
            name_or_fault: A `Fault`, or the name of an outage such as ``imds_down``.
            service: The service it concerns, such as ``imds``; all by default.
            operation: The operation it concerns, such as ``Token`` (``*`` allowed); all by default.
            times: How many requests it meets before it ends; by default it stays until removed.
            path: A glob for the path without query, such as ``*/security-credentials/demo-role``.
            role: A glob for the name of the RAM role that a request is about: for the metadata service
                the last part of the path, for STS the role of `RoleArn`.
            when: What a request must say: ``header NAME`` or ``parameter NAME`` to a glob for the value,
                or to whether there is one at all, such as ``{"header X-aliyun-ecs-metadata-token": False}``.
            after: Begin so much later, a timedelta by the emulator's clock.
            lasts: End so much later than it begins, a timedelta by the emulator's clock.
            condition: Called with each request it could meet; only a true answer lets it.

        Returns:
            A handle that counts its hits and removes it.

        Raises:
            TypeError: If a request is held against something else than texts, true or false.
            ValueError: If the outage, the service or the operation is unknown, no request could be met,
                or a condition makes no sense.
        """
        outage = self._outage(name_or_fault)
        name, effect = str(name_or_fault), outage.effect
        service = _agreed("service", outage.service, _agreed("service", self._service, service))
        operation = _agreed("operation", outage.operation, operation)
        concerned = self._concerned(service, operation)
        if isinstance(effect, Fault) and effect.skewed_by is not None:
            effect = partial(self._skew.replace, effect.skewed_by)
        if not isinstance(effect, Fault):
            _check_unconditional(operation, times, path, role, when, after, lasts, condition)
            return self._in_force.begin(name, service, undo=effect())
        if effect.refuses_with is not None:
            self._check_refusing(concerned)
        if role is not None:
            _check_about_roles(concerned, operation or "*")
        _check_times(times)
        check_when(when or {})
        starts_at = None if after is None else _moment("after", self._clock.now(), after)
        rule = Rule(
            name=name,
            fault=effect,
            service=service,
            operation=operation,
            path=path,
            role=role,
            when=dict(when or {}),
            starts_at=starts_at,
            ends_at=None if lasts is None else _end(starts_at or self._clock.now(), lasts),
            condition=condition,
            remaining=times,
        )
        return self._in_force.begin(name, service, rule=rule)

    @property
    def in_force(self) -> tuple[FaultHandle, ...]:
        """The handles of what was added here and has not ended, in order; on a view, that service's."""
        self._in_force.end_those_over(self._clock.now())
        return self._seen_from_here(self._in_force.handles)

    @property
    def ended(self) -> tuple[FaultHandle, ...]:
        """The handles of the latest that have ended by themselves, and were not removed besides."""
        self._in_force.end_those_over(self._clock.now())
        return self._seen_from_here(self._in_force.ended)

    def clear(self) -> None:
        """Remove the faults that were added here, the latest first; on a view, that service's."""
        for handle in (*self.ended, *reversed(self.in_force)):
            handle.remove()

    def apply(
        self,
        service: str,
        operation: str | None,
        request: Request,
        answer: Callable[[], Reply],
        refuse: Refuse | None = None,
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
        take = self._in_force.take
        if not self._in_force.rules:
            return answer()
        now = self._clock.now()
        self._in_force.end_those_over(now)
        rules = [rule for rule in self._in_force.rules if rule.concerns(service, operation, request, now)]
        instead = next((rule for rule in rules if rule.replaces(refuse) and take(rule)), None)
        reply = answer() if instead is None else instead.answer_instead(refuse, now)
        for rule in rules:
            changed = rule.changed(reply, now)
            if changed is not None and take(rule):
                reply = changed
        return reply

    def _seen_from_here(self, handles: tuple[FaultHandle, ...]) -> tuple[FaultHandle, ...]:
        return tuple(handle for handle in handles if self._service in {None, handle.service})

    def _outage(self, name_or_fault: str | Fault) -> Outage:
        if isinstance(name_or_fault, Fault):
            return Outage(meaning=str(name_or_fault), effect=name_or_fault)
        try:
            return self._outages[name_or_fault]
        except KeyError:
            known = ", ".join(sorted(self._outages))
            raise ValueError(f"no outage is called {name_or_fault!r}; known: {known}") from None

    def _concerned(self, service: str | None, operation: str | None) -> list[str]:
        """Return the services that have such an operation."""
        if service is not None and service not in self._operations:
            raise ValueError(f"no service is called {service!r}; known: {', '.join(self._operations)}")
        searched = self._operations if service is None else {service: self._operations[service]}
        if operation is None:
            return list(searched)
        concerned = [name for name, known in searched.items() if fnmatch.filter(known, operation)]
        if not concerned:
            known = ", ".join(sorted({name for names in searched.values() for name in names}))
            raise ValueError(f"no operation is called {operation!r}; known: {known}")
        return concerned

    def _check_refusing(self, concerned: list[str]) -> None:
        if set(self._refusing).isdisjoint(concerned):
            able, unable = " and ".join(sorted(self._refusing)), ", ".join(concerned)
            raise ValueError(
                f"{unable} has no codes to refuse with, as {able} have; a status or a body will do"
            )


def _agreed(what: str, fixed: str | None, given: str | None) -> str | None:
    if fixed is not None and given not in {None, fixed}:
        raise ValueError(f"this concerns the {what} {fixed!r} and cannot concern {given!r}")
    return given if fixed is None else fixed


def _check_about_roles(concerned: Iterable[str], operation: str) -> None:
    if not any(fnmatch.filter(ABOUT_ROLES.get(name, ()), operation) for name in concerned):
        known = ", ".join(f"{service}.{name}" for service, names in ABOUT_ROLES.items() for name in names)
        raise ValueError(f"no such request is about a role; those that are: {known}")


def _check_times(times: int | None) -> None:
    if times is not None and times < 1:
        raise ValueError(f"times is at least 1, not {times}")


def _check_unconditional(*conditions: object) -> None:
    if any(condition is not None for condition in conditions):
        raise ValueError("this changes the world until it is removed: it takes no condition")


def _end(start: datetime, lasts: timedelta) -> datetime:
    if lasts <= timedelta(0):
        raise ValueError(f"lasts is longer than nothing, not {told(lasts)}")
    return _moment("lasts", start, lasts)


def _moment(what: str, start: datetime, length: timedelta) -> datetime:
    try:
        return start + length
    except OverflowError:
        raise ValueError(f"{what} is {told(length)}, which is longer than any clock goes") from None
