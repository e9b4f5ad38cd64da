"""A sign-in service: a request is held against the decision table, and answered if nothing is found.

The rule kept here: one request is judged and answered at a time, so that of two that use up the same token
exactly one is granted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

from alicred_emulator.gateway.checks import Finding
from alicred_emulator.messages import Reply, Request
from alicred_emulator.pages import error_page
from alicred_emulator.sign_in.call import Call, Operation
from alicred_emulator.sign_in.refusals import Refusal, checks_of
from alicred_emulator.world import World

Checks = Mapping[str, Callable[[Any], Finding]]
"""The checks of a service by the conditions of the decision table; each takes the call that it reads."""

_ONE_AT_A_TIME: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A sign-in service.

    Attributes:
        service: Its name.
        operations: What can be asked of it, by name.
        checks: The check behind each condition of the decision table that concerns it.
        refuse: Writes a refusal: the call, the row, its code and its message.
        call: Reads a request.
    """

    service: str
    operations: Mapping[str, Operation]
    checks: Checks
    refuse: Callable[[Any, Refusal, str, str], Reply]
    call: type[Call] = Call

    def operation(self, request: Request) -> str | None:
        """Name what a request asks for, None if there is nothing at its path."""
        return next((name for name, known in self.operations.items() if known.path == request.path), None)

    def answer(self, world: World, request: Request) -> Reply:
        """Answer a request.

        Args:
            world: The world that it is about.
            request: The request.

        Returns:
            The answer, or the refusal of the first condition that holds; 404 on another path (inferred).
        """
        name = self.operation(request)
        if name is None:
            return error_page(404, f"{self.service} has nothing at this path", placed=False)
        call = self.call(world, request, self.operations[name])
        with _ONE_AT_A_TIME:
            for refusal in checks_of(self.service, name):
                finding = self.checks[refusal.condition](call)
                if finding is not False:
                    return self._refused(call, refusal, {} if finding is True else finding)
            return call.operation.answer(call)

    def _refused(self, call: Call, refusal: Refusal, words: Mapping[str, str]) -> Reply:
        code, message = refusal.code.format_map(words), refusal.message.format_map(words)
        reply = self.refuse(call, refusal, code, message)
        return replace(reply, detail=f"{code}: {refusal.when}")
