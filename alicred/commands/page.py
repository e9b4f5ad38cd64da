"""The report of `alicred explain` as a page for a person.

Rule of this module: every text of the page is from the report, so it shows nothing that the report does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alicred.commands.spans import for_person, span

__all__ = ["lines"]

_MARKS = {"used": "*", "broken": "!", "nothing there": "-", "not configured": "-", "not reached": " "}
_COLOURS = {"used": "32", "broken": "31", "nothing there": "2", "not configured": "2", "not reached": "2"}
_IDENTITY = {
    "arn": "arn",
    "account_id": "account",
    "type": "type",
    "principal_id": "principal id",
    "user_id": "user id",
    "role_id": "role id",
}
_LABEL_WIDTH = 15


def lines(report: Mapping[str, Any], *, colour: bool) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "Where alicred looks for a credential, in this order:"
    yield ""
    elements = report["elements"]
    width = max(len(element["name"]) for element in elements)
    for element in elements:
        yield from _element(element, width, colour=colour)
    yield ""
    if report["credential"] is None:
        yield "There is no credential. Set up one of these places, or pass a Config to Client."
        return
    yield "The credential:"
    yield ""
    yield from _fields(_credential(report["credential"]))
    if "identity" in report:
        yield ""
        identity, error = report["identity"], report["identity_error"]
        yield from _unidentified(error) if identity is None else _identity(identity)


def _element(element: Mapping[str, Any], width: int, *, colour: bool) -> Iterator[str]:
    outcome = element["outcome"]
    milliseconds = element["milliseconds"]
    took = "" if milliseconds is None else f"{milliseconds:9.1f} ms"
    line = f"  {_MARKS[outcome]} {element['name']:<{width}}  {outcome:<14}{took}".rstrip()
    yield f"\x1b[{_COLOURS[outcome]}m{line}\x1b[0m" if colour else line
    for text in _said_of(element):
        yield f"      {text}"


def _said_of(element: Mapping[str, Any]) -> Iterator[str]:
    error = element["error"]
    for warning in element["warnings"]:
        yield f"warning: {warning}"
    if element["reason"]:
        yield element["reason"]
    if error:
        yield error["problem"]
        if error["remedy"]:
            yield f"hint: {error['remedy']}"
    if element["outcome"] == "not reached" and element["applies"] and not error:
        yield "It would be asked in its turn."


def _credential(credential: Mapping[str, Any]) -> dict[str, str]:
    tail = credential["access_key_id_ends_with"]
    return {
        "provider": credential["provider_name"],
        "type": credential["type"],
        "key id": "none" if tail is None else f"ends with {tail}",
        "session token": "yes" if credential["has_security_token"] else "no",
        **_times(credential),
    }


def _times(credential: Mapping[str, Any]) -> dict[str, str]:
    if credential["expiration"] is not None:
        return {
            "expires": for_person(credential["expiration"], credential["seconds_left"]),
            "refresh point": for_person(credential["refresh_at"], credential["seconds_to_refresh"]),
        }
    # A session ends, whether or not anybody has said when.
    expires = {"expires": "nobody said when" if credential["has_security_token"] else "never"}
    if credential["refresh_at"] is None:
        return expires
    # It may have been replaced where it is from, such as a file.
    return {**expires, "looked up again": f"in {span(credential['seconds_to_refresh'])}"}


def _identity(identity: Mapping[str, str]) -> Iterator[str]:
    yield "Who that is, as STS says:"
    yield ""
    yield from _fields({label: identity[name] for name, label in _IDENTITY.items() if name in identity})


def _unidentified(error: Mapping[str, str | None]) -> Iterator[str]:
    yield "Who that is could not be found out:"
    yield ""
    yield f"  {error['problem']}"
    yield f"  hint: {error['remedy']}"


def _fields(fields: Mapping[str, str]) -> Iterator[str]:
    for label, value in fields.items():
        yield f"  {label:<{_LABEL_WIDTH}}  {value}"
