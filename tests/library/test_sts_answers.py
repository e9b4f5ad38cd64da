"""What STS may answer, and what its user is told then."""

import copy
import json
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alicred.answers import code_in, json_object, request_id_in
from alicred.exceptions import CredentialException, CredentialRefusedError, ServiceUnreachableError
from alicred.providers.document import DocumentReader, Layout
from alicred.providers.service import Service
from alicred.providers.sts_remedies import REMEDIES, is_temporary, remedy_for
from alicred.transport import NoReply, Reply

REQUEST_ID = "7463B73D-35CC-4D19-A010-6B8D65D242EF"
PARAMETERS = {
    "access_key_id": "LTAIexample",
    "access_key_secret": "secret",
    "role_arn": "acs:ram::1234567890123456:role/demo",
}

# Every code that is known of STS and of the gateway before it, with a word that its remedy has to say.
CODES = {
    "MissingAccessKeyId": "report",
    "MissingSecurityToken": "security_token",
    "MissingRoleArn": "documentation",
    "InvalidAccessKeyId.NotFound": "deleted",
    "InvalidAccessKeyId.Inactive": "Activate",
    "Forbidden.AccessKeyDisabled": "Activate",
    "SignatureDoesNotMatch": "secret",
    "IncompleteSignature": "secret",
    "InvalidSignatureMethod": "report",
    "InvalidTimeStamp.Expired": "clock",
    "InvalidTimeStamp.Format": "report",
    "InvalidSecurityToken.Expired": "get a new one",
    "InvalidSecurityToken.Malformed": "Copy the security token",
    "InvalidSecurityToken.MismatchWithAccessKey": "belong together",
    "InvalidVersion": "sts_endpoint",
    "InvalidAction.NotFound": "sts_endpoint",
    "InvalidApi.NotFound": "sts_endpoint",
    "InvalidProduct.NotFound": "sts_endpoint",
    "UnsupportedHTTPMethod": "sts_endpoint",
    "InvalidProtocol.NeedSsl": "https://",
    "InvalidParameter": "report",
    "InvalidParameter.Format": "report",
    "InvalidParameter.Accept": "report",
    "InvalidParameter.ContentType": "report",
    "InvalidParameter.RoleArn": "role_arn",
    "InvalidParameter.RoleSessionName": "role_session_name",
    "InvalidParameter.DurationSeconds": "MaxSessionDuration",
    "InvalidParameter.ExternalId": "external_id",
    "InvalidParameter.PolicyGrammar": "policy language",
    "InvalidParameter.PolicySize": "Shorten policy",
    "NoPermission": "trust policy",
    "AuthenticationFail.ApiUsername": "trust policy",
    "EntityNotExist.Role": "role_arn",
    "AuthenticationFail.OIDCToken.Expired": "has expired",
    "AuthenticationFail.OIDCToken.Invalid": "oidc_token_file_path",
    "AuthenticationFail.OIDCToken.AudienceNotMatch": "client id",
    "AuthenticationFail.OIDCToken.IssuerNotMatch": "another issuer",
    "AuthenticationFail.OIDCToken.IssuerConfigurationBroken": "discovery document",
    "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch": "fingerprint",
    "AuthenticationFail.NoPermission": "oidc_provider_arn",
    "SomethingNew.Altogether": "documentation",
}
TEMPORARY_CODES = {
    "SignatureNonceUsed": "proxy",
    "Throttling": "share one client",
    "Throttling.User": "share one client",
    "Throttling.Api": "share one client",
    "ServiceUnavailable": "recover",
    "InternalError": "recover",
}


@pytest.fixture
def failure(script, provide, now, told, canary):
    """Let STS answer an AssumeRole, and return the error after looking for the secret in it."""

    def failure(*answers):
        with pytest.raises(CredentialException) as caught:
            provide(script(*answers), "ram_role_arn", **PARAMETERS).fetch(now)
        error = caught.value
        assert error.provider == "ram_role_arn"
        assert str(error).startswith("ram_role_arn: STS on sts.aliyuncs.com ")
        assert error.problem.endswith(".")
        assert error.remedy
        assert error.__context__ is error.__cause__ is None
        assert canary not in told(error)
        return error

    return failure


# Refusals


@pytest.mark.parametrize("code", [*CODES, *TEMPORARY_CODES])
def test_a_refusal_says_code_request_id_and_what_to_do(failure, refusal, code):
    """Code and RequestId are in the message and attributes of the error; the remedy fits the code."""
    error = failure(refusal(code))
    assert (error.code, error.request_id) == (code, REQUEST_ID)
    assert error.problem == (
        f"STS on sts.aliyuncs.com answered AssumeRole with Code {code} (HTTP status 400, "
        f"RequestId {REQUEST_ID})."
    )
    assert {**CODES, **TEMPORARY_CODES}[code] in error.remedy


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_that_somebody_has_to_act_upon_is_not_temporary(failure, refusal, code, status):
    """The same request would be refused again, so each caller is told at once."""
    error = failure(refusal(code, status))
    assert type(error) is CredentialRefusedError
    assert error.temporary is False


@pytest.mark.parametrize("code", TEMPORARY_CODES)
@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_throttling_and_failures_of_the_service_are_temporary(failure, refusal, code, status):
    """They may pass by themselves, so the verdict is shared and the attempts are spaced out."""
    error = failure(refusal(code, status))
    assert type(error) is ServiceUnreachableError
    assert error.temporary is True


@pytest.mark.parametrize("status", [500, 502, 503])
def test_any_code_with_a_servers_status_is_temporary(failure, refusal, status):
    """The status says whose fault it is."""
    assert failure(refusal("SomethingNew.Altogether", status)).temporary


def test_a_code_without_a_request_id_is_told_alone(failure, refusal):
    """Not every gateway gives one."""
    error = failure(refusal("NoPermission", 403, RequestId=None))
    assert error.request_id is None
    assert error.problem.endswith("with Code NoPermission (HTTP status 403).")


def test_the_remedy_of_a_duration_explains_the_limit(failure, refusal):
    """STS's own words name a fixed hour, whatever the role allows."""
    remedy = failure(refusal("InvalidParameter.DurationSeconds")).remedy
    assert "role_session_expiration" in remedy
    assert "MaxSessionDuration" in remedy
    assert "900" in remedy


@pytest.mark.parametrize(
    "code",
    [
        None,
        "",
        17,
        True,
        ["NoPermission"],
        {"Code": "NoPermission"},
        "cAnArY0SeCrEt7",
        "STS.cAnArY0SeCrEt7",
        "No Permission",
        "NoPermission\n",
        "noPermission",
        "<b>NoPermission</b>",
        "NoPermission" * 10,
        "XzQwErTyUiOpAsDfGhJkLzXcVbNmQW",
        "Throttling.",
        ".User",
    ],
    ids=repr,
)
def test_what_does_not_look_like_a_code_is_not_shown(failure, refusal, code):
    """It may be a part of a secret; the status has to do."""
    error = failure(refusal(code, 403))
    assert error.code is None
    assert error.problem == "STS on sts.aliyuncs.com answered a request for AssumeRole with HTTP status 403."
    assert error.remedy.startswith("Check that sts_endpoint is the address of an STS")
    assert error.request_id == REQUEST_ID


@pytest.mark.parametrize(
    "request_id",
    [None, "", 17, "cAnArY0SeCrEt7", REQUEST_ID + "0", f" {REQUEST_ID}", [REQUEST_ID], "7463B73D"],
)
def test_what_does_not_look_like_a_request_id_is_not_shown(failure, refusal, request_id):
    """A UUID is shown, and nothing else in its place."""
    error = failure(refusal("NoPermission", RequestId=request_id))
    assert error.request_id is None
    assert "RequestId" not in error.problem


@pytest.mark.parametrize(
    "body", [b"", b"<html>cAnArY0SeCrEt7</html>", b"null", b"[]", b"\xff", b"[" * 60_000]
)
@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 403, 404, 407, 429, 500, 503])
def test_a_refusal_that_is_no_json_is_told_by_its_status(failure, body, status):
    """A proxy, a portal or another server answered in the place of STS."""
    error = failure(Reply(status, body))
    assert f"HTTP status {status}" in error.problem
    assert error.code is None
    assert error.temporary is (status == 429 or status >= 500)


def test_the_message_of_sts_is_never_shown(failure, refusal, canary):
    """It repeats what was signed, and with it the tokens."""
    for code in ("SignatureDoesNotMatch", "InvalidParameter", canary):
        failure(
            refusal(code, Message=f"server string to sign is:POST&{canary}", Recommend=canary, HostId=canary)
        )


@pytest.mark.parametrize(
    "outcome",
    [NoReply("could not be connected to.", connected=False), NoReply("broke off.", connected=True)],
    ids=str,
)
def test_no_answer_is_an_error_that_names_host_and_parameter(failure, outcome):
    """Whoever reads it looks at the network first, then at the address."""
    error = failure(outcome)
    assert error.temporary
    assert error.problem == f"STS on sts.aliyuncs.com {outcome.what}"
    assert "network" in error.remedy
    assert "sts_endpoint" in error.remedy


@pytest.mark.parametrize("copied", [copy.copy, lambda e: pickle.loads(pickle.dumps(e)), lambda e: e.copy()])
def test_an_error_keeps_code_and_request_id_when_it_is_copied(failure, refusal, copied):
    """Each caller of a failed refresh gets a copy, and a worker process sends a pickle."""
    error = failure(refusal("NoPermission", 403))
    again = copied(error)
    assert again is not error
    assert vars(again) == vars(error)
    assert (again.code, again.request_id, str(again)) == ("NoPermission", REQUEST_ID, str(error))


def test_an_error_of_anything_else_has_no_code():
    """The attributes are there, so that nobody has to ask for them first."""
    error = CredentialException("It broke.")
    assert error.code is error.request_id is None


def test_the_code_of_a_credential_document_is_an_attribute_as_well(script, uri, now, document):
    """Whatever service gave it."""
    with pytest.raises(CredentialRefusedError) as caught:
        uri(script(document(Code="InvalidRole.NotFound"))).fetch(now)
    assert caught.value.code == "InvalidRole.NotFound"


# The table of remedies


def test_every_remedy_is_a_sentence_that_says_what_to_do():
    """A remedy without an end, or one that no code leads to, is a mistake in the table."""
    for code, remedy in REMEDIES.items():
        assert remedy_for(code) == remedy
        assert remedy[0].isupper() or remedy.startswith("role_session_expiration")
        assert remedy[-1] in ".-_/>"


@pytest.mark.parametrize(
    ("code", "like"),
    [
        ("Throttling.User.Minute", "Throttling"),
        ("EntityNotExist.Role.More", "EntityNotExist"),
        ("InvalidSecurityToken.New", "InvalidSecurityToken"),
        ("AuthenticationFail.OIDCToken.New", "AuthenticationFail.OIDCToken"),
    ],
)
def test_a_code_of_a_known_family_has_the_familys_remedy(code, like):
    """New last parts are added from time to time."""
    assert remedy_for(code) == REMEDIES[like]
    assert is_temporary(code) is (like == "Throttling")


# Grants


CREDENTIALS = Layout(within="Credentials")
PARTS = ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")
BAD_CREDENTIALS = {
    "missing": ...,
    "null": None,
    "a text": "cAnArY0SeCrEt7",
    "a list": [{"AccessKeySecret": "cAnArY0SeCrEt7"}],
    "empty": {},
    "a number": 17,
}


def test_a_grant_becomes_a_credential_of_the_same_parts(script, provide, granted, now):
    """What else STS tells, such as the role's user, is left alone."""
    body = json.loads(granted())
    body |= {"AssumedRoleUser": {"Arn": "acs:ram::1:role/r/s"}, "SourceIdentity": "x", "More": [1]}
    body["Credentials"]["More"] = None
    credential = provide(script(json.dumps(body)), "ram_role_arn", **PARAMETERS).fetch(now).credential
    assert credential.type == "ram_role_arn"
    assert credential.access_key_id == body["Credentials"]["AccessKeyId"]
    assert credential.access_key_secret == body["Credentials"]["AccessKeySecret"]
    assert credential.security_token == body["Credentials"]["SecurityToken"]
    assert credential.expiration.isoformat() == "2027-01-15T09:00:00+00:00"
    assert credential.expires_at == now + 3600


@pytest.mark.parametrize("value", BAD_CREDENTIALS.values(), ids=BAD_CREDENTIALS)
def test_an_answer_without_credentials_is_an_error_that_says_so(failure, value):
    """Status 200 alone is no credential."""
    body = {"RequestId": REQUEST_ID, "Credentials": value}
    error = failure(json.dumps({k: v for k, v in body.items() if v is not ...}))
    assert isinstance(error, ServiceUnreachableError)
    assert " Credentials " in error.problem or " Expiration " in error.problem


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "value",
    [..., None, "", 17, ["cAnArY0SeCrEt7"], {"cAnArY0SeCrEt7": 1}, "cAnArY\n", "\u043a\u043b\u044e\u0447"],
)
def test_a_part_that_is_missing_or_no_printable_text_is_named(failure, granted, part, value):
    """Half a credential is none."""
    assert f" {part} " in failure(granted(**{part: value})).problem


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<xml/>", b"\xff\xfe{}", b"{", b'"x"', b"[" * 60_000])
def test_a_grant_that_is_no_json_object_is_an_error_that_says_so(failure, body):
    """A portal answers everything with status 200."""
    assert "not a JSON object" in failure(body).problem


def test_a_grant_that_has_expired_is_an_error(failure, granted):
    """By the service's own clock, as far as it tells it."""
    assert "expired already" in failure(granted(Expiration="2027-01-15T08:00:00Z")).problem
    assert "expired already" in failure(Reply(200, granted(), server_ahead=3600.0)).problem


def test_a_grant_is_judged_by_the_services_clock(script, provide, granted, now):
    """A machine whose clock is two hours behind has its hour all the same."""
    reply = Reply(200, granted(Expiration="2027-01-15T11:00:00Z"), server_ahead=7200.0)
    credential = provide(script(reply), "ram_role_arn", **PARAMETERS).fetch(now).credential
    assert credential.expires_at == now + 3600


def test_a_grant_is_refreshed_after_three_quarters_of_its_lifetime(script, provide, granted, now):
    """A session of 900 s, the shortest there is, is not due when it is issued."""
    issued = provide(script(granted()), "ram_role_arn", **PARAMETERS).fetch(now)
    assert issued.window(900.0) == 225.0


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_parts = st.dictionaries(st.sampled_from(PARTS), _json | st.just("2027-01-15T14:00:00Z"))


@given(
    body=st.binary(max_size=200)
    | _json.map(lambda value: json.dumps(value).encode())
    | _parts.map(lambda parts: json.dumps({"Credentials": parts}).encode())
)
def test_whatever_sts_grants_ends_in_a_credential_or_in_our_error(body):
    """No other exception gets out, for any bytes at all."""
    service = Service(provider="any", title="It", unreachable_remedy="Look.", author="them")
    reader = DocumentReader(service, credential_type="sts", layout=CREDENTIALS)
    try:
        credential = reader.read(Reply(200, body), 1_800_000_000.0)
    except CredentialException:
        return
    assert credential.has_keys()
    assert credential.security_token


@given(
    body=st.binary(max_size=200)
    | _json.map(lambda value: json.dumps({"Code": value, "RequestId": value}).encode())
    | st.text(max_size=70).map(lambda value: json.dumps({"Code": value, "RequestId": value}).encode())
)
def test_whatever_sts_refuses_with_shows_words_and_ids_alone(body):
    """What is taken out of a refusal is a code, a UUID, or nothing."""
    fields = json_object(body) or {}
    code, request_id = code_in(fields), request_id_in(fields)
    assert code is None or re.fullmatch(r"[A-Z][A-Za-z.5]{1,63}", code)
    assert request_id is None or re.fullmatch(r"[0-9A-Fa-f-]{36}", request_id)
