"""A user who has signed in in a browser: tokens are renewed, exchanged and written back, and never lost."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from alicred.environment import Environment
from alicred.exceptions import (
    ConfigurationError,
    CredentialException,
    CredentialRefusedError,
    ServiceUnreachableError,
)
from alicred.profiles import Profile
from alicred.providers.oauth import build_profile
from alicred.transport import NoReply, Reply

CANARY = "cAnArY0SeCrEt7"
NOW = 1_800_000_000
REQUEST_ID = "7463B73D-35CC-4D19-A010-6B8D65D242EF"
AGAIN = "Sign in again: aliyun configure --mode OAuth --profile me."
FIELDS = {
    "name": "me",
    "mode": "OAuth",
    "oauth_site_type": "CN",
    "oauth_refresh_token": f"{CANARY}.refresh-0",
    "oauth_access_token": f"{CANARY}.access-0",
    "oauth_access_token_expire": NOW + 3600,
    "region_id": "cn-hangzhou",
}
SESSION = {
    "access_key_id": "STS.keptKeyId1234",
    "access_key_secret": f"{CANARY}-kept-secret",
    "sts_token": f"{CANARY}-kept-token",
    "sts_expiration": NOW + 3600,
}
WRITTEN = [
    "oauth_refresh_token",
    "oauth_access_token",
    "oauth_access_token_expire",
    "access_key_id",
    "access_key_secret",
    "sts_token",
    "sts_expiration",
]


class Site:
    """A transport at whose other end is an OAuth service that accepts each refresh token once."""

    def __init__(self):
        self.refresh = f"{CANARY}.refresh-0"
        self.access = f"{CANARY}.access-0"
        self.numbers = count(1)
        self.sent = []
        self.interludes = {}
        self.answers = {}

    def open(self, _terms, *, now):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        pass

    def send(self, method, url, headers, body=None):
        """Answer, after whatever was planned to happen on the way."""
        path, form = urlsplit(url).path, dict(parse_qsl((body or b"").decode()))
        self.sent.append((method, url, dict(headers), form))
        self.interludes.pop(path, lambda: None)()
        planned = self.answers.get(path)
        if planned is not None:
            answer = planned.pop(0) if isinstance(planned, list) else planned
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self.token(form) if path == "/v1/token" else self.session(headers)

    def token(self, form):
        """Renew the tokens, the refresh token included."""
        if form["refresh_token"] != self.refresh:
            return refused(400, "invalid_grant")
        number = next(self.numbers)
        self.refresh, self.access = f"{CANARY}.refresh-{number}", f"{CANARY}.access-{number}"
        return answered(
            access_token=self.access, refresh_token=self.refresh, expires_in=3600, token_type="Bearer"
        )

    def session(self, headers):
        """Grant a session of an hour, one second longer each time."""
        if headers["Authorization"] != f"Bearer {self.access}":
            return refused(400, "invalid_token")
        number = next(self.numbers)
        return answered(
            requestId=REQUEST_ID,
            accessKeyId=f"STS.exampleKeyId{number}",
            accessKeySecret=f"{CANARY}-secret",
            securityToken=f"{CANARY}-token",
            expiration=f"2027-01-15T09:00:{number:02}Z",
        )

    def paths(self):
        """Return what was asked since the last look."""
        paths = [urlsplit(url).path for _, url, _, _ in self.sent]
        self.sent.clear()
        return paths


def answered(**fields):
    """Return an answer."""
    return Reply(200, json.dumps(fields).encode())


def refused(status, word, **fields):
    """Return a refusal, which repeats in its description what it was told."""
    words = {"error": word, "error_description": CANARY, "requestId": REQUEST_ID, **fields}
    return Reply(status, json.dumps(words).encode())


@pytest.fixture
def site():
    """The OAuth service."""
    return Site()


@pytest.fixture
def path(tmp_path):
    """The file of the profile."""
    return tmp_path / "config.json"


@pytest.fixture
def write(path):
    """Write the profile, with changes; a value of ... leaves a field out."""

    def write(**changes):
        fields = {name: value for name, value in {**FIELDS, **changes}.items() if value is not ...}
        path.write_text(json.dumps({"current": "me", "profiles": [fields]}, indent=4))

    return write


@pytest.fixture
def written(path):
    """What the file says of the profile."""
    return lambda: json.loads(path.read_text())["profiles"][0]


@pytest.fixture
def signed_in(path, site, written):
    """Build a provider of the profile as the file has it."""
    return lambda: build_profile(Profile(file=str(path), name="me", fields=written()), Environment({}), site)


@pytest.fixture
def failure(signed_in, told):
    """Fetch what is not to be had, and return the error, which tells no secret."""

    def failure(kind, provider=None):
        with pytest.raises(kind) as caught:
            (provider or signed_in()).fetch(NOW)
        assert caught.value.__context__ is None
        assert CANARY not in told(caught.value)
        return caught.value

    return failure


@pytest.fixture
def warnings(caplog):
    """What has been logged so far."""
    caplog.set_level(logging.INFO, "alicred")
    return lambda: [record.getMessage() for record in caplog.records]


def test_a_fresh_access_token_is_exchanged(write, site, signed_in):
    """In one request without a body."""
    write()
    issued = signed_in().fetch(NOW)
    [(method, url, headers, form)] = site.sent
    assert (method, url, form) == ("POST", "https://oauth.aliyun.com/v1/exchange", {})
    assert headers == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {CANARY}.access-0",
    }
    credential = issued.credential
    assert (credential.type, credential.provider_name) == ("oauth", "oauth")
    assert credential.access_key_id == "STS.exampleKeyId1"
    assert credential.access_key_secret == f"{CANARY}-secret"
    assert credential.security_token == f"{CANARY}-token"
    assert credential.expires_at == NOW + 3601
    assert issued.window(3600.0) == 900.0


@pytest.mark.parametrize("expire", [NOW + 1200, NOW + 1, NOW - 1, 0, None, ...])
def test_an_access_token_that_ends_soon_is_renewed_first(write, site, signed_in, expire):
    """As one of which nobody knows when it ends."""
    write(oauth_access_token_expire=expire)
    assert signed_in().fetch(NOW).credential.has_keys()
    assert [(url, form) for _, url, _, form in site.sent] == [
        (
            "https://oauth.aliyun.com/v1/token",
            {
                "grant_type": "refresh_token",
                "refresh_token": f"{CANARY}.refresh-0",
                "client_id": "4038181954557748008",
            },
        ),
        ("https://oauth.aliyun.com/v1/exchange", {}),
    ]
    assert site.sent[0][2]["Content-Type"] == "application/x-www-form-urlencoded"
    assert site.sent[1][2]["Authorization"] == f"Bearer {CANARY}.access-1"


def test_an_access_token_that_is_missing_is_fetched(write, site, signed_in):
    """The refresh token is enough."""
    write(oauth_access_token=...)
    assert signed_in().fetch(NOW).credential.has_keys()
    assert site.paths() == ["/v1/token", "/v1/exchange"]


@pytest.mark.parametrize("expire", [NOW + 1201, NOW + 36000])
def test_an_access_token_that_lasts_is_not_renewed(write, site, signed_in, expire):
    """Each renewal is a risk."""
    write(oauth_access_token_expire=expire)
    signed_in().fetch(NOW)
    assert site.paths() == ["/v1/exchange"]


@pytest.mark.parametrize("expire", [NOW + 1, 0, ...])
def test_without_a_refresh_token_the_access_token_is_used_to_its_end(
    write, site, signed_in, warnings, expire
):
    """There is nothing to be said about that."""
    write(oauth_refresh_token=..., oauth_access_token_expire=expire)
    assert signed_in().fetch(NOW).credential.has_keys()
    assert site.paths() == ["/v1/exchange"]
    assert warnings() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"oauth_refresh_token": ..., "oauth_access_token": ...},
        {"oauth_refresh_token": "", "oauth_access_token": None},
        {"oauth_refresh_token": ..., "oauth_access_token_expire": NOW},
    ],
)
def test_without_any_token_that_is_good_nobody_is_asked(write, site, failure, changes):
    """The user signs in again."""
    write(**changes)
    error = failure(ConfigurationError)
    assert 'profile "me" of ' in error.problem
    assert error.problem.endswith("oauth_access_token is missing or has ended.")
    assert error.remedy == AGAIN
    assert site.sent == []


@pytest.mark.parametrize(
    ("written_as", "host", "client_id"),
    [
        ("INTL", "oauth.alibabacloud.com", "4103531455503354461"),
        ("intl", "oauth.alibabacloud.com", "4103531455503354461"),
        ("cn", "oauth.aliyun.com", "4038181954557748008"),
        (..., "oauth.aliyun.com", "4038181954557748008"),
    ],
)
def test_each_site_has_its_host_and_its_client_id(write, site, signed_in, written_as, host, client_id):
    """Where none is named, that of China is meant."""
    write(oauth_site_type=written_as, oauth_access_token_expire=0)
    signed_in().fetch(NOW)
    assert {urlsplit(url).netloc for _, url, _, _ in site.sent} == {host}
    assert site.sent[0][3]["client_id"] == client_id


def test_a_site_that_there_is_not_is_an_error(write, failure):
    """Those that there are are named."""
    write(oauth_site_type="EU")
    assert "oauth_site_type is none of CN, INTL." in failure(ConfigurationError).problem


@pytest.mark.parametrize("field", ["oauth_refresh_token", "oauth_access_token"])
@pytest.mark.parametrize("token", [f"{CANARY}\n", f"{CANARY} x", f"{CANARY}ß"])
def test_a_token_that_cannot_be_one_is_named(write, failure, field, token):
    """It is not sent, and not shown."""
    write(**{field: token})
    error = failure(ConfigurationError)
    assert f"{field} holds characters that no token has." in error.problem
    assert error.remedy == AGAIN


# --- what is answered ---


@pytest.mark.parametrize("spelling", [str, lambda name: name[0].upper() + name[1:], str.lower])
def test_a_session_is_read_in_any_spelling(write, site, signed_in, spelling):
    """Five clients expect the one and Alibaba's own for Python another."""
    write()
    parts = {
        "accessKeyId": "STS.x",
        "accessKeySecret": "s",
        "securityToken": "t",
        "expiration": "2027-01-15T09:00:00Z",
    }
    site.answers["/v1/exchange"] = answered(**{spelling(name): value for name, value in parts.items()})
    credential = signed_in().fetch(NOW).credential
    assert (credential.access_key_id, credential.security_token) == ("STS.x", "t")


def test_a_session_is_read_in_both_spellings_at_once(write, site, signed_in):
    """As a fake may send it that serves every client."""
    write()
    reply = site.session({"Authorization": f"Bearer {CANARY}.access-0"})
    parts = json.loads(reply.body)
    both = {**parts, **{name[0].upper() + name[1:]: value for name, value in parts.items()}}
    site.answers["/v1/exchange"] = answered(**both)
    assert signed_in().fetch(NOW).credential.access_key_id == "STS.exampleKeyId1"


@pytest.mark.parametrize("part", ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"])
@pytest.mark.parametrize("value", [..., None, "", 17, ["x"]])
def test_a_part_of_a_session_that_is_missing_is_named(write, site, failure, part, value):
    """What is there of it is not shown."""
    write()
    parts = json.loads(site.session({"Authorization": f"Bearer {CANARY}.access-0"}).body)
    parts[part[0].lower() + part[1:]] = value
    site.answers["/v1/exchange"] = answered(**{k: v for k, v in parts.items() if v is not ...})
    assert f" {part} " in failure(ServiceUnreachableError).problem


@pytest.mark.parametrize("refresh", [..., None, "", 17, "a b"])
def test_a_refresh_token_that_is_not_renewed_goes_on(write, site, signed_in, written, refresh):
    """The public description shows an answer without one."""
    write(oauth_access_token_expire=0)
    fields = {"access_token": site.access, "expires_in": 1800, "refresh_token": refresh}
    site.answers["/v1/token"] = answered(**{k: v for k, v in fields.items() if v is not ...})
    signed_in().fetch(NOW)
    assert written()["oauth_refresh_token"] == f"{CANARY}.refresh-0"
    assert written()["oauth_access_token_expire"] == NOW + 1800


@pytest.mark.parametrize("seconds", [..., None, "3600", 0, -1, 1e300, True, 10**40])
def test_an_access_token_without_a_lifetime_lasts_an_hour(write, site, signed_in, written, seconds):
    """Whatever else is wrong with an answer, its refresh token must not be lost."""
    write(oauth_access_token_expire=0)
    fields = {"access_token": site.access, "refresh_token": "r", "expires_in": seconds}
    site.answers["/v1/token"] = answered(**{k: v for k, v in fields.items() if v is not ...})
    signed_in().fetch(NOW)
    assert written()["oauth_access_token_expire"] == NOW + 3600
    assert written()["oauth_refresh_token"] == "r"


@pytest.mark.parametrize("token", [..., None, "", 17, f"{CANARY} x", f"{CANARY}\r\nHost: evil"])
def test_an_answer_without_an_access_token_is_an_error(write, site, failure, token):
    """It is told what is missing."""
    write(oauth_access_token_expire=0, oauth_access_token=...)
    site.answers["/v1/token"] = answered(**({} if token is ... else {"access_token": token}))
    assert "access_token is missing or not a token" in failure(ServiceUnreachableError).problem


@pytest.mark.parametrize("path_of", ["/v1/token", "/v1/exchange"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b"\xff", b'{"a":', b"[" * 100_000])
def test_an_answer_that_is_no_json_object_is_an_error(write, site, failure, path_of, body):
    """Somebody else has answered."""
    write(oauth_access_token_expire=0, oauth_access_token=...)
    site.answers[path_of] = Reply(200, body)
    assert "is not a JSON object" in failure(ServiceUnreachableError).problem


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize("word", ["invalid_grant", "invalid_token", "expired_token"])
@pytest.mark.parametrize("path_of", ["/v1/token", "/v1/exchange"])
def test_a_sign_in_that_is_over_means_signing_in_again(write, site, failure, path_of, word, status):
    """Its word and the request's id are shown, its description is not."""
    write(oauth_access_token_expire=0, oauth_access_token=...)
    site.answers[path_of] = refused(status, word)
    error = failure(CredentialRefusedError)
    wanted = "an access token" if path_of == "/v1/token" else "a credential"
    assert error.problem == (
        f"The OAuth service on oauth.aliyun.com answered a request for {wanted} with {word} "
        f"(HTTP status {status}, RequestId {REQUEST_ID})."
    )
    assert (error.remedy, error.code, error.request_id) == (AGAIN, word, REQUEST_ID)


@pytest.mark.parametrize("word", ["invalid_client", "unauthorized_client"])
def test_a_client_that_is_not_known_there_means_the_other_site(write, site, failure, word):
    """A token is renewed where it was issued."""
    write(oauth_access_token_expire=0, oauth_access_token=...)
    site.answers["/v1/token"] = refused(401, word)
    assert "Check oauth_site_type" in failure(CredentialRefusedError).remedy


@pytest.mark.parametrize("word", [CANARY, "", None, 17, ["invalid_grant"], {"a": CANARY}])
def test_a_word_that_nobody_knows_is_not_shown(write, site, failure, word):
    """It may be anything."""
    write(oauth_access_token_expire=0, oauth_access_token=...)
    site.answers["/v1/token"] = refused(400, word, requestId=CANARY)
    error = failure(CredentialRefusedError)
    assert (error.code, error.request_id, error.remedy) == (None, None, AGAIN)
    site.answers["/v1/token"] = refused(200, word)
    assert "with an error" in failure(ServiceUnreachableError).problem


@pytest.mark.parametrize("path_of", ["/v1/token", "/v1/exchange"])
@pytest.mark.parametrize(
    "answer", [refused(500, "invalid_grant"), refused(429, "x"), NoReply("was silent.", connected=True)]
)
def test_a_service_that_is_down_may_recover(write, site, failure, path_of, answer):
    """The user does not sign in for nothing."""
    write(oauth_access_token_expire=0, oauth_access_token=...)
    site.answers[path_of] = answer
    error = failure(ServiceUnreachableError)
    assert error.temporary
    assert error.remedy != AGAIN


# --- what is written back ---


def test_tokens_and_session_are_written_back(write, site, signed_in, written):
    """Seven fields, and nothing else."""
    write(oauth_access_token_expire=0)
    before = written()
    credential = signed_in().fetch(NOW).credential
    after = written()
    assert [name for name in after if after[name] != before.get(name)] == WRITTEN
    assert [after[name] for name in WRITTEN] == [
        f"{CANARY}.refresh-1",
        f"{CANARY}.access-1",
        NOW + 3600,
        credential.access_key_id,
        credential.access_key_secret,
        credential.security_token,
        NOW + 3602,
    ]


def test_a_new_refresh_token_is_written_before_it_is_needed(write, site, signed_in, written, failure):
    """An exchange that fails, or a process that ends there, loses nothing."""
    write(oauth_access_token_expire=0)
    seen = []
    site.interludes["/v1/exchange"] = lambda: seen.append(written())
    site.answers["/v1/exchange"] = Reply(503, b"")
    failure(ServiceUnreachableError)
    assert seen[0]["oauth_refresh_token"] == f"{CANARY}.refresh-1"
    assert seen[0]["oauth_access_token"] == f"{CANARY}.access-1"
    assert "access_key_id" not in seen[0]
    assert written() == seen[0]


def test_a_file_that_cannot_be_written_costs_nothing_but_a_line(write, path, site, signed_in, warnings):
    """The new refresh token is kept in this process, and the file's old one is not taken for news."""
    write(oauth_access_token_expire=0)
    provider = signed_in()
    content = path.read_text()
    path.write_text("{")
    provider.fetch(NOW)
    path.write_text(content)
    site.interludes["/v1/token"] = lambda: path.write_text("{")
    provider.fetch(NOW + 3000)
    assert site.paths() == ["/v1/token", "/v1/exchange"] * 2
    [line] = warnings()
    assert "cannot be written back" in line
    assert CANARY not in line


def test_what_could_not_be_written_is_written_later(write, path, site, signed_in, written):
    """With the next session."""
    write(oauth_access_token_expire=0)
    provider = signed_in()
    content = path.read_text()
    path.write_text("{")
    provider.fetch(NOW)
    path.write_text(content)
    provider.fetch(NOW + 60)
    assert site.paths() == ["/v1/token", "/v1/exchange", "/v1/exchange"]
    assert written()["oauth_refresh_token"] == f"{CANARY}.refresh-1"


# --- what others write ---


def test_what_another_process_has_renewed_is_used(write, site, signed_in):
    """The file is looked at before a token is used."""
    write(oauth_access_token_expire=0)
    one, other = signed_in(), signed_in()
    one.fetch(NOW)
    site.paths()
    write(**{**FIELDS, "oauth_refresh_token": site.refresh, "oauth_access_token": site.access})
    assert other.fetch(NOW).credential.has_keys()
    assert site.paths() == ["/v1/exchange"]


def test_what_another_process_renews_at_the_same_time_is_used(write, site, signed_in, written):
    """Of two that use one refresh token, the second is refused, and finds its successor in the file."""
    write(oauth_access_token_expire=0)

    def renew():
        site.token({"refresh_token": site.refresh})
        write(oauth_refresh_token=site.refresh, oauth_access_token=site.access)

    site.interludes["/v1/token"] = renew
    assert signed_in().fetch(NOW).credential.has_keys()
    assert site.paths() == ["/v1/token", "/v1/exchange"]
    assert written()["oauth_refresh_token"] == site.refresh
    assert written()["oauth_access_token"] == site.access


def test_of_many_that_begin_at_once_one_renews_and_exchanges(write, site, signed_in):
    """The others wait for it, and use its session; a service that forbids to use a token twice is content."""
    write(oauth_access_token_expire=0)
    providers = [signed_in() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        issued = list(pool.map(lambda provider: provider.fetch(NOW), providers))
    assert {one.credential.access_key_id for one in issued} == {"STS.exampleKeyId2"}
    assert site.paths() == ["/v1/token", "/v1/exchange"]


def test_a_successor_that_has_ended_is_renewed_in_its_turn(write, site, signed_in, written):
    """It is the one that works."""
    write(oauth_access_token_expire=0, oauth_refresh_token="old")
    site.interludes["/v1/token"] = lambda: write(oauth_access_token_expire=0)
    assert signed_in().fetch(NOW).credential.has_keys()
    assert site.paths() == ["/v1/token", "/v1/token", "/v1/exchange"]
    assert written()["oauth_refresh_token"] == f"{CANARY}.refresh-1"


def test_who_has_signed_in_anew_meanwhile_is_not_overwritten(write, site, signed_in, written):
    """Their tokens are used, and our session, which may be another user's, is not put beside them."""
    write(oauth_access_token_expire=0)

    def sign_in():
        site.token({"refresh_token": site.refresh})
        write(oauth_refresh_token="theirs", oauth_access_token=site.access)

    site.answers["/v1/token"] = answered(access_token="ours", refresh_token="ours", expires_in=3600)
    site.interludes["/v1/token"] = sign_in
    signed_in().fetch(NOW)
    assert site.sent[-1][2]["Authorization"] == f"Bearer {site.access}"
    assert written()["oauth_refresh_token"] == "theirs"


def test_tokens_that_have_ended_are_not_used_whoever_has_put_them_there_meanwhile(
    write, site, signed_in, written
):
    """Ours are good, and take their place together with the session."""
    write(oauth_access_token_expire=0)
    theirs = {"oauth_refresh_token": "theirs", "oauth_access_token": "ended"}
    site.interludes["/v1/token"] = lambda: write(**theirs, oauth_access_token_expire=NOW - 1)
    signed_in().fetch(NOW)
    assert site.sent[-1][2]["Authorization"] == f"Bearer {site.access}"
    assert (written()["oauth_refresh_token"], written()["oauth_access_token"]) == (site.refresh, site.access)


def test_a_session_that_was_exchanged_for_an_earlier_sign_in_is_not_written(write, site, signed_in, written):
    """Key and tokens of a profile belong to one user."""
    write()
    site.interludes["/v1/exchange"] = lambda: write(oauth_refresh_token="theirs", oauth_access_token="theirs")
    assert signed_in().fetch(NOW).credential.has_keys()
    assert "access_key_id" not in written()


def test_without_any_news_a_refusal_is_a_refusal(write, site, failure):
    """And nobody is asked twice."""
    write(oauth_access_token_expire=0, oauth_refresh_token="old")
    site.access = "another"
    site.answers["/v1/exchange"] = refused(401, "invalid_token")
    write(oauth_access_token=..., oauth_refresh_token="old")
    failure(CredentialRefusedError)
    assert site.paths() == ["/v1/token"]


# --- what there is besides ---


@pytest.mark.parametrize(
    "answer", [refused(400, "invalid_grant"), Reply(503, b""), NoReply("x", connected=True)]
)
def test_a_renewal_that_fails_is_survived_while_the_access_token_is_good(
    write, site, signed_in, warnings, answer
):
    """It is renewed twenty minutes early for that."""
    write(oauth_access_token_expire=NOW + 600)
    site.answers["/v1/token"] = answer
    assert signed_in().fetch(NOW).credential.has_keys()
    assert site.paths() == ["/v1/token", "/v1/exchange"]
    [line] = warnings()
    assert line.endswith("The access token that is there is used.")
    assert CANARY not in line


def test_a_renewal_that_goes_on_failing_is_told_once(write, site, signed_in, warnings):
    """One line for as long as the access token has to do, and another when that begins anew."""
    write(oauth_access_token_expire=NOW + 600)
    provider = signed_in()
    site.answers["/v1/token"] = [Reply(503, b""), Reply(503, b"")]
    for _ in range(2):
        provider.fetch(NOW)
    assert len(warnings()) == 1
    del site.answers["/v1/token"]
    provider.fetch(NOW)
    assert len(warnings()) == 1
    site.answers["/v1/token"] = Reply(503, b"")
    provider.fetch(NOW + 3000)
    assert len(warnings()) == 2


@pytest.mark.parametrize(
    "answer", [refused(400, "invalid_token"), refused(401, "expired_token"), Reply(401, b"")]
)
def test_an_access_token_that_is_refused_is_renewed_once(write, site, signed_in, answer):
    """It was revoked, or this machine's clock is behind."""
    write()
    site.answers["/v1/exchange"] = [
        answer,
        answered(
            accessKeyId="STS.x", accessKeySecret="s", securityToken="t", expiration="2027-01-15T09:00:00Z"
        ),
    ]
    assert signed_in().fetch(NOW).credential.access_key_id == "STS.x"
    assert site.paths() == ["/v1/exchange", "/v1/token", "/v1/exchange"]


def test_an_access_token_that_is_refused_for_good_is_an_error(write, site, failure):
    """After one attempt to renew it."""
    write()
    site.answers["/v1/exchange"] = refused(401, "invalid_token")
    assert failure(CredentialRefusedError).remedy == AGAIN
    assert site.paths() == ["/v1/exchange", "/v1/token", "/v1/exchange"]


@pytest.mark.parametrize(("word", "token"), [("access_denied", "r"), ("invalid_token", ...)])
def test_a_refusal_that_no_new_token_would_mend_is_an_error_at_once(write, site, failure, word, token):
    """A refresh token is not used up for nothing."""
    write(oauth_refresh_token=token)
    site.answers["/v1/exchange"] = refused(403, word)
    failure(CredentialRefusedError)
    assert site.paths() == ["/v1/exchange"]


def test_a_refused_renewal_after_a_refused_exchange_is_what_is_told(write, site, failure):
    """It is the sign-in that is over."""
    write(oauth_refresh_token="old")
    site.access = "another"
    assert failure(CredentialRefusedError).code == "invalid_grant"
    assert site.paths() == ["/v1/exchange", "/v1/token"]


# --- a session that is in the file ---


def test_a_session_in_the_file_is_used(write, site, signed_in):
    """No request is made, whatever the tokens are worth."""
    write(**SESSION, oauth_access_token=..., oauth_refresh_token=...)
    credential = signed_in().fetch(NOW).credential
    assert site.sent == []
    assert (credential.type, credential.provider_name) == ("oauth", "oauth")
    assert credential.access_key_id == "STS.keptKeyId1234"
    assert credential.access_key_secret == f"{CANARY}-kept-secret"
    assert credential.security_token == f"{CANARY}-kept-token"
    assert credential.expires_at == NOW + 3600
    assert credential.expiration.isoformat() == "2027-01-15T09:00:00+00:00"


@pytest.mark.parametrize(
    "changes",
    [
        {"sts_expiration": NOW - 1},
        {"sts_expiration": NOW + 60},
        {"sts_expiration": NOW + 400 * 86400},
        {"sts_expiration": 10**40},
        {"sts_expiration": 0},
        {"sts_expiration": "soon"},
        {"sts_expiration": ...},
        {"access_key_id": ...},
        {"access_key_secret": ""},
        {"sts_token": None},
        {"sts_token": "a b"},
        {"sts_token": 17},
    ],
)
def test_a_session_in_the_file_that_cannot_be_used_is_replaced(write, site, signed_in, written, changes):
    """The exchange overwrites it."""
    write(**{**SESSION, **changes})
    assert signed_in().fetch(NOW).credential.access_key_id == "STS.exampleKeyId1"
    assert written()["access_key_id"] == "STS.exampleKeyId1"


def test_a_session_is_not_handed_out_twice(write, site, signed_in):
    """Whoever asks again wants another one: it is due, or a service has refused it."""
    write(**SESSION)
    provider = signed_in()
    assert provider.fetch(NOW).credential.access_key_id == "STS.keptKeyId1234"
    assert provider.fetch(NOW).credential.access_key_id == "STS.exampleKeyId1"
    assert provider.fetch(NOW).credential.access_key_id == "STS.exampleKeyId2"


def test_one_that_was_just_exchanged_is_not_handed_out_twice_by_a_skewed_machine(write, site, signed_in):
    """The file says its end by the service's clock."""
    write()
    parts = json.loads(site.session({"Authorization": f"Bearer {CANARY}.access-0"}).body)
    site.answers["/v1/exchange"] = answered(**parts)._replace(server_ahead=600.0)
    provider = signed_in()
    provider.fetch(NOW)
    provider.fetch(NOW)
    assert site.paths() == ["/v1/exchange"] * 2


def test_a_session_that_another_process_has_exchanged_is_used_when_ours_is_due(write, site, signed_in):
    """Of many processes one asks."""
    write(**SESSION)
    one, other = signed_in(), signed_in()
    one.fetch(NOW)
    other.fetch(NOW)
    renewed = one.fetch(NOW + 2700, holding=True).credential
    assert site.paths() == ["/v1/token", "/v1/exchange"]
    assert renewed.expires_at == NOW + 3602
    write(**{**SESSION, "sts_expiration": NOW + 6300, "access_key_id": "STS.theirs"})
    assert other.fetch(NOW + 2700, holding=True).credential.access_key_id == "STS.theirs"
    assert site.paths() == []


def test_a_session_that_is_due_as_well_is_not_taken_for_a_new_one(write, site, signed_in):
    """Not even by a provider that does not know it, as after a change of the file."""
    write(**{**SESSION, "sts_expiration": NOW + 900})
    signed_in().fetch(NOW, holding=True)
    assert site.paths() == ["/v1/exchange"]


@for_any(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_whatever_is_answered_ends_in_an_error_of_ours(body):
    """As soon as it is no credential."""
    site = Site()
    site.answers = {"/v1/token": Reply(200, body), "/v1/exchange": Reply(200, body)}
    profile = Profile(file="/nowhere/config.json", name="me", fields=FIELDS)
    with pytest.raises(CredentialException):
        build_profile(profile, Environment({}), site).fetch(NOW)
