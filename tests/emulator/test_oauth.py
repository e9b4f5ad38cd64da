"""The OAuth service: signing in with a browser, refreshing, exchanging, revoking."""

import base64
import hashlib
import json
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alicred_emulator import remembered
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.hosts import service_of
from alicred_emulator.messages import Headers, Request
from alicred_emulator.oauth.service import OAUTH
from alicred_emulator.oauth.sign_ins import SignIn, TokenPair
from alicred_emulator.oauth.sites import SITES
from alicred_emulator.sign_in.tokens import Token, Tokens
from alicred_emulator.world import World

FORM = "application/x-www-form-urlencoded"
CALLBACK = "http://127.0.0.1:12345/cli/callback"
CN, INTL = SITES["CN"].client_id, SITES["INTL"].client_id
# As long as aliyun-cli makes it.
VERIFIER = "aB3-" * 32
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Answer(NamedTuple):
    """What the service has answered."""

    status: int
    content: dict[str, Any]


class Client:
    """A client as aliyun-cli and the SDKs are."""

    def __init__(self, emulator: Emulator, ask: Any) -> None:
        self.emulator, self._ask = emulator, ask

    def authorize(self, **changes: str | None) -> str:
        """Open the browser, and return where it is sent."""
        said = {
            "response_type": "code",
            "client_id": CN,
            "redirect_uri": CALLBACK,
            "state": "abc",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        query = urlencode({name: value for name, value in said.items() if value is not None})
        status, body, headers = self._ask(self.emulator.oauth, f"/oauth2/v1/auth?{query}")
        assert (status, body) == (302, b"")
        location: str = headers["Location"]
        return location

    def token(self, **form: str) -> Answer:
        """Ask for tokens."""
        return self.post("/v1/token", form)

    def redeem(self, code: str, **changes: str) -> Answer:
        """Ask for tokens with a code."""
        said = {"client_id": CN, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes}
        return self.token(grant_type="authorization_code", code=code, **said)

    def refresh(self, token: Token[Any] | str, client_id: str = CN) -> Answer:
        """Ask for tokens with a refresh token."""
        text = token if isinstance(token, str) else token.text
        return self.token(grant_type="refresh_token", refresh_token=text, client_id=client_id)

    def exchange(self, token: Token[Any] | str) -> Answer:
        """Ask for a session with an access token, as every client does: with an empty body."""
        text = token if isinstance(token, str) else token.text
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {text}"}
        status, body, _ = self._ask(self.emulator.oauth, "/v1/exchange", "POST", headers, b"")
        return Answer(status, json.loads(body))

    def revoke(self, text: str) -> Answer:
        """Revoke a token."""
        return self.post("/v1/revoke", {"token": text, "client_id": CN})

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form."""
        body = urlencode(form).encode()
        status, answer, _ = self._ask(self.emulator.oauth, path, "POST", {"Content-Type": FORM}, body)
        return Answer(status, json.loads(answer))


@pytest.fixture
def client(world: Emulator, ask: Any) -> Client:
    """A client that nobody has signed in for."""
    return Client(world, ask)


@pytest.fixture
def pair(world: Emulator) -> TokenPair:
    """The tokens of a sign-in."""
    return world.oauth.issue_tokens()


def query_of(location: str) -> dict[str, str]:
    """Return what a browser is sent back with."""
    return {name: value for name, [value] in parse_qs(urlsplit(location).query).items()}


# --- Exchanging ---------------------------------------------------------------------------------------------


def test_an_access_token_is_exchanged_for_a_session(world: Emulator, client: Client, pair: TokenPair) -> None:
    """The session speaks for the default user for an hour, and the ledger knows it."""
    status, content = client.exchange(pair.access)
    assert status == 200
    issued = world.ledger.get(content["accessKeyId"])
    assert issued is not None
    assert (issued.origin, issued.principal) == ("oauth", world.user.arn)
    assert content["accessKeySecret"] == issued.access_key_secret
    assert content["securityToken"] == issued.security_token
    assert content["expiration"] == "2026-01-02T04:04:05Z"
    assert issued.expires_at - issued.issued_at == timedelta(hours=1)


def test_an_exchange_is_answered_in_both_spellings(client: Client, pair: TokenPair) -> None:
    """Five clients read the one, Alibaba's SDK for Python reads the other."""
    content = client.exchange(pair.access).content
    for name in ("accessKeyId", "accessKeySecret", "securityToken", "expiration"):
        assert content[name] == content[name[0].upper() + name[1:]]
    assert content["requestId"]


def test_an_access_token_is_good_until_its_end(client: Client, pair: TokenPair, clock: EmulatorClock) -> None:
    """For an hour, as often as is wanted; at its end the service says so in its own words."""
    clock.shift(hours=1, seconds=-1)
    assert {client.exchange(pair.access).status for _ in range(2)} == {200}
    clock.shift(seconds=1)
    status, content = client.exchange(pair.access)
    assert (status, list(content)) == (400, ["error", "error_description", "requestId"])
    assert (content["error"], content["error_description"]) == (
        "expired_token",
        "The access token is expired.",
    )


def test_who_signs_in_may_be_chosen(world: Emulator, client: Client) -> None:
    """Another user, or the session of a role, as the service allows."""
    world.oauth.principal = world.ram.add_user("bob").principal
    bobs = world.oauth.issue_tokens().access
    world.oauth.principal = world.role.session("carol")
    carols = client.redeem(query_of(client.authorize())["code"]).content["access_token"]
    principals = []
    for token in (bobs.text, carols):
        issued = world.ledger.get(client.exchange(token).content["accessKeyId"])
        assert issued is not None
        principals.append(issued.principal)
    assert principals == [world.ram.user("bob").arn, world.role.session_arn("carol")]
    assert world.oauth.principal == world.role.session("carol")


# --- Refreshing ---------------------------------------------------------------------------------------------


def test_a_refresh_token_brings_the_next(client: Client, pair: TokenPair) -> None:
    """Both tokens are new, and the former access token stays good to its end."""
    status, content = client.refresh(pair.refresh)
    assert status == 200
    assert list(content) == ["access_token", "refresh_token", "expires_in", "token_type"]
    assert (content["expires_in"], content["token_type"]) == (3600, "Bearer")
    assert content["refresh_token"] != pair.refresh.text
    assert client.exchange(content["access_token"]).status == 200
    assert client.exchange(pair.access).status == 200
    assert client.refresh(content["refresh_token"]).status == 200


def test_a_refresh_token_is_good_for_one_use(world: Emulator, client: Client, pair: TokenPair) -> None:
    """The second use is refused, and the journal says why; what the first has brought stays good."""
    following = client.refresh(pair.refresh).content["refresh_token"]
    again = client.refresh(pair.refresh)
    assert (again.status, again.content["error"]) == (400, "invalid_grant")
    assert "used before" in world.oauth.journal[-1].detail
    assert client.refresh(following).status == 200


def test_whether_refresh_tokens_rotate_may_be_chosen(
    world: Emulator, client: Client, pair: TokenPair
) -> None:
    """Without rotation the same refresh token comes back each time, and is good to its end."""
    world.oauth.rotates_refresh_tokens = False
    assert not world.oauth.rotates_refresh_tokens
    answers = [client.refresh(pair.refresh).content for _ in range(2)]
    assert {answer["refresh_token"] for answer in answers} == {pair.refresh.text}
    assert len({answer["access_token"] for answer in answers}) == 2


def test_of_many_that_use_a_refresh_token_at_once_one_is_served(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that share a profile race for it, and exactly one wins, however slow the fake is."""
    pair = small_world.sign_ins.begin(SignIn(client_id=CN, principal=small_world.user.principal))
    form = {"grant_type": "refresh_token", "refresh_token": pair.refresh.text, "client_id": CN}
    asked = Request.of("POST", "/v1/token", Headers([("Content-Type", FORM)]), urlencode(form).encode())
    make, together = small_world.mint.sign_in_token, threading.Barrier(2)

    def make_slowly(kind: str) -> str:
        # Whoever may be here at the same time is given the time to come.
        with suppress(threading.BrokenBarrierError):
            together.wait(0.05)
        return make(kind)

    monkeypatch.setattr(small_world.mint, "sign_in_token", make_slowly)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(OAUTH.answer(small_world, asked).status))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400]


def test_a_sign_in_ends_with_its_first_refresh_token(
    client: Client, pair: TokenPair, clock: EmulatorClock
) -> None:
    """After 30 days the user is asked again, however often tokens were refreshed meanwhile."""
    clock.shift(days=29)
    following = client.refresh(pair.refresh).content["refresh_token"]
    clock.shift(days=1, seconds=-1)
    latest = client.refresh(following).content["refresh_token"]
    clock.shift(seconds=1)
    refused = client.refresh(latest)
    assert (refused.status, refused.content["error"]) == (400, "invalid_grant")
    assert refused.content["error_description"] == "The refresh token is expired."


def test_lifetimes_may_be_chosen(world: Emulator, client: Client) -> None:
    """Those of the tokens that the service gives out, and that of the sessions."""
    world.oauth.access_token_lifetime = timedelta(minutes=15)
    world.oauth.refresh_token_lifetime = timedelta(hours=2)
    world.oauth.credential_lifetime = timedelta(minutes=30)
    pair = world.oauth.issue_tokens()
    now = world.clock.now()
    assert pair.access.expires_at == now + world.oauth.access_token_lifetime == now + timedelta(minutes=15)
    assert pair.refresh.expires_at == now + world.oauth.refresh_token_lifetime == now + timedelta(hours=2)
    assert client.refresh(pair.refresh).content["expires_in"] == 900
    assert client.exchange(pair.access).content["expiration"] == "2026-01-02T03:34:05Z"
    assert world.oauth.credential_lifetime == timedelta(minutes=30)


@pytest.mark.parametrize("name", ["access_token_lifetime", "refresh_token_lifetime", "credential_lifetime"])
def test_a_lifetime_is_at_least_a_second(world: Emulator, name: str) -> None:
    """What would never be good is asked for with `issue_tokens`, where it is meant."""
    with pytest.raises(ValueError, match="at least one second"):
        setattr(world.oauth, name, timedelta(milliseconds=999))


def test_single_tokens_may_have_lifetimes_of_their_own(world: Emulator, client: Client) -> None:
    """A token may end sooner than usual, or have ended already."""
    access, refresh = world.oauth.issue_tokens(access_lifetime=-1, refresh_lifetime=timedelta(minutes=1))
    assert client.exchange(access).content["error"] == "expired_token"
    assert refresh.expires_at_seconds == 1_767_323_045 + 60
    assert client.refresh(refresh).status == 200
    ended = world.oauth.issue_tokens(refresh_lifetime=-1).refresh
    assert client.refresh(ended).content["error"] == "invalid_grant"


# --- The browser --------------------------------------------------------------------------------------------


def test_a_user_signs_in_with_a_browser(world: Emulator, client: Client) -> None:
    """The browser comes back at once, with a code that brings tokens once."""
    location = client.authorize()
    assert location.startswith(f"{CALLBACK}?")
    back = query_of(location)
    assert back.keys() == {"code", "state"}
    assert back["state"] == "abc"
    status, content = client.redeem(back["code"])
    assert (status, content["expires_in"]) == (200, 3600)
    assert client.exchange(content["access_token"]).status == 200
    assert client.refresh(content["refresh_token"]).status == 200
    again = client.redeem(back["code"])
    assert (again.status, again.content["error"]) == (400, "invalid_grant")


def test_a_code_ends_soon(client: Client, clock: EmulatorClock) -> None:
    """It is for a program that waits: ten minutes, and it is of no use."""
    code = query_of(client.authorize())["code"]
    clock.shift(minutes=10)
    assert client.redeem(code).content["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": "http://127.0.0.1:12346/cli/callback"},
        {"client_id": INTL},
    ],
    ids=["verifier", "challenge", "redirect", "client"],
)
def test_a_stolen_code_is_of_no_use(client: Client, changes: dict[str, str]) -> None:
    """Who lacks the verifier gets nothing, and does not use the code up."""
    code = query_of(client.authorize())["code"]
    refused = client.redeem(code, **changes)
    assert (refused.status, refused.content["error"]) == (400, "invalid_grant")
    assert client.redeem(code).status == 200


def test_a_plain_proof_is_accepted(client: Client) -> None:
    """The challenge may be the verifier itself (documented), which is what is meant if no method is said."""
    for method in ("plain", None):
        code = query_of(client.authorize(code_challenge=VERIFIER, code_challenge_method=method))["code"]
        assert client.redeem(code).status == 200


@pytest.mark.parametrize(
    "redirect_uri",
    [
        CALLBACK,
        "http://localhost/",
        "http://[::1]:12349/cli/callback",
        "http://127.0.0.1:1",
        f"{CALLBACK}?a=b",
    ],
)
def test_the_browser_is_sent_to_this_machine(client: Client, redirect_uri: str) -> None:
    """Whatever the program there listens at; what the address says already stays."""
    location = client.authorize(redirect_uri=redirect_uri, state=None)
    joint = "&" if "?" in redirect_uri else "?"
    assert location.startswith(f"{redirect_uri}{joint}code=FakeCode")


def test_a_state_comes_back_as_it_was(client: Client) -> None:
    """Whatever it holds, and nothing in it breaks out of the header."""
    state = "a b&c=d\r\nX-Injected: yes \N{GRINNING FACE}"
    assert query_of(client.authorize(state=state))["state"] == state


# --- Revoking -----------------------------------------------------------------------------------------------


def test_a_revoked_refresh_token_ends_the_sign_in(client: Client, pair: TokenPair) -> None:
    """Every token of it is refused from then on, the access tokens included."""
    following = client.refresh(pair.refresh).content
    status, content = client.revoke(following["refresh_token"])
    assert (status, list(content)) == (200, ["requestId"])
    assert client.refresh(following["refresh_token"]).content["error"] == "invalid_grant"
    for access in (pair.access.text, following["access_token"]):
        assert client.exchange(access).content["error"] == "invalid_token"


def test_a_revoked_access_token_is_the_only_one(world: Emulator, client: Client, pair: TokenPair) -> None:
    """The sign-in goes on, and so do others; the test may revoke as the program does."""
    others = world.oauth.issue_tokens()
    world.oauth.revoke(pair.access)
    refused = client.exchange(pair.access)
    assert (refused.status, refused.content["error"]) == (400, "invalid_token")
    assert client.refresh(pair.refresh).status == 200
    assert client.exchange(others.access).status == 200
    world.oauth.revoke(others.refresh.text)
    assert client.exchange(others.access).content["error"] == "invalid_token"


def test_revoking_what_is_none_is_no_mistake(client: Client, pair: TokenPair) -> None:
    """So RFC 7009 has it."""
    assert client.revoke("FakeRefreshTokenOfNobody").status == 200
    assert client.refresh(pair.refresh).status == 200


def test_a_grant_is_for_tokens_alone(client: Client, pair: TokenPair) -> None:
    """What else is said in a request that asks for none means nothing."""
    assert query_of(client.authorize(grant_type="authorization_code"))["code"]
    said = {"token": pair.refresh.text, "client_id": CN, "grant_type": "authorization_code"}
    assert client.post("/v1/revoke", said).status == 200


# --- Two sites ----------------------------------------------------------------------------------------------


def asked_at(world: World, host: str, path: str, form: dict[str, str], token: str = "") -> Answer:
    """Ask at a host of the real world."""
    headers = Headers({"Host": host, "Content-Type": FORM, "Authorization": f"Bearer {token}"}.items())
    reply = OAUTH.answer(world, Request.of("POST", path, headers, urlencode(form).encode()))
    return Answer(reply.status, json.loads(reply.payload))


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("written", ["{}", "{}:443", "https://{}"])
def test_each_site_knows_its_own(world: Emulator, site: str, written: str) -> None:
    """Client and tokens of one are refused at the other, however its host is written, not at loopback."""
    inner, own = world._world, SITES[site]
    [other] = [one for one in SITES.values() if one is not own]
    pair = world.oauth.issue_tokens(site)
    form = {"grant_type": "refresh_token", "refresh_token": pair.refresh.text, "client_id": own.client_id}
    assert asked_at(inner, written.format(other.host), "/v1/token", form).content["error"] == "invalid_client"
    assert asked_at(inner, written.format(other.host), "/v1/exchange", {}, pair.access.text).content[
        "error"
    ] == ("invalid_token")
    assert asked_at(inner, written.format(own.host), "/v1/exchange", {}, pair.access.text).status == 200
    assert asked_at(inner, "127.0.0.1:8107", "/v1/exchange", {}, pair.access.text).status == 200
    assert asked_at(inner, written.format(own.host), "/v1/token", form).status == 200
    assert service_of(own.host) == "oauth"


def test_a_site_that_does_not_exist_is_refused(world: Emulator) -> None:
    """The message names those that do."""
    with pytest.raises(ValueError, match=r"'JP'; known: CN, INTL"):
        world.oauth.issue_tokens("JP")


@pytest.mark.parametrize("host", ["signin.aliyun.com", "signin.alibabacloud.com"])
def test_the_browsers_hosts_are_not_emulated(host: str) -> None:
    """No program asks there, and a person's browser must not be led astray: only loopback answers it."""
    assert service_of(host) is None


# --- As a service among the others --------------------------------------------------------------------------


def test_operations_are_named_and_nothing_secret_is_told(
    world: Emulator, client: Client, pair: TokenPair
) -> None:
    """The journal knows what was asked and which key came of it, and shows neither token nor code."""
    code = query_of(client.authorize())["code"]
    client.redeem(code)
    client.refresh(pair.refresh)
    key = client.exchange(pair.access).content["accessKeyId"]
    client.revoke(pair.access.text)
    world.oauth.journal.assert_requests(["Authorize", "Token", "Token", "Exchange", "Revoke"])
    shown = world.journal.render() + "".join(map(repr, [*world.journal, pair]))
    assert f"issued ***{key[-4:]}" in shown
    for secret in (key, code, pair.access.text, pair.refresh.text, VERIFIER):
        assert secret not in shown


def test_tokens_must_not_be_stored(world: Emulator, ask: Any, pair: TokenPair) -> None:
    """The header that RFC 6749 asks for is there."""
    form = {"grant_type": "refresh_token", "refresh_token": pair.refresh.text, "client_id": CN}
    _, _, headers = ask(world.oauth, "/v1/token", "POST", {"Content-Type": FORM}, urlencode(form).encode())
    assert headers["Cache-Control"] == "no-store"


def test_unknown_paths_are_not_placed(small_world: World) -> None:
    """Whatever the service is not known to answer is 404, and the test is told."""
    for path in ("/", "/v1/token/", "/v2/token", "/oauth2/v1/token", "/v1/userinfo"):
        reply = OAUTH.answer(small_world, Request.of("POST", path))
        assert (reply.status, reply.placed) == (404, False)
    assert OAUTH.operation(Request.of("POST", "/")) is None


@pytest.mark.parametrize("field", ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"])
def test_a_field_is_left_out_in_both_spellings(
    world: Emulator, client: Client, pair: TokenPair, field: str
) -> None:
    """Whichever a client reads, it is not there."""
    world.oauth.faults.add(Fault.partial(field), operation="Exchange")
    content = client.exchange(pair.access).content
    assert field.lower() not in {name.lower() for name in content}
    assert len(content) == 7


def test_a_fault_hands_out_what_has_expired(world: Emulator, client: Client, pair: TokenPair) -> None:
    """The session says in both spellings that it ended an hour ago; tokens have no such field."""
    world.oauth.faults.add(Fault.expired())
    content = client.exchange(pair.access).content
    assert content["expiration"] == content["Expiration"] == "2026-01-02T02:04:05Z"
    assert "Expiration" not in client.refresh(pair.refresh).content


def test_a_fault_in_place_of_the_answer_uses_nothing_up(
    world: Emulator, client: Client, ask: Any, pair: TokenPair
) -> None:
    """The refresh token of a request that got 503 is good for the next one."""
    world.oauth.faults.add(Fault.body(b"{}", status=503), operation="Token", times=1)
    assert client.refresh(pair.refresh).status == 503
    assert client.refresh(pair.refresh).status == 200


def test_the_named_outage(world: Emulator, client: Client, pair: TokenPair) -> None:
    """`oauth_down` resets every connection."""
    with world.faults.add("oauth_down"), pytest.raises(ConnectionError):
        client.exchange(pair.access)


def test_a_reset_forgets_who_has_signed_in(world: Emulator, client: Client, pair: TokenPair) -> None:
    """The next test has its own tokens and the usual settings."""
    world.oauth.rotates_refresh_tokens = False
    world.oauth.credential_lifetime = timedelta(minutes=1)
    world.reset()
    assert world.oauth.rotates_refresh_tokens
    assert world.oauth.credential_lifetime == timedelta(hours=1)
    # The first token of the next world is the same again.
    assert world.oauth.issue_tokens().access.text == pair.access.text
    assert client.refresh(pair.access.text).content["error"] == "invalid_grant"


def test_tokens_that_are_good_no_more_are_forgotten_in_the_end(
    small_world: World, clock: EmulatorClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that runs for days remembers the latest of them, and all that are good."""
    monkeypatch.setattr(remembered, "KEPT_ENDED", 5)
    tokens = Tokens[int]("AccessToken", small_world.mint, clock)
    good = tokens.issue(0, 1000)
    expired = [tokens.issue(0, 0) for _ in range(50)]
    withdrawn: list[Token[int]] = []
    for _ in range(50):
        token = tokens.issue(0, 1000)
        assert [tokens.get(former.text) for former in withdrawn[-5:]] == withdrawn[-5:]
        token.withdrawn = True
        withdrawn.append(token)
    assert tokens.get(good.text) is good
    assert {tokens.get(token.text) for token in (*expired, *withdrawn[:20])} == {None}


form_names = st.sampled_from(
    [
        *("grant_type", "client_id", "code", "redirect_uri", "code_verifier", "refresh_token", "token"),
        *("response_type", "state", "code_challenge", "code_challenge_method"),
    ]
)
form_values = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [CN, INTL, CALLBACK, CHALLENGE, VERIFIER, "refresh_token", "authorization_code", "code", "S256"]
    ),
)
forms = st.dictionaries(form_names, form_values, max_size=9).map(urlencode)
raw = st.text(st.characters(max_codepoint=255), max_size=30)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from([known.path for known in OAUTH.operations.values()]),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    query=forms | raw,
    body=forms.map(str.encode) | st.binary(max_size=30),
    content_type=st.sampled_from([FORM, f"{FORM}; charset=utf-8", "application/json", ""]),
    authorization=st.one_of(st.just("Bearer FakeAccessToken"), raw),
    host=st.sampled_from(["", "oauth.aliyun.com", "OAUTH.ALIBABACLOUD.COM:443", "[::1]:1"]),
)
def test_whatever_is_asked_is_answered(
    small_world: World,
    path: str,
    method: str,
    query: str,
    body: bytes,
    content_type: str,
    authorization: str,
    host: str,
) -> None:
    """A malformed request is refused with a code, and never breaks the fake."""
    fields = {"content-type": content_type, "authorization": authorization, "host": host}
    reply = OAUTH.answer(small_world, Request.of(method, f"{path}?{query}", Headers(fields.items()), body))
    assert reply.status in {200, 302, 400, 401, 405}
    if reply.status not in {200, 302}:
        assert json.loads(reply.payload).keys() == {"error", "error_description", "requestId"}
    for name, value in reply.headers:
        assert (name + value).isascii()
        assert (name + value).isprintable()
