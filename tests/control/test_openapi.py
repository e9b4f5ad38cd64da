"""The OpenAPI document: valid by itself, and true of what is answered."""

import re

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from alicred_emulator.control.fault_routes import id_of
from alicred_emulator.control.table import ROUTES
from alicred_emulator.fault_forms import KINDS, PLACES, fault_from

OPERATIONS = [(route.method, route.path) for route in ROUTES]
EXAMPLES = [
    pytest.param(route.method, route.path, name, id=f"{route.operation}/{name}")
    for route in ROUTES
    for name in (route.examples or [None])
]


@pytest.fixture
def document(ask):
    """The document as it is served."""
    return ask("GET", "/openapi.json").content


def operation_of(document, method, path):
    """Return what is said of an operation."""
    return document["paths"][path][method.lower()]


def check(document, schema, value):
    """Hold a value against a schema of the document."""
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def test_the_document_is_valid(document):
    """By the rules of OpenAPI 3.1, references and all."""
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described_and_everything_described_is_a_route(document):
    """The table of routes and the document say the same, and so does what is answered to a wrong method."""
    described = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    assert sorted(described) == sorted(OPERATIONS)


def test_operations_have_names_of_their_own(document):
    """A generated client has one function for each."""
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z_]+", name) for name in names)


def test_every_operation_says_what_it_does_and_takes(document):
    """A summary that is a sentence, and an example for every body."""
    for path in document["paths"].values():
        for method, operation in path.items():
            assert operation["summary"].endswith(".")
            assert ("requestBody" in operation) == (method in {"post", "patch", "put"})
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["examples"]


def prepared(emulator, document, path):
    """Have what the path of an example names, and write the path with it."""
    places = {
        parameter["name"]: parameter["example"]
        for operation in document["paths"][path].values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    }
    if "fault_id" in places:
        places["fault_id"] = id_of(emulator.faults.add("imds_error"))
    if path.startswith("/ledger/"):
        requests.get(emulator.credentials_uri.url, timeout=10)
        places["access_key_id"] = emulator.ledger.credentials[0].access_key_id
    elif "access_key_id" in places:
        holder = emulator.user if "user" in places else emulator.ram.root
        places["access_key_id"] = holder.add_access_key().access_key_id
    return path.format(**places)


@pytest.mark.parametrize(("method", "path", "name"), EXAMPLES)
def test_an_example_is_answered_as_described(ask, emulator, document, method, path, name):
    """The example fits its schema, a fresh emulator takes it, and the answer fits what is said of it."""
    operation = operation_of(document, method, path)
    target = prepared(emulator, document, path)
    if name is None:
        answer = ask(method, target)
    else:
        content = operation["requestBody"]["content"]["application/json"]
        example = content["examples"][name.replace(" ", "_")]["value"]
        check(document, content["schema"], example)
        answer = ask(method, target, example)
    [expected] = [status for status in operation["responses"] if status.startswith("2")]
    assert str(answer.status) == expected, answer.content
    described = operation["responses"][expected].get("content")
    if described is None:
        assert answer.content is None
    else:
        check(document, described["application/json"]["schema"], answer.content)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/nowhere", None),
        ("GET", "/faults/0", None),
        ("POST", "/clock", {"nothing": 1}),
        ("PATCH", "/clock", {}),
    ],
)
def test_refusals_are_answered_as_described(ask, document, method, target, body):
    """Every refusal has the one shape that the document gives it."""
    answer = ask(method, target, body)
    check(document, document["components"]["schemas"]["Error"], answer.content)


def test_parameters_of_the_query_are_described(ask, document):
    """What is described is taken, and whatever else is not."""
    for (method, path), route in zip(OPERATIONS, ROUTES, strict=True):
        parameters = operation_of(document, method, path).get("parameters", [])
        described = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        assert described == set(route.query)
    assert ask("GET", "/clock?verbose=1").status == 400


FORMS = [
    "imds_down",
    {"name": "sts_down"},
    {"status": 503, "body": "x", "headers": {"Retry-After": "1"}},
    {"body": "<html>", "content_type": "text/html"},
    {"body_base64": "/w==", "status": 200, "content_type": "text/plain"},
    {"reset": True},
    {"silence": True},
    {"delay": 0.5},
    {"delay": "20ms"},
    {"truncate": 3},
    {"drip": 0.01, "bytes_per_chunk": 7, "headers": False},
    {"refusal": "Throttling.User"},
    {"code": "Failed"},
    {"partial": "SecurityToken"},
    {"malformed": True},
    {"skew": "-1d"},
    {
        "expired": True,
        "service": "imds",
        "operation": "RoleCredential",
        "path": "*",
        "role": "demo-*",
        "when": {"header User-Agent": "*", "parameter Action": False},
        "times": 2,
        "after": "5m",
        "lasts": "1h",
    },
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_form_of_a_fault_fits_the_description(document, form):
    """What a scenario file may say of a fault, the API takes as well."""
    schema = operation_of(document, "POST", "/faults")["requestBody"]["content"]["application/json"]["schema"]
    check(document, schema, form)
    fault_from(form)


def test_the_description_of_a_fault_is_complete(document):
    """No key is missing in it, and none is in it that nothing reads."""
    known = {*KINDS, *PLACES, *(key for besides in KINDS.values() for key in besides)}
    assert set(document["components"]["schemas"]["FaultForm"]["properties"]) == known
    assert {key for form in FORMS if isinstance(form, dict) for key in form} == known
