"""What the services can be told: what STS lets pass, what the credentials URI answers, who vouches.

The OIDC issuer and the SAML identity provider issue tokens and assertions here, good ones and wrong ones.
"""

from collections.abc import Mapping
from typing import Any, Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    ANY_OBJECT,
    CONTENT,
    COUNT,
    FLAG,
    LIFETIME,
    SECONDS,
    TEXT,
    either,
    listed,
    nullable,
    record,
    said,
    whole,
)
from alicred_emulator.control.settings import (
    FLAG_SETTING,
    SPAN_SETTING,
    TEXT_SETTING,
    Kind,
    Setting,
    bytes_of,
    content_of,
)

_STS: Final = Kind(
    "Sts",
    {},
    {
        "accepts_plus_for_space": FLAG_SETTING.but("Whether V1 signatures with + for a space pass."),
        "accepts_hmac_for_key_pairs": FLAG_SETTING.but("Whether a key pair's calls may be signed by HMAC."),
    },
)
_URI: Final = Kind("CredentialsUri", {}, {"credential_lifetime": SPAN_SETTING})
_OIDC: Final = Kind(
    "Oidc",
    {
        "issuer": TEXT_SETTING.but("What its tokens name as iss."),
        "provider_arn": TEXT_SETTING.but("The provider that it is registered as."),
        "token_file": Setting(said(TEXT, "The file with a pod's token."), str),
    },
)
_TOKEN_FILE: Final = Kind(
    "TokenFile",
    {"path": Setting(TEXT, str)},
    {"lifetime": SPAN_SETTING.but("Seconds that each token is good.")},
)
_SAML: Final = Kind("Saml", {"certificate_pem": TEXT_SETTING}, {"entity_id": TEXT_SETTING})
_PAIR: Final = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}
_ASSERTION: Final = record(
    {
        "role_arn": said(TEXT, "The role that the user may assume."),
        "provider_arn": said(TEXT, "The provider, as the account knows it."),
        "further_roles": said(listed(_PAIR), "More pairs of role and provider."),
        "session_name": TEXT,
        "session_duration": nullable(COUNT),
        "session_lifetime": nullable(SECONDS),
        "subject": TEXT,
        "subject_type": TEXT,
        "lifetime": LIFETIME,
        "issuer": nullable(TEXT),
        "recipient": TEXT,
        "audience": TEXT,
        "signed": FLAG,
        "foreign_key": FLAG,
    },
    required=["role_arn", "provider_arn"],
)
_DEFAULT_ARNS: Final = {
    "role_arn": "acs:ram::1234567890123456:role/demo-role",
    "provider_arn": "acs:ram::1234567890123456:saml-provider/demo-idp",
}


def _set_response(call: Call) -> None:
    body: Mapping[str, Any] = call.body
    raw = body.get("document_base64")
    document = body.get("document") if raw is None else bytes_of(raw)
    call.emulator.credentials_uri.set_response(document, body.get("status", 200))


def _rotate(call: Call) -> None:
    call.emulator.oidc.rotate_keys(**call.body)


def _issue_token(call: Call) -> object:
    return {"token": call.emulator.oidc.issue_token(**call.body)}


def _write_token(call: Call) -> object:
    file = call.emulator.oidc.projected_token
    file.write(content_of(call.body["content"]))
    return _TOKEN_FILE.show(file)


def _renew_token(call: Call) -> object:
    file = call.emulator.oidc.projected_token
    file.renew()
    return _TOKEN_FILE.show(file)


def _issue_assertion(call: Call) -> object:
    body: Mapping[str, Any] = call.body
    _check_pairs(body.get("further_roles", ()))
    return {"assertion": call.emulator.saml.issue_assertion(**body)}


def _check_pairs(pairs: Any) -> None:
    if any(len(pair) != len(_DEFAULT_ARNS) for pair in pairs):
        raise ValueError("further_roles has pairs of a role and a provider")


ROUTES: Final = (
    _STS.read_route("/sts", "sts", "Read what STS lets pass.", lambda call: call.emulator.sts),
    _STS.change_route(
        "/sts",
        "change_sts",
        "Say what STS lets pass although it should not.",
        lambda call: call.emulator.sts,
        {"spaces": {"accepts_plus_for_space": True}},
    ),
    _URI.read_route(
        "/credentials-uri",
        "credentials_uri",
        "Read how long what the credentials URI shows is good.",
        lambda call: call.emulator.credentials_uri,
    ),
    _URI.change_route(
        "/credentials-uri",
        "change_credentials_uri",
        "Say how long what the credentials URI shows is good; that starts a new credential.",
        lambda call: call.emulator.credentials_uri,
        {"short": {"credential_lifetime": 900}},
    ),
    Route(
        method="PUT",
        path="/credentials-uri/response",
        operation="set_response",
        summary="Say what the credentials URI answers from now on; by default the credential that rotates.",
        handle=_set_response,
        body=record(
            {
                "document": nullable(either(TEXT, ANY_OBJECT, meaning="An object to send as JSON, or text.")),
                "document_base64": said(TEXT, "In its place: bytes, as Base64."),
                "status": said(COUNT, "The HTTP status, 200 by default."),
            }
        ),
        examples={
            "document": {"document": {"Code": "Failed"}, "status": 200},
            "text": {"document": "<html>", "status": 502},
            "bytes": {"document_base64": "/w=="},
            "usual": {},
        },
    ),
    _OIDC.read_route("/oidc", "oidc", "Read who the OIDC issuer is.", lambda call: call.emulator.oidc),
    Route(
        method="POST",
        path="/oidc/tokens",
        operation="issue_token",
        summary="Issue an ID token, or one that is wrong in some way.",
        handle=_issue_token,
        answer=whole("IdToken", {"token": TEXT}),
        status=201,
        body=record(
            {
                "subject": said(TEXT, "system:serviceaccount:<namespace>:<name>"),
                "audience": either(TEXT, listed(TEXT), meaning="For whom it is meant."),
                "lifetime": LIFETIME,
                "issuer": nullable(TEXT),
                "claims": said(nullable(ANY_OBJECT), "Claims to add or replace; null leaves one out."),
                "key_id": nullable(TEXT),
                "foreign_key": said(FLAG, "Whether it is signed with a key that is never published."),
            }
        ),
        examples={"good": {}, "expired": {"lifetime": -60}, "for somebody": {"audience": ["me", "you"]}},
    ),
    Route(
        method="POST",
        path="/oidc/keys",
        operation="rotate_keys",
        summary="Sign with a new key from now on.",
        handle=_rotate,
        body=record({"keep_former": said(FLAG, "Whether the former keys stay published.")}),
        examples={"orderly": {}, "abrupt": {"keep_former": False}},
    ),
    _TOKEN_FILE.read_route(
        "/oidc/token-file",
        "token_file",
        "Read where a pod's token is.",
        lambda call: call.emulator.oidc.projected_token,
    ),
    _TOKEN_FILE.change_route(
        "/oidc/token-file",
        "change_token_file",
        "Say how long each token in the file is good.",
        lambda call: call.emulator.oidc.projected_token,
        {"short": {"lifetime": 600}},
    ),
    Route(
        method="PUT",
        path="/oidc/token-file",
        operation="write_token_file",
        summary="Put any content in the token file, where it stays until it is renewed.",
        handle=_write_token,
        answer=_TOKEN_FILE.schema,
        body=record({"content": CONTENT}, required=["content"]),
        examples={"nonsense": {"content": "no token"}, "bytes": {"content": {"base64": "/w=="}}},
    ),
    Route(
        method="POST",
        path="/oidc/token-file/renewals",
        operation="renew_token_file",
        summary="Write a new token in the file now.",
        handle=_renew_token,
        answer=_TOKEN_FILE.schema,
        body=record({}),
        examples={"now": {}},
    ),
    _SAML.read_route("/saml", "saml", "Read who the SAML provider is.", lambda call: call.emulator.saml),
    _SAML.change_route(
        "/saml",
        "change_saml",
        "Say what the SAML provider calls itself.",
        lambda call: call.emulator.saml,
        {"other": {"entity_id": "https://other.example.com"}},
    ),
    Route(
        method="POST",
        path="/saml/assertions",
        operation="issue_assertion",
        summary="Issue a SAML response for a user who has signed in, or one that is wrong in some way.",
        handle=_issue_assertion,
        answer=whole("Assertion", {"assertion": said(TEXT, "Base64 of the whole response.")}),
        status=201,
        body=_ASSERTION,
        examples={"good": _DEFAULT_ARNS, "unsigned": {**_DEFAULT_ARNS, "signed": False}},
    ),
)
