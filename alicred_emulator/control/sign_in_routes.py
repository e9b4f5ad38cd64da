"""The sign-in services: tokens as a sign-in would have led to, and how long things are good."""

from datetime import timedelta
from typing import Any, Final

from alicred_emulator.cloud_sso.access_configurations import AccessConfiguration
from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    COUNT,
    LIFETIME,
    MOMENT,
    PRINCIPAL,
    TEXT,
    listed,
    mapped,
    nullable,
    record,
    said,
    whole,
    word,
)
from alicred_emulator.control.settings import (
    FLAG_SETTING,
    PRINCIPAL_SETTING,
    SPAN_SETTING,
    TEXT_SETTING,
    Kind,
    Setting,
    many,
    moment_text,
    shown_principal,
)
from alicred_emulator.oauth.sign_ins import SignIn
from alicred_emulator.sign_in.tokens import Token

_DURATION: Final = said(COUNT, "Seconds that a session lasts, 900 to 43200.")
_TOKEN_FIELDS: Final = {"text": said(TEXT, "The token itself."), "expires_at": MOMENT}
_SSO_TOKEN: Final = whole("CloudSsoToken", {**_TOKEN_FIELDS, "user": said(TEXT, "Whose it is.")})
_OAUTH_TOKEN: Final = whole("OAuthToken", {**_TOKEN_FIELDS, "client_id": TEXT, "principal": PRINCIPAL})
_CONFIGURATION: Final = Kind(
    "AccessConfiguration",
    {
        "id": TEXT_SETTING,
        "name": TEXT_SETTING,
        "description": TEXT_SETTING,
        "roles": Setting(
            said(mapped(TEXT), "The name of the role that it has in each account, by the account's id."),
            lambda roles: {account: role.name for account, role in roles.items()},
        ),
    },
    {"session_duration": Setting(_DURATION)},
)
_CLOUD_SSO: Final = Kind(
    "CloudSso",
    {
        "sign_in_url": TEXT_SETTING.but("The directory's sign-in URL at its real host."),
        "loopback_sign_in_url": TEXT_SETTING.but("The directory's sign-in URL on loopback."),
        "access_configuration_id": TEXT_SETTING.but("The default access configuration."),
        "account_id": TEXT_SETTING,
        "access_configurations": many(_CONFIGURATION),
    },
)
_OAUTH: Final = Kind(
    "OAuth",
    {},
    {
        "principal": PRINCIPAL_SETTING.but("For whom the next sign-in speaks."),
        "rotates_refresh_tokens": FLAG_SETTING.but("Whether a refresh token is good for one use."),
        "access_token_lifetime": SPAN_SETTING,
        "refresh_token_lifetime": SPAN_SETTING,
        "credential_lifetime": SPAN_SETTING,
    },
)
_CONFIGURATIONS: Final = "/cloud-sso/access-configurations"
_REVOKED: Final = record({"token": TEXT}, required=["token"])


def _configuration(call: Call) -> AccessConfiguration:
    wanted = call.places["configuration_id"]
    for configuration in call.emulator.cloud_sso.access_configurations:
        if configuration.id == wanted:
            return configuration
    raise LookupError(f"no access configuration has the id {wanted!r}")


def _add_configuration(call: Call) -> object:
    body: dict[str, Any] = dict(call.body)
    if body.get("accounts") is not None:
        body["accounts"] = [call.emulator.account(account) for account in body["accounts"]]
    return _CONFIGURATION.show(call.emulator.cloud_sso.add_access_configuration(**body))


def _shown_token(token: Token[Any]) -> dict[str, object]:
    return {"text": token.text, "expires_at": moment_text(token.expires_at)}


def _issue_sso_token(call: Call) -> object:
    token = call.emulator.cloud_sso.issue_access_token(**call.body)
    return {**_shown_token(token), "user": token.given}


def _shown_oauth_token(token: Token[SignIn]) -> object:
    sign_in = token.given
    return {
        **_shown_token(token),
        "client_id": sign_in.client_id,
        "principal": shown_principal(sign_in.principal),
    }


def _issue_oauth_tokens(call: Call) -> object:
    pair = call.emulator.oauth.issue_tokens(**call.body)
    return {"access": _shown_oauth_token(pair.access), "refresh": _shown_oauth_token(pair.refresh)}


def _revoke_sso(call: Call) -> None:
    call.emulator.cloud_sso.revoke(call.body["token"])


def _revoke_oauth(call: Call) -> None:
    call.emulator.oauth.revoke(call.body["token"])


ROUTES: Final = (
    _CLOUD_SSO.read_route(
        "/cloud-sso", "cloud_sso", "Read where CloudSSO is.", lambda call: call.emulator.cloud_sso
    ),
    Route(
        method="POST",
        path=_CONFIGURATIONS,
        operation="add_access_configuration",
        summary="Make an access configuration and assign it.",
        handle=_add_configuration,
        answer=_CONFIGURATION.schema,
        status=201,
        body=record(
            {
                "name": TEXT,
                "accounts": said(nullable(listed(TEXT)), "Ids of accounts; the default one by default."),
                "description": TEXT,
                "session_duration": _DURATION,
            },
            required=["name"],
        ),
        examples={"auditors": {"name": "auditors", "session_duration": 900}},
    ),
    _CONFIGURATION.read_route(
        f"{_CONFIGURATIONS}/{{configuration_id}}",
        "access_configuration",
        "Read an access configuration.",
        _configuration,
    ),
    _CONFIGURATION.change_route(
        f"{_CONFIGURATIONS}/{{configuration_id}}",
        "change_access_configuration",
        "Change an access configuration.",
        _configuration,
        {"long": {"session_duration": 43200}},
    ),
    Route(
        method="POST",
        path="/cloud-sso/access-tokens",
        operation="issue_access_token",
        summary="Issue a CloudSSO access token, as a sign-in would have.",
        handle=_issue_sso_token,
        answer=_SSO_TOKEN,
        status=201,
        body=record({"lifetime": LIFETIME}),
        examples={"good": {}, "expired": {"lifetime": -60}},
    ),
    Route(
        method="POST",
        path="/cloud-sso/revocations",
        operation="revoke_access_token",
        summary="Revoke a CloudSSO access token.",
        handle=_revoke_sso,
        body=_REVOKED,
        examples={"any": {"token": "FakeAccessToken"}},
    ),
    _OAUTH.read_route("/oauth", "oauth", "Read how OAuth signs in.", lambda call: call.emulator.oauth),
    _OAUTH.change_route(
        "/oauth",
        "change_oauth",
        "Say how OAuth signs in from now on.",
        lambda call: call.emulator.oauth,
        {"short": {"access_token_lifetime": timedelta(minutes=15).total_seconds()}},
    ),
    Route(
        method="POST",
        path="/oauth/tokens",
        operation="issue_oauth_tokens",
        summary="Issue an OAuth access token and a refresh token, as a sign-in would have.",
        handle=_issue_oauth_tokens,
        answer=whole("OAuthTokens", {"access": _OAUTH_TOKEN, "refresh": _OAUTH_TOKEN}),
        status=201,
        body=record(
            {
                "site": word("CN", "INTL"),
                "access_lifetime": nullable(LIFETIME),
                "refresh_lifetime": nullable(LIFETIME),
            }
        ),
        examples={"good": {}, "international": {"site": "INTL", "access_lifetime": -60}},
    ),
    Route(
        method="POST",
        path="/oauth/revocations",
        operation="revoke_oauth_token",
        summary="Revoke an OAuth access token, or with a refresh token the whole sign-in.",
        handle=_revoke_oauth,
        body=_REVOKED,
        examples={"any": {"token": "FakeRefreshToken"}},
    ),
)
