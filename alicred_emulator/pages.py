"""The HTML error page that the metadata service answers with.

The page with status 404 is recorded; that the other statuses use the same one is inferred from their
documented names, which have the shape of its title.
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Final

from alicred_emulator.messages import HTML_TYPE, Reply

_TITLES: Final[Mapping[int, str]] = {400: "Missing or Invalid Parameters"}
"""Documented names that differ from HTTP's own reason phrases."""

_PAGE: Final = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{title}</title>
 </head>
 <body>
  <h1>{title}</h1>
 </body>
</html>
"""


def error_page(status: int, detail: str = "", *, placed: bool = True) -> Reply:
    """Answer with the service's error page.

    Args:
        status: The HTTP status, which the page repeats.
        detail: Why, for the journal.
        placed: Whether the fake knew what was asked.

    Returns:
        The reply.
    """
    return Reply(status=status, body=_body(status), content_type=HTML_TYPE, placed=placed, detail=detail)


def reason_phrase(status: int) -> str:
    """Return HTTP's reason phrase for a status, or a neutral word for one that HTTP does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@cache
def _body(status: int) -> bytes:
    return _PAGE.format(title=f"{status} - {_TITLES.get(status, reason_phrase(status))}").encode("ascii")
