"""CloudSSO: entering an account, what may be entered, and how a program signs in."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.cloud_sso.service import CLOUD_SSO
from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.hosts import service_of
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.ram.trust import trust_policy
from alicred_emulator.world import World

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Answer(NamedTuple):
    """What CloudSSO has answered."""

    status: int
    content: dict[str, Any]


class Client:
    """A client as aliyun-cli is one."""

    def __init__(self, emulator: Emulator, ask: Any) -> None:
        self.emulator, self.token, self._ask = emulator, "", ask

    def get(self, path: str) -> Answer:
        """Ask for a list."""
        return self._asked(path, "GET", None)

    def post(self, path: str, content: object) -> Answer:
        """Send a document."""
        return self._asked(path, "POST", json.dumps(content).encode())

    def enter(self, account: str = "", configuration: str = "") -> Answer:
        """Enter an account: the default one with the default access configuration, if no other is named."""
        service = self.emulator.cloud_sso
        return self.post(
            "/cloud-credentials",
            {
                "AccountId": account or service.account_id,
                "AccessConfigurationId": configuration or service.access_configuration_id,
            },
        )

    def poll(self, device_code: str, **changes: str) -> Answer:
        """Ask whether the user has signed in."""
        said = {"GrantType": DEVICE_GRANT, "ClientId": "app", "CodeVerifier": VERIFIER, **changes}
        return self.post("/token", {**said, "DeviceCode": device_code})

    def _asked(self, path: str, method: str, body: bytes | None) -> Answer:
        headers = {**JSON, "Authorization": f"Bearer {self.token}"} if self.token else JSON
        status, answer, _ = self._ask(self.emulator.cloud_sso, path, method, headers, body)
        return Answer(status, json.loads(answer) if answer.startswith(b"{") else {"text": answer.decode()})


@pytest.fixture
def client(world: Emulator, ask: Any) -> Client:
    """A client that nobody has signed in for."""
    return Client(world, ask)


@pytest.fixture
def signed_in(world: Emulator, client: Client) -> Client:
    """A client that a user has signed in for."""
    client.token = world.cloud_sso.issue_access_token().text
    return client


def test_an_account_is_entered(world: Emulator, signed_in: Client) -> None:
    """The session is of the access configuration's role in the account, and the ledger knows it."""
    status, content = signed_in.enter()
    assert (status, list(content)) == (200, ["CloudCredential", "RequestId"])
    credential = content["CloudCredential"]
    assert list(credential) == ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"]
    issued = world.ledger.get(credential["AccessKeyId"])
    assert issued is not None
    assert (issued.access_key_secret, issued.security_token) == (
        credential["AccessKeySecret"],
        credential["SecurityToken"],
    )
    assert issued.origin == "cloud_sso"
    role = world.ram.role("AliyunReservedSSO-demo-access")
    assert issued.principal == role.session_arn("demo-sso-user")
    assert credential["Expiration"] == "2026-01-02T04:04:05Z"


@pytest.mark.parametrize("seconds", [900, 43200])
def test_a_session_lasts_as_long_as_its_access_configuration_says(
    world: Emulator, signed_in: Client, seconds: int
) -> None:
    """The duration is the administrator's to set, between 15 minutes and 12 hours."""
    world.cloud_sso.access_configuration.session_duration = seconds
    issued = world.ledger.get(signed_in.enter().content["CloudCredential"]["AccessKeyId"])
    assert issued is not None
    assert issued.expires_at - issued.issued_at == timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [899, 43201])
def test_another_session_duration_is_refused(world: Emulator, seconds: int) -> None:
    """What CloudSSO would not take is an error where it is set."""
    with pytest.raises(ValueError, match=f"900 to 43200 seconds, not {seconds}"):
        world.cloud_sso.access_configuration.session_duration = seconds
    with pytest.raises(ValueError, match=f"900 to 43200 seconds, not {seconds}"):
        world.cloud_sso.add_access_configuration("other", session_duration=seconds)


def test_each_request_brings_another_session(signed_in: Client) -> None:
    """The token is good for as many sessions as are wanted."""
    keys = {signed_in.enter().content["CloudCredential"]["AccessKeyId"] for _ in range(2)}
    assert len(keys) == 2


def test_a_token_is_good_until_its_end(world: Emulator, client: Client, clock: EmulatorClock) -> None:
    """A second before its end it is accepted, at its end it is not; there is nothing to renew it with."""
    token = world.cloud_sso.issue_access_token(lifetime=timedelta(minutes=5))
    assert token.expires_at_seconds == 1_767_323_045 + 300
    client.token = token.text
    clock.shift(minutes=5, seconds=-1)
    assert client.enter().status == 200
    clock.shift(seconds=1)
    assert client.enter().status == 401
    assert client.enter().content["ErrorCode"] == "InvalidToken.Expired"


def test_a_token_may_have_expired_from_the_start(world: Emulator, client: Client) -> None:
    """A negative lifetime makes a token of yesterday."""
    client.token = world.cloud_sso.issue_access_token(lifetime=-1).text
    assert client.enter().content["ErrorCode"] == "InvalidToken.Expired"


@pytest.mark.parametrize("as_text", [True, False])
def test_a_revoked_token_is_refused(world: Emulator, client: Client, as_text: bool) -> None:
    """It and no other; the credentials that it has led to stay good."""
    tokens = [world.cloud_sso.issue_access_token() for _ in range(2)]
    client.token = tokens[0].text
    entered = client.enter().content["CloudCredential"]["AccessKeyId"]
    world.cloud_sso.revoke(tokens[0].text if as_text else tokens[0])
    assert (client.enter().status, client.enter().content["ErrorCode"]) == (401, "InvalidToken")
    client.token = tokens[1].text
    assert client.enter().status == 200
    issued = world.ledger.get(entered)
    assert issued is not None
    assert issued.is_valid(world.clock.now())


def test_parameters_are_looked_at_before_the_token(client: Client) -> None:
    """As was seen in the real service: an account's id with letters is told of although the token is none."""
    client.token = "bogus"
    status, content = client.enter(account="uid")
    assert (status, content["ErrorCode"]) == (400, "InvalidParameter.AccountId.InvalidChars")
    assert list(content) == ["ErrorCode", "ErrorMessage", "RequestId"]


def test_an_account_number_is_understood(signed_in: Client) -> None:
    """An id that is written as a number in JSON is the same id."""
    service = signed_in.emulator.cloud_sso
    said = {
        "AccountId": int(service.account_id),
        "AccessConfigurationId": service.access_configuration_id,
    }
    assert signed_in.post("/cloud-credentials", said).status == 200


def test_other_accounts_and_access_configurations(world: Emulator, signed_in: Client) -> None:
    """A test may assign further ones; what is not assigned cannot be entered."""
    other = world.add_account("1111111111111111")
    auditing = world.cloud_sso.add_access_configuration(
        "auditing", accounts=[world.ram, other], description="Reads.", session_duration=900
    )
    assert auditing.id != world.cloud_sso.access_configuration_id
    issued = world.ledger.get(
        signed_in.enter(other.account_id, auditing.id).content["CloudCredential"]["AccessKeyId"]
    )
    assert issued is not None
    assert issued.principal == other.role("AliyunReservedSSO-auditing").session_arn("demo-sso-user")
    assert issued.holder.account_id == other.account_id
    assert signed_in.enter(configuration=auditing.id).status == 200
    refused = signed_in.enter(other.account_id)
    assert (refused.status, refused.content["ErrorCode"]) == (403, "AccessDenied")


def test_an_access_configuration_is_for_the_default_account_by_default(world: Emulator) -> None:
    """The one account of most tests need not be named."""
    made = world.cloud_sso.add_access_configuration("second")
    assert list(made.roles) == [world.account_id]


def test_nobody_else_may_assume_the_role_of_an_access_configuration(world: Emulator) -> None:
    """It trusts the identity provider of CloudSSO alone, whose assertions nobody has."""
    policy = world.cloud_sso.access_configuration.roles[world.account_id].trust_policy
    provider = f"acs:ram::{world.account_id}:saml-provider/AliyunReservedSSO-directory"
    assert policy == trust_policy(federated=provider)


@pytest.mark.parametrize("name", ["demo-access", "with a blank", "x" * 64])
def test_a_name_that_cannot_be_is_refused(world: Emulator, name: str) -> None:
    """It would be that of a role, and unique in the account."""
    with pytest.raises(ValueError, match="role"):
        world.cloud_sso.add_access_configuration(name)


# --- What may be entered ------------------------------------------------------------------------------------


def test_accounts_and_access_configurations_are_listed(world: Emulator, signed_in: Client) -> None:
    """Who has signed in learns what to enter, as aliyun-cli asks for it."""
    accounts = signed_in.get("/access-assignments/accounts?MaxResults=100").content
    assert accounts["Accounts"] == [
        {"AccountId": world.account_id, "DisplayName": f"Fake account {world.account_id}"}
    ]
    assert (accounts["IsTruncated"], "NextToken" in accounts) == (False, False)
    path = f"/access-assignments/access-configurations?AccountId={world.account_id}"
    assert signed_in.get(path).content["AccessConfigurationsForAccount"] == [
        {
            "AccessConfigurationId": world.cloud_sso.access_configuration_id,
            "AccessConfigurationName": "demo-access",
            "AccessConfigurationDescription": "",
        }
    ]


@pytest.mark.parametrize(
    ("most", "pages"), [("", [10, 2]), ("&MaxResults=5", [5, 5, 2]), ("&MaxResults=12", [12])]
)
def test_long_lists_come_in_pages(world: Emulator, signed_in: Client, most: str, pages: list[int]) -> None:
    """Each page but the last names the token that leads to the next, and together they are the whole."""
    for number in range(11):
        world.cloud_sso.add_access_configuration(f"number-{number}")
    path = f"/access-assignments/access-configurations?AccountId={world.account_id}{most}"
    sizes, names, following = [], [], ""
    while following is not None:
        page = signed_in.get(path + following).content
        listed = page["AccessConfigurationsForAccount"]
        sizes.append(len(listed))
        names += [entry["AccessConfigurationName"] for entry in listed]
        assert page["IsTruncated"] is ("NextToken" in page)
        following = f"&NextToken={page['NextToken']}" if page["IsTruncated"] else None
    assert sizes == pages
    assert names == ["demo-access", *(f"number-{number}" for number in range(11))]


# --- Signing in on a device ---------------------------------------------------------------------------------


def authorized(client: Client, **changes: str) -> dict[str, Any]:
    """Have a device wait for its user."""
    said = {
        "PortalUrl": client.emulator.cloud_sso.loopback_sign_in_url,
        "ClientId": "app",
        "CodeChallenge": CHALLENGE,
        "CodeChallengeMethod": "S256",
    }
    status, content = client.post("/device-authorization", {**said, **changes})
    assert status == 200
    return content


def test_a_user_signs_in_for_a_device(world: Emulator, client: Client, clock: EmulatorClock) -> None:
    """The device waits, the user opens the page that it points to, the device gets its token once."""
    waiting = authorized(client)
    page = waiting["VerificationUriComplete"]
    assert page == f"{world.cloud_sso.url}/device?user_code={waiting['UserCode']}"
    assert page.startswith(waiting["VerificationUri"])
    assert (waiting["ExpiresIn"], waiting["Interval"]) == (600, 1)
    pending = client.poll(waiting["DeviceCode"])
    assert (pending.status, pending.content["ErrorCode"]) == (400, "AuthorizationPending")

    assert client.get(page.removeprefix(world.cloud_sso.url)).status == 200
    status, granted = client.poll(waiting["DeviceCode"])
    assert (status, granted["ExpiresIn"], granted["TokenType"]) == (200, 8 * 3600, "Bearer")
    assert client.poll(waiting["DeviceCode"]).content["ErrorCode"] == "InvalidDeviceCodeError"

    client.token = granted["AccessToken"]
    clock.shift(seconds=granted["ExpiresIn"] - 1)
    assert client.enter().status == 200
    clock.shift(seconds=1)
    assert client.enter().content["ErrorCode"] == "InvalidToken.Expired"


def test_two_devices_are_told_apart(client: Client) -> None:
    """Who signs in for one has not signed in for the other."""
    first, second = authorized(client), authorized(client)
    client.get(f"/device?user_code={second['UserCode']}")
    assert client.poll(first["DeviceCode"]).content["ErrorCode"] == "AuthorizationPending"
    assert client.poll(second["DeviceCode"]).status == 200


def test_only_the_device_itself_gets_the_token(client: Client) -> None:
    """Who has overheard the code lacks what it is proven by, and does not use it up."""
    waiting = authorized(client)
    client.get(f"/device?user_code={waiting['UserCode']}")
    overheard = client.poll(waiting["DeviceCode"], CodeVerifier="x" * 43)
    assert overheard.content["ErrorCode"] == "InvalidParameter.CodeVerifier"
    assert client.poll(waiting["DeviceCode"]).status == 200


@pytest.mark.parametrize(
    ("host", "secure", "page"),
    [
        (
            "signin-eu-central-1.alibabacloudsso.com",
            True,
            "https://signin-eu-central-1.alibabacloudsso.com/device",
        ),
        ("127.0.0.1:8106", False, "http://127.0.0.1:8106/device"),
        ("", True, "https://signin-cn-shanghai.alibabacloudsso.com/device"),
    ],
)
def test_the_page_is_where_the_device_has_asked(
    small_world: World, host: str, secure: bool, page: str
) -> None:
    """Over TLS if it asked so, at the host that it asked, and at the real one if it did not say."""
    said = {
        "PortalUrl": "https://signin-cn-shanghai.alibabacloudsso.com/demo-directory/login",
        "ClientId": "app",
        "CodeChallenge": CHALLENGE,
        "CodeChallengeMethod": "S256",
    }
    headers = Headers([*JSON.items(), ("Host", host)])
    asked = Request.of("POST", "/device-authorization", headers, json.dumps(said).encode())
    reply = CLOUD_SSO.answer(small_world, replace(asked, secure=secure))
    assert reply.document is not None
    assert reply.document["VerificationUri"] == page


# --- As a service among the others --------------------------------------------------------------------------


def test_its_url_has_the_shape_of_a_directorys(world: Emulator) -> None:
    """The real host is one that the fake stands for; the other is on loopback, with the same path."""
    host = world.cloud_sso.sign_in_url.removeprefix("https://").partition("/")[0]
    assert service_of(host) == "cloud_sso"
    assert world.cloud_sso.sign_in_url == f"https://{host}/demo-directory/login"
    assert world.cloud_sso.loopback_sign_in_url == f"{world.cloud_sso.url}/demo-directory/login"


def test_operations_are_named_and_nothing_secret_is_told(world: Emulator, signed_in: Client) -> None:
    """The journal knows what was asked and which key came of it, and shows neither token nor code."""
    key = signed_in.enter().content["CloudCredential"]["AccessKeyId"]
    waiting = authorized(signed_in)
    signed_in.get(f"/device?user_code={waiting['UserCode']}")
    world.cloud_sso.journal.assert_requests(["CloudCredential", "DeviceAuthorization", "DeviceApproval"])
    shown = world.journal.render() + "".join(map(repr, world.journal))
    assert f"issued ***{key[-4:]}" in shown
    for secret in (key, signed_in.token, waiting["DeviceCode"], waiting["UserCode"]):
        assert secret not in shown


def test_tokens_say_that_they_are_fake_and_hide_in_a_repr(world: Emulator) -> None:
    """The n-th token of a world is the same in every run, and its repr shows four letters of it."""
    token = world.cloud_sso.issue_access_token()
    assert token.text.startswith("FakeAccessToken")
    assert repr(token) == f"<Token ***{token.text[-4:]} until 2026-01-02T11:04:05Z>"
    with Emulator(clock=world.clock) as other:
        assert other.cloud_sso.issue_access_token().text == token.text


def test_unknown_paths_are_not_placed(small_world: World) -> None:
    """Whatever CloudSSO is not known to answer is 404, and the test is told."""
    for path in ("/", "/cloud-credentials/", "/demo-directory/login", "/Token"):
        reply = CLOUD_SSO.answer(small_world, Request.of("GET", path))
        assert (reply.status, reply.placed) == (404, False)
    assert CLOUD_SSO.operation(Request.of("GET", "/")) is None


@pytest.mark.parametrize(
    "field", ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration", "CloudCredential"]
)
def test_faults_reach_into_the_credential(world: Emulator, signed_in: Client, field: str) -> None:
    """Each field can be left out, at its depth."""
    with world.cloud_sso.faults.add(Fault.partial(field), operation="CloudCredential") as fault:
        content = signed_in.enter().content
    assert field not in {**content, **content.get("CloudCredential", {})}
    assert fault.hits == 1


def test_a_fault_hands_out_what_has_expired(world: Emulator, signed_in: Client) -> None:
    """The document says that it ended an hour ago."""
    world.cloud_sso.faults.add(Fault.expired(), times=1)
    assert signed_in.enter().content["CloudCredential"]["Expiration"] == "2026-01-02T02:04:05Z"


def test_the_named_outage(world: Emulator, signed_in: Client) -> None:
    """`cloud_sso_down` resets every connection."""
    with world.faults.add("cloud_sso_down"), pytest.raises(ConnectionError):
        signed_in.enter()


def test_a_reset_forgets_who_has_signed_in(world: Emulator, signed_in: Client) -> None:
    """The next test has its own tokens and access configurations."""
    world.cloud_sso.add_access_configuration("second")
    world.reset()
    assert signed_in.enter().content["ErrorCode"] == "InvalidToken"
    assert list(world.cloud_sso.add_access_configuration("second").roles) == [world.account_id]


texts = st.text(max_size=12)
values = st.one_of(
    texts, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.lists(texts, max_size=2)
)
NAMES = sorted(
    {name for known in CLOUD_SSO.operations.values() for name in known.needs} | {"MaxResults", "NextToken"}
)
documents = st.dictionaries(st.sampled_from(NAMES) | texts, values, max_size=8)
bodies = st.one_of(st.binary(max_size=40), documents.map(json.dumps).map(str.encode), st.just(b"[" * 5000))
queries = st.text(st.characters(max_codepoint=255), max_size=30)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from([known.path for known in CLOUD_SSO.operations.values()]),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    query=queries,
    body=bodies,
    content_type=st.sampled_from(["application/json", "application/json; charset=utf-8", "text/plain", ""]),
    authorization=st.one_of(st.just("Bearer GOOD"), queries),
)
def test_whatever_is_asked_is_answered(
    small_world: World, path: str, method: str, query: str, body: bytes, content_type: str, authorization: str
) -> None:
    """A malformed request is refused with a code, and never breaks the fake."""
    token = small_world.cloud_sso.access_tokens.issue("a", 9)
    fields = {"content-type": content_type, "authorization": authorization.replace("GOOD", token.text)}
    reply: Reply = CLOUD_SSO.answer(
        small_world, Request.of(method, f"{path}?{query}", Headers(fields.items()), body)
    )
    assert reply.status in {200, 400, 401, 403, 405, 415}
    if reply.status != 200:
        assert json.loads(reply.payload).keys() == {"ErrorCode", "ErrorMessage", "RequestId"}
