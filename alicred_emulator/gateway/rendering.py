"""Documents as the services write them: JSON, or XML without a blank between elements."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final, cast
from xml.sax.saxutils import escape

from alicred_emulator.gateway.call import Call
from alicred_emulator.messages import Reply, document

JSON_CONTENT: Final = "application/json;charset=utf-8"
XML_CONTENT: Final = "text/xml;charset=utf-8"

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 has no way to write."""

_VERBATIM: Final = "Recommend"
"""The element whose text stands in CDATA (inferred)."""


def rendered(call: Call, content: Mapping[str, object], *, root: str, status: int = 200) -> Reply:
    """Return a reply with a document in the format that a call asked for.

    Args:
        call: The call.
        content: The document.
        root: The name of the outermost element, should it be XML.
        status: The HTTP status.

    Returns:
        The reply, whose document a fault may still edit.
    """
    if call.answers_in_xml:
        return document(content, status=status, content_type=XML_CONTENT, write=partial(written_as_xml, root))
    return document(content, status=status, content_type=JSON_CONTENT)


def written_as_xml(root: str, content: Mapping[str, object]) -> bytes:
    """Write a document as XML.

    Args:
        root: The name of the outermost element.
        content: What it holds; a list repeats the element that it stands under.

    Returns:
        The bytes.
    """
    return (_DECLARATION + "".join(_element(root, content))).encode()


def _element(name: str, value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _element(name, one)
        return
    yield f"<{name}>"
    if isinstance(value, Mapping):
        for inner, held in cast("Mapping[str, object]", value).items():
            yield from _element(inner, held)
    elif name == _VERBATIM:
        yield f"<![CDATA[{value}]]>"
    else:
        yield escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value)))
    yield f"</{name}>"
