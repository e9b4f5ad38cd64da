"""The checks behind the rows of the decision table that both sign-in services share.

Each tells whether its condition holds for a request: False, or True, or the words that the row's message
takes. A check never relies on another's having been made before: the order is the table's to decide.
"""

from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.gateway.checks import Finding
from alicred_emulator.sign_in.call import Call


def method_unsupported(call: Call) -> Finding:
    """Tell whether it was asked with another method than the operation's."""
    return call.request.method != call.operation.method


def content_type_unsupported(call: Call) -> Finding:
    """Tell whether the body is of another type than the operation's."""
    return bool(call.operation.body_type) and call.content_type != call.operation.body_type


def body_unreadable(call: Call) -> Finding:
    """Tell whether the body is not what its type says."""
    return bool(call.operation.body_type) and not call.readable


def parameter_missing(call: Call) -> Finding:
    """Name the first parameter that is not there, or empty, and has to be."""
    missing = next((name for name in call.needs if not call.parameters.get(name)), None)
    return False if missing is None else {"parameter": missing}


def access_token_missing(call: Call) -> Finding:
    """Tell whether there is no bearer token."""
    return not call.bearer_token


CHECKS: Final[Mapping[str, Callable[[Call], Finding]]] = {
    check.__name__: check
    for check in (
        method_unsupported,
        content_type_unsupported,
        body_unreadable,
        parameter_missing,
        access_token_missing,
    )
}
"""The checks of this module by the conditions that they are about."""
