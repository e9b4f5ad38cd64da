"""`alicred explain`: why the default chain ends where it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from alicred import clock
from alicred.commands import page, report
from alicred.commands.caller import identity_of
from alicred.commands.trace import searched
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, CredentialException
from alicred.http import HttpTransport
from alicred.models import Credential
from alicred.providers.registry import elements
from alicred.transport import Transport

__all__ = ["explain"]


def explain(
    say: Callable[[str], None], *, identity: bool = False, as_json: bool = False, colour: bool = False
) -> bool:
    """Search the default chain, and say what happened.

    Args:
        say: Prints a line.
        identity: Whether to ask STS who the credential is.
        as_json: Whether to print one JSON document in place of a page.
        colour: Whether the page may be coloured.

    Returns:
        Whether there is a credential.
    """
    # Else the first element that asks a service would be charged for them.
    import_module("alicred.conversation")
    import_module("alicred.connections")
    environment, transport = Environment.of_process(), HttpTransport()
    trace = searched(elements(environment, transport))
    told = report.of_trace(trace)
    if identity and trace.issued is not None:
        told.update(_identity(trace.issued.credential, environment, transport))
    for line in [json.dumps(told, indent=2)] if as_json else page.lines(told, colour=colour):
        say(line)
    return trace.issued is not None


def _identity(credential: Credential, environment: Environment, transport: Transport) -> dict[str, Any]:
    try:
        if not credential.has_keys():
            raise ConfigurationError(
                "the credential has no key to sign with.", remedy="Ask whoever issued the token."
            )
        told = identity_of(credential, environment, transport, clock.time())
    except CredentialException as error:
        return {"identity": None, "identity_error": report.of_error(error)}
    return {"identity": told, "identity_error": None}
