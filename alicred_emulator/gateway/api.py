"""An API behind the gateway: a call is held against the decision table, and answered if nothing is found."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from alicred_emulator.gateway.call import PATH, Action, Call, named_action
from alicred_emulator.gateway.checks import Finding
from alicred_emulator.gateway.refusals import Refusal, checks_of, refusal_called
from alicred_emulator.gateway.rendering import rendered
from alicred_emulator.keys import masked
from alicred_emulator.messages import Reply, Request
from alicred_emulator.world import World

Checks = Mapping[str, Callable[[Any], Finding]]
"""The checks of an API by the conditions of the decision table; each takes the kind of call the API reads."""

_TROUBLESHOOT: Final = "https://api.aliyun.com/troubleshoot"

_NOT_PLACED: Final = frozenset({"action_or_version_unknown", "version_unknown", "path_unknown"})
"""What tells, though there is such an action, that the fake does not know the one that is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """An API: what can be asked of it, and how it finds out what is wrong with a call.

    Attributes:
        product: The product's name, such as ``Sts``.
        checks: The check behind each condition of the decision table that concerns the product.
        actions: What can be asked.
        call: Reads a request.
    """

    product: str
    checks: Checks
    actions: Mapping[str, Action]
    call: type[Call] = Call

    def operation(self, request: Request) -> str | None:
        """Name the action that a request asks for, None if the API has no such action."""
        name = named_action(request)
        return name if request.path == PATH and name in self.actions else None

    def answer(self, world: World, request: Request) -> Reply:
        """Answer a request.

        Args:
            world: The world that it is about.
            request: The request.

        Returns:
            The answer, or the refusal of the first condition that holds.
        """
        call = self.call(world, request, self.actions)
        for refusal in checks_of(self.product, call.action_name):
            finding = self.checks[refusal.condition](call)
            if finding is not False:
                return self._refused(call, refusal, {} if finding is True else finding)
        return self._granted(call)

    def refuse(self, world: World, request: Request, code: str) -> Reply:
        """Refuse a request because a fault says so.

        Args:
            world: The world that it is about.
            request: The request.
            code: The code, one of the decision table.

        Returns:
            The refusal, in the format that the request asks for.

        Raises:
            ValueError: If the table has no such code.
        """
        refusal, words = refusal_called(code)
        reply = self._refused(self.call(world, request, self.actions), refusal, words)
        # Whatever was asked, it is the fault that did not answer it.
        return replace(reply, placed=True)

    def _granted(self, call: Call) -> Reply:
        if call.action is None:
            raise LookupError("no row of the decision table refuses an unknown action")
        content = call.action.answer(call)
        if "RequestId" not in content:
            content = {"RequestId": call.request_id, **content}
        if call.session is not None and not call.vouched_for:
            call.world.ledger.record_use(call.session.access_key_id)
        looked_at = call.proof.key_id and not call.vouched_for
        detail = f"for the key {masked(call.proof.key_id)}" if looked_at else ""
        return replace(rendered(call, content, root=f"{call.action_name}Response"), detail=detail)

    def _refused(self, call: Call, refusal: Refusal, words: Mapping[str, str]) -> Reply:
        # A fault refuses without having found anything, and leaves the places empty.
        words = defaultdict(str, words)
        code, request_id = refusal.code.format_map(words), call.request_id
        content: dict[str, object] = {
            "RequestId": request_id,
            "HostId": call.host,
            "Code": code,
            "Message": refusal.message.format_map(words),
            "Recommend": f"{_TROUBLESHOOT}?q={code}&product={self.product}&requestId={request_id}",
        }
        if refusal.trust:
            content["AccessDeniedDetail"] = _denied_by_trust(call)
        reply = rendered(call, content, root="Error", status=refusal.status)
        placed = call.action is not None and refusal.condition not in _NOT_PLACED
        return replace(reply, detail=f"{code}: {refusal.when}", placed=placed)


def _denied_by_trust(call: Call) -> Mapping[str, object]:
    """Return what users report of a refusal by a trust policy."""
    detail = {
        "AuthAction": "sts:AssumeRole",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AssumeRolePolicy",
    }
    caller = call.known_caller
    if call.vouched_for or caller is None:
        return detail
    return {**detail, "AuthPrincipalOwnerId": caller.account_id, "AuthPrincipalType": caller.kind}
