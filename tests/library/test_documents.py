"""What a service may answer in place of a credential, and what its user is told then."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alicred.exceptions import CredentialException, CredentialRefusedError, ServiceUnreachableError
from alicred.providers.document import DocumentReader
from alicred.providers.service import Service
from alicred.transport import Reply

ROLE = "EcsRole"
PARTS = ("AccessKeyId", "AccessKeySecret", "SecurityToken")

NOT_AN_OBJECT = {
    "html": b"<html><body>cAnArY0SeCrEt7</body></html>",
    "empty": b"",
    "white space": b" \n ",
    "null": b"null",
    "a list": b'["cAnArY0SeCrEt7"]',
    "a text": b'"cAnArY0SeCrEt7"',
    "a number": b"17",
    "invalid UTF-8": b'{"AccessKeySecret": "cAnArY0SeCrEt7\xff"}',
    "UTF-16": '{"AccessKeySecret": "cAnArY0SeCrEt7"}'.encode("utf-16"),
    "a BOM": b'\xef\xbb\xbf{"Code": "Success", "AccessKeySecret": "cAnArY0SeCrEt7"}',
    "half a document": b'{"Code": "Success", "AccessKeySecret": "cAnArY0SeCr',
    "two documents": b'{"AccessKeySecret": "cAnArY0SeCrEt7"}{}',
    "deep nesting": b"[" * 60_000,
    "a deep object": b'{"a":' * 10_000,
    "a number of 10,000 digits": b'{"a":' + b"9" * 10_000 + b"}",
    "gzip": b"\x1f\x8b\x08\x00cAnArY0SeCrEt7",
    "zero bytes": b"\x00" * 100,
}
BAD_EXPIRATIONS = {
    "missing": ...,
    "null": None,
    "empty": "",
    "numeric": 1_800_021_600,
    "a float": 1.8e9,
    "digits": "1800021600",
    "true": True,
    "a list": ["2027-01-15T14:00:00Z"],
    "an object": {"$date": "2027-01-15T14:00:00Z"},
    "with fractions": "2027-01-15T14:00:00.123Z",
    "with an offset": "2027-01-15T22:00:00+08:00",
    "without a zone": "2027-01-15T14:00:00",
    "with a blank": "2027-01-15 14:00:00Z",
    "with a line break": "2027-01-15T14:00:00Z\n",
    "in other digits": "２０２７-01-15T14:00:00Z",  # noqa: RUF001 - that is the point
    "of two digits": "27-01-15T14:00:00Z",
    "no such day": "2027-02-30T14:00:00Z",
    "no such month": "2027-13-01T14:00:00Z",
    "no such hour": "2027-01-15T24:00:00Z",
    "a leap second": "2027-01-15T14:00:60Z",
    "in year 0": "0000-01-01T00:00:00Z",
    "in year 1": "0001-01-01T00:00:00Z",
    "in the past": "2027-01-15T07:59:59Z",
    "right now": "2027-01-15T08:00:00Z",
    "in two years": "2029-01-15T08:00:00Z",
    "in year 9999": "9999-12-31T23:59:59Z",
    "in year 10000": "10000-01-01T00:00:00Z",
    "a secret": "cAnArY0SeCrEt7",
}
BAD_CODES = {
    "missing": ...,
    "null": None,
    "empty": "",
    "a number": 200,
    "a list": ["Success"],
    "in lower case": "success",
    "with a blank": "Success ",
    "a secret": "cAnArY0SeCrEt7",
    "a page": "<b>cAnArY0SeCrEt7</b>",
    "endless": "Failed" * 1000,
}
BAD_TEXTS = {
    "missing": ...,
    "null": None,
    "empty": "",
    "a number": 17,
    "true": True,
    "a list": ["cAnArY0SeCrEt7"],
    "an object": {"cAnArY0SeCrEt7": 1},
    "with a line break": "cAnArY0SeCrEt7\r\nX-Evil: 1",
    "with a zero byte": "cAnArY0SeCrEt7\x00",
    "with an escape": "\x1b[2JcAnArY0SeCrEt7",
    "with a lone surrogate": "cAnArY0SeCrEt7\ud800",
    "with other letters": "ключcAnArY0SeCrEt7",
}


@pytest.fixture(params=["ecs_ram_role", "credential_uri"])
def refusal(request, script, ecs, uri, now, told, canary):
    """Let a service answer with a body, and return the error after looking for the secret in it."""

    def refusal(body):
        if request.param == "ecs_ram_role":
            provider = ecs(script("token", body), role_name=ROLE)
        else:
            provider = uri(script(body))
        with pytest.raises(CredentialException) as caught:
            provider.fetch(now)
        error = caught.value
        assert error.provider == request.param
        assert str(error).startswith(f"{request.param}: ")
        assert error.problem.endswith(".")
        assert error.remedy.endswith(".")
        assert error.__context__ is error.__cause__ is None
        assert canary not in told(error)
        return error

    return refusal


@pytest.mark.parametrize("body", NOT_AN_OBJECT.values(), ids=NOT_AN_OBJECT)
def test_an_answer_that_is_no_json_object_is_an_error_that_says_so(refusal, body):
    """Whatever is not an object, or lacks its Code, is named without being quoted, and may mend itself."""
    error = refusal(body)
    assert "not a JSON object" in error.problem
    assert isinstance(error, ServiceUnreachableError)
    assert "mend it" in error.remedy


@pytest.mark.parametrize("expiration", BAD_EXPIRATIONS.values(), ids=BAD_EXPIRATIONS)
def test_an_expiration_that_cannot_be_used_is_an_error_that_names_it(refusal, document, expiration):
    """Only a whole second in UTC, later than now and within a year, is an Expiration."""
    error = refusal(document(Expiration=expiration))
    assert "Expiration" in error.problem or "expired" in error.problem or "ends more than" in error.problem
    assert "mend it" in error.remedy


@pytest.mark.parametrize("code", BAD_CODES.values(), ids=BAD_CODES)
def test_a_code_other_than_success_is_a_refusal(refusal, document, code):
    """An answer of status 200 counts only if its Code is Success, to the letter."""
    error = refusal(document(Code=code))
    assert isinstance(error, CredentialRefusedError)
    assert "Code" in error.problem
    assert "why it hands out no credential" in error.remedy


def test_a_code_that_looks_like_one_is_shown(refusal, document):
    """The service's own word for the failure is what its author asks for."""
    assert "Code InvalidRole.NotFound " in refusal(document(Code="InvalidRole.NotFound")).problem


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_part_that_is_no_printable_text_is_an_error_that_names_it(refusal, document, part, value):
    """Every part goes into headers, so each must be there and printable ASCII."""
    assert f" {part} " in refusal(document(**{part: value})).problem


@pytest.mark.parametrize("service", ["ecs_ram_role", "credential_uri"])
def test_a_good_document_becomes_a_credential_of_the_same_parts(service, script, ecs, uri, document, now):
    """Fields that are not known are left alone, and the expiry is the moment that was written."""
    body = document(Extra={"more": [1]})
    provider = ecs(script("token", body), role_name=ROLE) if service == "ecs_ram_role" else uri(script(body))
    credential = provider.fetch(now).credential
    fields = json.loads(body)
    assert credential.access_key_id == fields["AccessKeyId"]
    assert credential.access_key_secret == fields["AccessKeySecret"]
    assert credential.security_token == fields["SecurityToken"]
    assert credential.expiration.isoformat() == "2027-01-15T14:00:00+00:00"
    assert credential.expires_at == now + 6 * 3600
    assert credential.provider_name == service


@pytest.mark.parametrize("ahead", [-7200.0, 0.0, 7200.0])
def test_the_end_is_judged_by_the_services_clock(script, uri, document, now, ahead):
    """A machine whose clock is off uses a credential as long as the service lets it."""
    reply = Reply(200, document(), server_ahead=ahead)
    credential = uri(script(reply)).fetch(now).credential
    assert credential.expires_at == now + 6 * 3600 - ahead
    assert credential.expiration.isoformat() == "2027-01-15T14:00:00+00:00"


def test_a_credential_that_the_services_clock_calls_dead_is_refused(script, uri, document, now):
    """Six hours by our clock are none if the service is six hours ahead."""
    with pytest.raises(CredentialException, match="expired already"):
        uri(script(Reply(200, document(), server_ahead=6 * 3600.0))).fetch(now)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_fields = st.sampled_from(["Code", "Expiration", *PARTS])


@given(
    body=st.binary(max_size=200)
    | _json.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(_fields, _json | st.just("Success") | st.just("2027-01-15T14:00:00Z")).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_whatever_a_service_answers_ends_in_a_credential_or_in_our_error(body):
    """No other exception gets out, for any bytes at all."""
    service = Service(provider="any", title="It", unreachable_remedy="Look.", author="them")
    reader = DocumentReader(service, credential_type="sts")
    try:
        credential = reader.read(Reply(200, body), 1_800_000_000.0)
    except CredentialException:
        return
    assert credential.has_keys()
    assert credential.security_token
