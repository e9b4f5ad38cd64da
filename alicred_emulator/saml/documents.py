"""SAML responses as they travel: Base64, and XML in it that anybody may have written.

The rule kept here: no entity is expanded, no file or address is opened, and nothing that is larger than STS
allows is looked at. A response has one assertion or is none: signature wrapping needs a second one.
"""

import base64
import re
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from alicred_emulator.saml.names import ASSERTION, PROTOCOL, SUCCESS

if TYPE_CHECKING:
    from alicred_emulator.saml.elements import Element

LONGEST_RESPONSE: Final = 100_000
"""Characters of Base64 that STS takes (documented)."""

_SPACE: Final = re.compile(r"[ \t\r\n]+")


def assertion_in(text: str) -> bytes | None:
    """Find the assertion of a response.

    Args:
        text: Any text.

    Returns:
        The assertion as a document of its own, in the context that it had and without comments; None if
        the text is no Base64 of a response with one assertion.
    """
    root = parsed(_decoded(text))
    if root is None or root.tag != f"{{{PROTOCOL}}}Response":
        return None
    status = root.find(f"{{{PROTOCOL}}}Status/{{{PROTOCOL}}}StatusCode")
    if status is None or status.get("Value") != SUCCESS:
        return None
    found = list(root.iter(f"{{{ASSERTION}}}Assertion"))
    if len(found) != 1 or found[0].getparent() is not root:
        return None
    return etree.tostring(found[0], with_tail=False)


def parsed(document: bytes) -> "Element | None":
    """Parse a document; None if it is no XML, or brings a document type."""
    # Comments are covered by no signature, and would cut a text in two.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    described: Any = root.getroottree().docinfo
    return None if described.doctype else root


def encoded(response: "Element") -> str:
    """Write a response as an identity provider posts it."""
    return base64.b64encode(etree.tostring(response, xml_declaration=True, encoding="UTF-8")).decode("ascii")


def _decoded(text: str) -> bytes:
    if len(text) > LONGEST_RESPONSE:
        return b""
    try:
        return base64.b64decode(_SPACE.sub("", text), validate=True)
    except ValueError:
        return b""
