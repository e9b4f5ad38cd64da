"""The decision table `fixtures/sign_in_refusals.toml`, walked through: each row, and which comes first."""

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.cloud_sso import service as cloud_sso
from alicred_emulator.cloud_sso.call import CloudSsoCall
from alicred_emulator.cloud_sso.directory import Device, user_code_of
from alicred_emulator.cloud_sso.service import CLOUD_SSO
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.oauth import service as oauth
from alicred_emulator.oauth.call import OAuthCall
from alicred_emulator.oauth.service import OAUTH
from alicred_emulator.oauth.sign_ins import SignIn
from alicred_emulator.oauth.sites import SITES
from alicred_emulator.sign_in import refusals
from alicred_emulator.sign_in.call import Operation
from alicred_emulator.sign_in.proof_key import ProofKey
from alicred_emulator.world import World

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parents[2] / "fixtures" / "sign_in_refusals.toml"
ROWS: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["refusal"]
ROW = {(row["service"], row["condition"]): row for row in ROWS}
REQUIRED = {"service", "condition", "when", "order", "code", "status", "message", "confidence"}
ALLOWED = REQUIRED | {"operations", "redirected", "comment"}
DESKS = {"cloud_sso": CLOUD_SSO, "oauth": OAUTH}

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CALLBACK = "http://127.0.0.1:12345/cli/callback"
# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PROOF_KEY = ProofKey(challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", method="S256")
CLIENT = SITES["CN"].client_id
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Asking:
    """A request that a client is about to make: good as it is made, and all that it says may be changed."""

    def __init__(self, world: World, kind: str) -> None:
        self.world, self.kind = world, kind
        self.operation = kind.partition(" ")[0]
        self.service = SERVICE_OF[kind]
        self.desk = DESKS[self.service]
        known = self.desk.operations[self.operation]
        self.method, self.path, self.content_type = known.method, known.path, known.body_type
        self.body: bytes | None = None
        self.parameters: dict[str, str] = {}
        self.headers: dict[str, str] = {"host": "127.0.0.1:8106"}
        self.tokens: Any = None
        GOOD[kind](self)

    def bearing(self, token: str) -> None:
        """Present an access token."""
        self.headers["authorization"] = f"Bearer {token}"

    def request(self) -> Request:
        """Write it down."""
        headers, query, body = dict(self.headers), "", b""
        if self.content_type:
            headers["content-type"] = self.content_type
            written = urlencode(self.parameters) if self.content_type == FORM else json.dumps(self.parameters)
            body = written.encode() if self.body is None else self.body
        else:
            query = f"?{urlencode(self.parameters)}"
        return Request.of(self.method, self.path + query, Headers(headers.items()), body)

    def ask(self) -> Reply:
        """Ask the service."""
        return self.desk.answer(self.world, self.request())


def _entering(asking: Asking) -> None:
    asking.bearing(asking.world.cloud_sso.access_tokens.issue("alice", 60).text)
    if asking.operation != "Accounts":
        asking.parameters["AccountId"] = asking.world.ram.account_id
    if asking.operation == "CloudCredential":
        asking.parameters["AccessConfigurationId"] = asking.world.cloud_sso.default.id


def _device_authorization(asking: Asking) -> None:
    asking.parameters = {
        "PortalUrl": "https://signin-cn-shanghai.alibabacloudsso.com/demo-directory/login",
        "ClientId": "app",
        "CodeChallenge": PROOF_KEY.challenge,
        "CodeChallengeMethod": PROOF_KEY.method,
    }


def _device(asking: Asking) -> None:
    device = Device(client_id="app", proof_key=PROOF_KEY)
    asking.tokens = asking.world.cloud_sso.device_codes.issue(device, 60)
    if asking.operation == "DeviceApproval":
        asking.parameters = {"user_code": user_code_of(asking.tokens)}
        return
    device.approved = True
    asking.parameters = {
        "GrantType": DEVICE_GRANT,
        "ClientId": "app",
        "DeviceCode": asking.tokens.text,
        "CodeVerifier": VERIFIER,
    }


def _authorize(asking: Asking) -> None:
    asking.parameters = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "state": "as it was",
        "code_challenge": PROOF_KEY.challenge,
        "code_challenge_method": "S256",
    }


def _code(asking: Asking) -> None:
    asking.tokens = asking.world.sign_ins.consent(CLIENT, CALLBACK, PROOF_KEY)
    asking.parameters = {
        "grant_type": "authorization_code",
        "code": asking.tokens.text,
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def _tokens(asking: Asking) -> None:
    sign_in = SignIn(client_id=CLIENT, principal=asking.world.user.principal)
    asking.tokens = asking.world.sign_ins.begin(sign_in, 60, 60)
    refresh = asking.tokens.refresh.text
    if asking.operation == "Exchange":
        asking.bearing(asking.tokens.access.text)
    elif asking.operation == "Revoke":
        asking.parameters = {"token": refresh, "client_id": CLIENT}
    else:
        asking.parameters = {
            "grant_type": "refresh_token",
            "refresh_token": refresh,
            "client_id": CLIENT,
            "Timestamp": "2026-01-02T03:04:05Z",
        }


GOOD: Mapping[str, Callable[[Asking], None]] = {
    "CloudCredential": _entering,
    "Accounts": _entering,
    "AccessConfigurations": _entering,
    "DeviceAuthorization": _device_authorization,
    "DeviceApproval": _device,
    "AccessToken": _device,
    "Authorize": _authorize,
    "Token by code": _code,
    "Token by refresh token": _tokens,
    "Exchange": _tokens,
    "Revoke": _tokens,
}
SERVICE_OF = {
    kind: next(name for name, desk in DESKS.items() if kind.partition(" ")[0] in desk.operations)
    for kind in GOOD
}
WITH_BODY = ("CloudCredential", "DeviceAuthorization", "AccessToken", "Token", "Revoke")
ENTERING = ("CloudCredential", "Accounts", "AccessConfigurations")
BY_CODE = ("Token by code",)
BY_REFRESH_TOKEN = ("Token by refresh token",)
NEEDS = {
    **{kind: CLOUD_SSO.operations[kind].needs for kind in GOOD if SERVICE_OF[kind] == "cloud_sso"},
    "Token by code": ("grant_type", "client_id", "code", "redirect_uri", "code_verifier"),
    "Token by refresh token": ("grant_type", "client_id", "refresh_token"),
    "Revoke": ("token", "client_id"),
}


class Spoiler(NamedTuple):
    """What makes one condition true of an otherwise good request."""

    condition: str
    name: str
    spoil: Callable[[Asking], object]
    touches: frozenset[str]
    kinds: tuple[str, ...]
    parameter: str = ""

    def suits(self, kind: str) -> bool:
        """Tell whether the condition can be met so in a request."""
        row = ROW.get((SERVICE_OF[kind], self.condition))
        operation = kind.partition(" ")[0]
        named = kind in self.kinds or operation in self.kinds
        return named and row is not None and operation in row.get("operations", [operation])

    def order(self, kind: str) -> int:
        """Where its condition stands."""
        return int(ROW[SERVICE_OF[kind], self.condition]["order"])


SPOILERS: list[Spoiler] = []


def spoils(
    condition: str, *touches: str, kinds: tuple[str, ...] = tuple(GOOD), parameter: str = ""
) -> Callable[[Callable[[Asking], object]], Callable[[Asking], object]]:
    """Enter a spoiler: its condition, what it touches in request or world, and where it can be met."""

    def enter(spoil: Callable[[Asking], object]) -> Callable[[Asking], object]:
        name = f"{spoil.__name__}{f'({parameter})' if parameter else ''}".replace("_", " ")
        SPOILERS.append(Spoiler(condition, name, spoil, frozenset(touches), kinds, parameter))
        return spoil

    return enter


@spoils("method_unsupported", "method")
def by_delete(asking: Asking) -> None:
    asking.method = "DELETE"


@spoils("content_type_unsupported", "body", kinds=WITH_BODY)
def a_body_of_text(asking: Asking) -> None:
    asking.content_type = "text/plain"


@spoils("body_unreadable", "body", kinds=WITH_BODY)
def a_body_that_is_no_utf8(asking: Asking) -> None:
    asking.body = b"a=\xff"


def _missing(kind: str, name: str) -> None:
    @spoils("parameter_missing", name, kinds=(kind,), parameter=name)
    def without(asking: Asking) -> None:
        del asking.parameters[name]

    @spoils("parameter_missing", name, kinds=(kind,), parameter=name)
    def with_nothing(asking: Asking) -> None:
        asking.parameters[name] = ""


for _kind, _names in NEEDS.items():
    for _name in _names:
        _missing(_kind, _name)


def _says(
    condition: str, name: str, value: str, *kinds: str, also: tuple[str, ...] = ()
) -> Callable[[Asking], object]:
    @spoils(condition, name, *also, kinds=kinds, parameter=name)
    def saying(asking: Asking) -> None:
        asking.parameters[name] = value

    return saying


_says("account_id_malformed", "AccountId", "uid", *ENTERING)
_says("access_configuration_id_malformed", "AccessConfigurationId", "ac_1", "CloudCredential")
_says("max_results_malformed", "MaxResults", "0", *ENTERING)
_says("max_results_malformed", "MaxResults", "101", *ENTERING)
_says("max_results_malformed", "MaxResults", "many", *ENTERING)
_says("next_token_unknown", "NextToken", "10", *ENTERING)
_says("next_token_unknown", "NextToken", "FakeNextToken-1", *ENTERING)
_says("not_assigned", "AccountId", "1111111111111111", *ENTERING)
_says("not_assigned", "AccessConfigurationId", "ac-00fake999999999999", "CloudCredential")
_says("proof_key_malformed", "CodeChallenge", "short", "DeviceAuthorization")
_says("proof_key_malformed", "CodeChallengeMethod", "S512", "DeviceAuthorization")
_says("user_code_unknown", "user_code", "FAKE-none", "DeviceApproval")
_says("grant_type_unsupported", "GrantType", "password", "AccessToken")
_says("device_code_unknown", "DeviceCode", "of nobody", "AccessToken", also=("code",))
_says("device_code_unknown", "ClientId", "another app", "AccessToken")
_says("code_verifier_wrong", "CodeVerifier", "x" * 43, "AccessToken")
_says("redirect_uri_unknown", "redirect_uri", "https://elsewhere.example/", "Authorize")
_says("redirect_uri_unknown", "redirect_uri", f"{CALLBACK}\r\nX: y", "Authorize")
_says("redirect_uri_unknown", "redirect_uri", "http://127.0.0.1.elsewhere.example/", "Authorize")
_says("redirect_uri_unknown", "redirect_uri", "http://127.0.0.1:80@elsewhere.example/", "Authorize")
_says("client_unknown", "client_id", "1", "Authorize", "Token", "Revoke")
_says("response_type_unsupported", "response_type", "token", "Authorize")
_says("proof_key_malformed", "code_challenge", "short", "Authorize")
_says("proof_key_malformed", "code_challenge_method", "S512", "Authorize")
# With another grant, a token or a code is nobody's business.
_GRANTS = ("code", "redirect_uri", "code_verifier", "refresh_token")
_says("grant_type_unsupported", "grant_type", "password", "Token", also=_GRANTS)
_says("code_unknown", "code", "of nobody", *BY_CODE, also=("code",))
_says(
    "redirect_uri_different", "redirect_uri", "http://127.0.0.1:12346/cli/callback", *BY_CODE, also=("code",)
)
_says("code_verifier_wrong", "code_verifier", "x" * 43, *BY_CODE, also=("code",))
_says("refresh_token_unknown", "refresh_token", "of nobody", *BY_REFRESH_TOKEN, also=("code",))
_says("refresh_token_unknown", "client_id", SITES["INTL"].client_id, *BY_REFRESH_TOKEN)
_says("code_unknown", "client_id", SITES["INTL"].client_id, *BY_CODE)


@spoils("redirect_uri_unknown", "redirect_uri", kinds=("Authorize",))
def no_way_back(asking: Asking) -> None:
    del asking.parameters["redirect_uri"]


@spoils("client_unknown", "client_id", kinds=("Authorize",))
def no_client(asking: Asking) -> None:
    del asking.parameters["client_id"]


@spoils("client_unknown", "host", "client_id", kinds=("Authorize", "Token", "Revoke"))
def a_client_of_the_other_site(asking: Asking) -> None:
    asking.headers["host"] = "oauth.alibabacloud.com"


@spoils("access_token_missing", "token", kinds=(*ENTERING, "Exchange"))
def without_a_token(asking: Asking) -> None:
    asking.headers["authorization"] = "Basic Zm9vOmJhcg=="


@spoils("access_token_unknown", "token", kinds=(*ENTERING, "Exchange"))
def with_a_token_of_nobody(asking: Asking) -> None:
    asking.bearing("FakeAccessTokenOfNobody")


@spoils("access_token_unknown", "token", kinds=ENTERING)
def with_a_revoked_token(asking: Asking) -> None:
    asking.world.cloud_sso.access_tokens.withdraw(lambda _: True)


@spoils("access_token_unknown", "host", "token", kinds=("Exchange",))
def with_a_token_of_the_other_site(asking: Asking) -> None:
    asking.headers["host"] = "oauth.alibabacloud.com"


@spoils("access_token_revoked", "revoked", kinds=("Exchange",))
def with_a_token_that_was_revoked(asking: Asking) -> None:
    asking.world.sign_ins.revoke(asking.tokens.access.text)


@spoils("access_token_expired", "time", kinds=(*ENTERING, "Exchange"))
@spoils("device_code_unknown", "time", kinds=("AccessToken",))
@spoils("user_code_unknown", "time", kinds=("DeviceApproval",))
@spoils("code_expired", "time", kinds=BY_CODE)
@spoils("refresh_token_expired", "time", kinds=BY_REFRESH_TOKEN)
def too_late(asking: Asking) -> None:
    asking.world.clock.shift(minutes=10)


@spoils("device_code_unknown", "code", kinds=("AccessToken",))
@spoils("code_used", "code", kinds=BY_CODE)
@spoils("refresh_token_withdrawn", "code", kinds=BY_REFRESH_TOKEN)
def after_another(asking: Asking) -> None:
    used = asking.tokens.refresh if asking.kind in BY_REFRESH_TOKEN else asking.tokens
    used.withdrawn = True


@spoils("authorization_pending", "approved", kinds=("AccessToken",))
def too_early(asking: Asking) -> None:
    asking.tokens.given.approved = False


# --- The walk -----------------------------------------------------------------------------------------------


def suiting(kind: str) -> Iterator[Spoiler]:
    """Yield what can be wrong with a request."""
    return (spoiler for spoiler in SPOILERS if spoiler.suits(kind))


def spoilt(clock: EmulatorClock, kind: str, *spoilers: Spoiler) -> Asking:
    """Return a request that is wrong in one or more ways."""
    clock.move_to("2026-01-02T03:04:05Z")
    asking = Asking(World(clock), kind)
    for spoiler in spoilers:
        spoiler.spoil(asking)
    return asking


def said(reply: Reply) -> dict[str, str]:
    """Return the code and the message of a refusal, and what the browser is sent back with."""
    if reply.status == 302:
        return dict(parse_qsl(urlsplit(dict(reply.headers)["Location"]).query))
    document = json.loads(reply.payload)
    assert reply.content_type == JSON
    assert document.keys() in (
        {"ErrorCode", "ErrorMessage", "RequestId"},
        {"error", "error_description", "requestId"},
    )
    code, message, _ = document.values()
    return {"error": code, "error_description": message}


@pytest.mark.parametrize("kind", GOOD)
def test_a_request_that_nothing_is_wrong_with_is_granted(kind, clock):
    """What the spoilers spoil is good without them."""
    assert spoilt(clock, kind).ask().status == (302 if kind == "Authorize" else 200)


@pytest.mark.parametrize("kind", GOOD)
def test_each_condition_is_answered_as_its_row_says(kind, clock):
    """Status, code and message are those of the row, and the journal is told the condition."""
    for spoiler in suiting(kind):
        row = ROW[SERVICE_OF[kind], spoiler.condition]
        reply, words = spoilt(clock, kind, spoiler).ask(), {"parameter": spoiler.parameter}
        code, message = row["code"].format_map(words), row["message"].format_map(words)
        redirected = row.get("redirected", False)
        assert reply.status == (302 if redirected else row["status"]), spoiler.name
        back = {"state": "as it was"} if redirected else {}
        assert said(reply) == {"error": code, "error_description": message, **back}, spoiler.name
        assert (reply.detail, reply.placed) == (f"{code}: {row['when']}", True)


@pytest.mark.parametrize("kind", GOOD)
def test_the_earlier_of_two_conditions_decides(kind, clock):
    """Of two things that are wrong with a request, the one with the smaller order is answered."""
    wrong = []
    for one, other in itertools.combinations(suiting(kind), 2):
        if one.touches & other.touches or one.order(kind) == other.order(kind):
            continue
        reply = spoilt(clock, kind, one, other).ask()
        first = min(one, other, key=lambda spoiler: spoiler.order(kind))
        if not reply.detail.endswith(f": {ROW[SERVICE_OF[kind], first.condition]['when']}"):
            wrong.append((one.name, other.name, reply.detail))
    assert wrong == []


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['service']} {row['condition']}" for row in ROWS])
def test_each_row_is_provoked_for_each_operation_that_it_concerns(row):
    """A row that no request leads to would say nothing."""
    provoked = {
        kind.partition(" ")[0]
        for kind in GOOD
        for spoiler in suiting(kind)
        if (SERVICE_OF[kind], spoiler.condition) == (row["service"], row["condition"])
    }
    assert provoked == set(row.get("operations", DESKS[row["service"]].operations))


@pytest.mark.parametrize("service", DESKS)
def test_each_row_has_a_check_and_each_check_a_row(service):
    """The fakes find out what the table names, and name what they find out."""
    assert DESKS[service].checks.keys() == {row["condition"] for row in ROWS if row["service"] == service}


def test_the_table_has_the_documented_shape():
    """No key is unknown or missing, no value of another type, and everything says where it is from."""
    for row in ROWS:
        assert REQUIRED <= row.keys() <= ALLOWED, row
        assert row["confidence"].keys() == {"code", "status", "message"}, row
        assert set(row["confidence"].values()) <= {"documented", "recorded", "client", "inferred"}, row
        assert set(row.get("operations", [])) <= DESKS[row["service"]].operations.keys(), row
        assert 400 <= row["status"] < 500, row
    assert len(ROW) == len(ROWS)


@pytest.mark.parametrize("service", DESKS)
def test_the_rows_stand_in_their_order(service):
    """Who reads the table from the top reads it as the fake goes through it."""
    orders = [row["order"] for row in ROWS if row["service"] == service]
    assert orders == sorted(set(orders))


@pytest.fixture
def change_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Have the fakes read a table that a function has changed row by row."""

    def change(edit: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        changed = [{**row, **edit(row)} for row in ROWS]
        monkeypatch.setattr(refusals, "table", lambda _: {"refusal": changed})
        refusals.checks_of.cache_clear()

    yield change
    monkeypatch.undo()
    refusals.checks_of.cache_clear()


def test_status_and_order_are_changed_in_the_table_alone(clock, change_table):
    """Whoever learns better changes the row, and the fake answers so."""
    wrong = [one for one in SPOILERS if one.name in {"too late", "by delete"} and one.suits("Exchange")]
    assert spoilt(clock, "Exchange", *wrong).ask().status == 405
    change_table(
        lambda row: {"status": 401, "order": 1} if row["condition"] == "access_token_expired" else {}
    )
    assert spoilt(clock, "Exchange", *wrong).ask().status == 401


@pytest.mark.parametrize("kind", GOOD)
def test_a_check_relies_on_no_other(kind, clock, change_table):
    """In whatever order the rows stand, every request is answered, with one of the table's refusals."""
    change_table(lambda row: {"order": -row["order"]})
    whens = {row["when"] for row in ROWS}
    assert spoilt(clock, kind).ask().status in {200, 302}
    for one, other in itertools.combinations_with_replacement(suiting(kind), 2):
        # Of two that change the same thing the second may find it gone.
        if one is other or not one.touches & other.touches:
            reply = spoilt(clock, kind, one, *({other} - {one})).ask()
            assert reply.detail.partition(": ")[2] in whens, (one.name, other.name)


def test_a_browser_that_may_be_sent_nowhere_is_told_itself(clock, change_table):
    """Even where another condition comes first, no browser is sent to another machine."""
    change_table(lambda row: {"order": 999} if row["condition"] == "redirect_uri_unknown" else {})
    asking = spoilt(clock, "Authorize")
    asking.parameters |= {"redirect_uri": "https://elsewhere.example/", "response_type": "token"}
    reply = asking.ask()
    assert (reply.status, said(reply)["error"]) == (400, "unsupported_response_type")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (cloud_sso.create_cloud_credential, CloudSsoCall),
        (cloud_sso.approve_device, CloudSsoCall),
        (cloud_sso.create_access_token, CloudSsoCall),
        (oauth.token, OAuthCall),
        (oauth.exchange, OAuthCall),
    ],
)
def test_a_table_that_lets_the_impossible_pass_is_a_bug_that_shows(small_world, answer, kind):
    """Whoever takes the row away that refuses it gets an error, and no credential of somebody else."""
    configuration = small_world.cloud_sso.default
    [account] = configuration.roles
    named = {"AccountId": account, "AccessConfigurationId": configuration.id, "user_code": "x"}
    call = kind(small_world, Request.of("GET", f"/?{urlencode(named)}"), Operation(path="/", answer=answer))
    with pytest.raises(LookupError, match="the decision table let"):
        answer(call)
    assert small_world.ledger.credentials == ()


def test_a_call_is_shown_by_its_path(small_world):
    """What it says is not shown: a token may be among it."""
    request = Request.of("GET", "/?code=secret")
    assert repr(OAuthCall(small_world, request, Operation(path="/v1/token", answer=oauth.token))) == (
        "<Call of /v1/token>"
    )
