"""What a fault may ask of a request: the role that it is about, its headers and its parameters.

The rule kept here: only what a client has written is looked at, never what the fake would make of it.
"""

import fnmatch
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, cast

from alicred_emulator.imds_tree import ROLE_DIRECTORY, item_of
from alicred_emulator.messages import Request
from alicred_emulator.parameters import parameters_of

When = Mapping[str, str | bool]
"""``header NAME`` or ``parameter NAME`` to a glob for its value, or to whether there is one at all."""

ABOUT_ROLES: Final[Mapping[str, Collection[str]]] = {
    "imds": ("RoleCredential",),
    "sts": ("AssumeRole", "AssumeRoleWithOIDC", "AssumeRoleWithSAML"),
}
"""The operations of each service whose requests are about a role."""


def check_when(when: When) -> None:
    """Refuse what cannot be asked of a request.

    Raises:
        TypeError: If something is held against what is neither a text nor true or false.
        ValueError: If it asks about something else than headers and parameters, or not in these words.
    """
    for asked, wanted in cast("Mapping[object, object]", when).items():
        place, _, name = str(asked).partition(" ")
        if place not in _READERS or not name.strip():
            raise ValueError(f"{asked!r} is nothing a request has; write 'header NAME' or 'parameter NAME'")
        if not isinstance(wanted, str | bool):
            raise TypeError(f"{asked!r} is held against a text or against true or false, not {wanted!r}")


def holds(when: When, request: Request) -> bool:
    """Tell whether a request is as it was asked."""
    return all(_fits(wanted, _said(asked, request)) for asked, wanted in when.items())


def role_of(service: str, operation: str | None, request: Request) -> str | None:
    """Return the name of the role that a request is about, None if it is about none.

    Args:
        service: The service that was asked.
        operation: What was asked.
        request: The request.

    Returns:
        For the metadata service the last part of the path, for STS the name in `RoleArn`.
    """
    if operation not in ABOUT_ROLES.get(service, ()):
        return None
    if service == "imds":
        return (item_of(request.path) or "").removeprefix(f"{ROLE_DIRECTORY}/")
    return parameters_of(request).both.get("RoleArn", "").partition(":role/")[2] or None


def _fits(wanted: str | bool, said: str | None) -> bool:  # noqa: FBT001 - a table's value, not a switch
    if isinstance(wanted, bool):
        return wanted == (said is not None)
    return said is not None and fnmatch.fnmatchcase(said, wanted)


def _said(asked: str, request: Request) -> str | None:
    place, _, name = asked.partition(" ")
    return _READERS[place](request).get(name.strip())


_READERS: Final[Mapping[str, Callable[[Request], Mapping[str, Any]]]] = {
    "header": lambda request: request.headers,
    "parameter": lambda request: parameters_of(request).both,
}
"""Where it is looked for, by the first word of what is asked."""
