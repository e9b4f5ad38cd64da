"""The parameters of a request: those in its query, and those in a body of a type that holds such.

The rule kept here: a request is read once, however many want to know: whoever names its operation for the
journal, the faults that ask what it says, and the fake that answers.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast
from urllib.parse import parse_qsl

from alicred_emulator.messages import JSON_TYPE, Request

FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Parameters(NamedTuple):
    """What a request says.

    Attributes:
        query: The pairs of its query, in their order.
        body: Those of its body, None where that is not what its type says.
        both: All of them by name; the body's word counts.
    """

    query: Sequence[tuple[str, str]]
    body: Mapping[str, str] | None
    both: Mapping[str, str]

    def __repr__(self) -> str:
        # Values may be tokens and signatures.
        return f"<Parameters {', '.join(self.both)}>"


def parameters_of(request: Request) -> Parameters:
    """Return the parameters of a request."""
    return request.once(_parameters)


def content_type(request: Request) -> str:
    """Return the type of a request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parameters(request: Request) -> Parameters:
    query = parse_qsl(request.query, keep_blank_values=True)
    body = _in_body(request)
    return Parameters(query, body, {**dict(query), **(body or {})})


def _in_body(request: Request) -> Mapping[str, str] | None:
    if not request.body:
        return {}
    try:
        if content_type(request) == JSON_TYPE:
            return _in_json(json.loads(request.body.decode("utf-8")))
        if content_type(request) == FORM_TYPE:
            pairs = parse_qsl(request.body.decode("utf-8"), keep_blank_values=True, errors="strict")
            return dict(pairs)
    except (ValueError, RecursionError):
        return None
    return {}


def _in_json(content: object) -> Mapping[str, str] | None:
    if not isinstance(content, dict):
        return None
    fields = cast("dict[str, object]", content)
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
        if value is not None
    }
    # JSON can write half a surrogate pair, which nobody could sign or answer: that is a ValueError.
    _ = "".join([*parameters, *parameters.values()]).encode()
    return parameters
