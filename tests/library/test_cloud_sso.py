"""A user who has signed in to CloudSSO: the access token of the profile is exchanged for a session."""

import json
import os
import traceback

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from alicred import Client
from alicred.exceptions import (
    ConfigurationError,
    CredentialException,
    CredentialRefusedError,
    ServiceUnreachableError,
)
from alicred.profiles import Profile
from alicred.providers.cloud_sso import build_profile
from alicred.transport import NoReply, Reply

CANARY = "cAnArY0SeCrEt7"
REQUEST_ID = "7463B73D-35CC-4D19-A010-6B8D65D242EF"
HOST = "https://signin-cn-shanghai.alibabacloudsso.com"
FIELDS = {
    "mode": "CloudSSO",
    "cloud_sso_sign_in_url": f"{HOST}/example/login",
    "cloud_sso_account_id": "1234567890123456",
    "cloud_sso_access_config": "ac-00abc",
    "access_token": f"{CANARY}.access",
    "cloud_sso_access_token_expire": 1_800_000_001,
}
AGAIN = "Sign in again: aliyun configure --mode CloudSSO --profile 'my user'."


@pytest.fixture
def signed_in(environment):
    """Build the provider of a profile over a transport, with changes; a value of ... leaves a field out."""

    def signed_in(transport, **changes):
        fields = {name: value for name, value in {**FIELDS, **changes}.items() if value is not ...}
        profile = Profile(file="/home/me/.aliyun/config.json", name="my user", fields=fields)
        return build_profile(profile, environment(), transport)

    return signed_in


@pytest.fixture
def session():
    """An answer that grants a session, with changes."""

    def session(**changes):
        fields = {
            "AccessKeyId": "STS.exampleKeyId1234",
            "AccessKeySecret": f"{CANARY}-secret",
            "SecurityToken": f"{CANARY}-token",
            "Expiration": "2027-01-15T09:00:00Z",
        }
        kept = {name: value for name, value in {**fields, **changes}.items() if value is not ...}
        return json.dumps({"RequestId": REQUEST_ID, "CloudCredential": kept})

    return session


@pytest.fixture
def complaint(script, signed_in, now, told):
    """Fetch with a profile that cannot work, and return the error; nobody is asked."""

    def complaint(**changes):
        transport = script()
        with pytest.raises(ConfigurationError) as caught:
            signed_in(transport, **changes).fetch(now)
        assert transport.sent == []
        assert 'profile "my user" of /home/me/.aliyun/config.json: ' in caught.value.problem
        assert caught.value.__context__ is None
        assert CANARY not in told(caught.value)
        return caught.value

    return complaint


def test_the_access_token_is_exchanged_at_the_host_of_the_sign_in_url(script, signed_in, session, now):
    """In one request, of which the path of the sign-in URL is no part."""
    transport = script(session())
    issued = signed_in(transport).fetch(now)
    [(method, url, headers)] = transport.sent
    assert (method, url) == ("POST", f"{HOST}/cloud-credentials")
    assert headers == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {CANARY}.access",
    }
    assert json.loads(transport.bodies[0]) == {
        "AccountId": "1234567890123456",
        "AccessConfigurationId": "ac-00abc",
    }
    credential = issued.credential
    assert (credential.type, credential.provider_name) == ("cloud_sso", "cloud_sso")
    assert credential.access_key_id == "STS.exampleKeyId1234"
    assert credential.access_key_secret == f"{CANARY}-secret"
    assert credential.security_token == f"{CANARY}-token"
    assert credential.expires_at == now + 3600


def test_a_session_is_renewed_in_its_last_quarter(script, signed_in, session, now):
    """As every session is whose lifetime its user chooses."""
    assert signed_in(script(session())).fetch(now).window(3600.0) == 900.0


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://signin.example.com", "https://signin.example.com"),
        ("https://signin.example.com/", "https://signin.example.com"),
        ("https://signin.example.com:8443/a/login?x=/y", "https://signin.example.com:8443"),
        ("http://127.0.0.1:8100/example/login", "http://127.0.0.1:8100"),
        ("http://[::1]:8100/example/login", "http://[::1]:8100"),
    ],
)
def test_the_host_is_taken_with_scheme_and_port(script, signed_in, session, now, url, host):
    """A fake on loopback may speak plain HTTP."""
    transport = script(session())
    signed_in(transport, cloud_sso_sign_in_url=url).fetch(now)
    assert transport.sent[0][1] == f"{host}/cloud-credentials"


@pytest.mark.parametrize(
    "url",
    [
        "http://signin.example.com/login",
        f"https://me:{CANARY}@signin.example.com/login",
        "signin.example.com/login",
        "signin.example.com",
        "ftp://127.0.0.1/login",
        "https:///login",
        "https://signin.example.com\n/login",
        "/login",
    ],
)
def test_a_token_is_sent_to_no_other_place(complaint, url):
    """Neither in the clear over a network, nor to what is no host."""
    assert (
        "cloud_sso_sign_in_url is not a URL that begins with https://"
        in complaint(cloud_sso_sign_in_url=url).problem
    )


@pytest.mark.parametrize(
    "field", ["cloud_sso_sign_in_url", "cloud_sso_account_id", "cloud_sso_access_config", "access_token"]
)
@pytest.mark.parametrize("value", [..., None, ""])
def test_a_field_that_is_missing_is_named(complaint, field, value):
    """Before anybody is asked."""
    assert f"{field} is missing or empty." in complaint(**{field: value}).problem


def test_who_has_never_signed_in_is_told_how(complaint):
    """There is no token yet."""
    assert complaint(access_token="").remedy == AGAIN


@pytest.mark.parametrize("ends_at", [1, 1_799_999_999, 1_800_000_000])
def test_a_token_that_has_ended_is_not_sent(complaint, ends_at):
    """There is nothing to renew it with."""
    error = complaint(cloud_sso_access_token_expire=ends_at)
    assert "the time in cloud_sso_access_token_expire has passed." in error.problem
    assert error.remedy == AGAIN


@pytest.mark.parametrize("ends_at", [..., None, 0])
def test_a_token_whose_end_is_not_known_is_sent(script, signed_in, session, now, ends_at):
    """The service knows."""
    transport = script(session())
    assert signed_in(transport, cloud_sso_access_token_expire=ends_at).fetch(now).credential.has_keys()


@pytest.mark.parametrize("token", [f"{CANARY}\n", f"{CANARY} x", f"{CANARY}ß", f"{CANARY}\r\nHost: evil"])
def test_a_token_that_would_be_more_than_one_header_is_an_error(complaint, token):
    """It has been copied wrongly; nothing of it is shown."""
    assert "access_token holds characters that no token has." in complaint(access_token=token).problem


@pytest.mark.parametrize("value", [17, ["x"], True])
def test_a_field_of_another_kind_is_named(complaint, value):
    """Whoever edits a file by hand leaves out quotation marks."""
    assert "cloud_sso_account_id is not a text." in complaint(cloud_sso_account_id=value).problem


def refusal(status, code, **changes):
    """Return a refusal, which repeats in its message what it was told."""
    fields = {"ErrorCode": code, "ErrorMessage": CANARY, "RequestId": REQUEST_ID, **changes}
    return Reply(status, json.dumps(fields).encode())


def test_a_token_that_is_refused_means_signing_in_again(script, signed_in, now, told):
    """The code and the request's id are kept, the message is not."""
    with pytest.raises(CredentialRefusedError) as caught:
        signed_in(script(refusal(401, "InvalidToken.Expired"))).fetch(now)
    error = caught.value
    assert error.remedy == AGAIN
    assert (error.code, error.request_id) == ("InvalidToken.Expired", REQUEST_ID)
    assert error.problem == (
        "CloudSSO on signin-cn-shanghai.alibabacloudsso.com answered a request for a credential "
        f"with InvalidToken.Expired (HTTP status 401, RequestId {REQUEST_ID})."
    )
    assert CANARY not in told(error)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_any_other_refusal_is_about_account_and_configuration(script, signed_in, now, status):
    """A code that was seen in the wild is shown."""
    with pytest.raises(CredentialRefusedError, match="Check cloud_sso_account_id") as caught:
        signed_in(script(refusal(status, "InvalidParameter.AccountId.InvalidChars"))).fetch(now)
    assert caught.value.code == "InvalidParameter.AccountId.InvalidChars"


@pytest.mark.parametrize(
    "answer", [429, 500, 503, refusal(503, "ServiceUnavailable"), NoReply("was silent.", connected=True)]
)
def test_a_service_that_is_down_may_recover(script, signed_in, now, told, answer):
    """The verdict is shared, and the user does not sign in for nothing."""
    with pytest.raises(ServiceUnreachableError) as caught:
        signed_in(script(answer)).fetch(now)
    assert caught.value.temporary
    assert caught.value.__context__ is None
    assert CANARY not in told(caught.value)


@pytest.mark.parametrize("part", ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"])
@pytest.mark.parametrize("value", [..., None, "", 17, ["x"]])
def test_a_part_that_is_missing_is_named_too(script, signed_in, session, now, told, part, value):
    """What is there of the credential is not shown."""
    with pytest.raises(ServiceUnreachableError, match=f" {part} ") as caught:
        signed_in(script(session(**{part: value}))).fetch(now)
    assert CANARY not in told(caught.value)


def test_the_token_is_in_no_traceback(serve, tmp_path, monkeypatch):
    """Error trackers print local variables."""
    server = serve(lambda peer: peer.read_request() and peer.answer(status=403))
    profile = {**FIELDS, "name": "me", "cloud_sso_sign_in_url": f"{server.url}/example/login"}
    profile["cloud_sso_access_token_expire"] = 0
    (tmp_path / "config.json").write_text(json.dumps({"current": "me", "profiles": [profile]}))
    monkeypatch.setenv("ALIBABA_CLOUD_CONFIG_FILE", str(tmp_path / "config.json"))
    with pytest.raises(CredentialRefusedError) as caught:
        Client(strict=True).get_credential()
    assert server.heads[-1].startswith("POST /cloud-credentials HTTP/1.1\r\n")
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if f"{os.sep}alicred{os.sep}" in frame.filename]
    assert ours
    assert [name for frame in ours for name, text in frame.locals.items() if CANARY in text] == []


@for_any(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_whatever_is_answered_ends_in_an_error_of_ours(body):
    """As soon as it is no credential."""
    from alicred.environment import Environment

    class Answering:
        def open(self, _terms, *, now):
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

        def send(self, *_request):
            return Reply(200, body)

    profile = Profile(file="f", name="n", fields=FIELDS)
    with pytest.raises(CredentialException):
        build_profile(profile, Environment({}), Answering()).fetch(1_800_000_000.0)
