"""Accounts, their roles, and the identity providers that they trust."""

from collections.abc import Callable
from typing import Any, Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.holder_routes import account_of
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    ANY_OBJECT,
    COUNT,
    TEXT,
    Fields,
    listed,
    nullable,
    record,
    said,
    whole,
)
from alicred_emulator.control.settings import FLAG_SETTING, SPAN_SETTING, TEXT_SETTING, Kind, Setting
from alicred_emulator.ram.account import Ram

_POLICY: Final = said(ANY_OBJECT, "Who may assume it, as RAM writes it (AssumeRolePolicyDocument).")
_DURATION: Final = said(COUNT, "Seconds that a session of it may last, 3600 to 43200.")
_NAMED: Final = {"name": TEXT_SETTING, "arn": TEXT_SETTING}
_ACCOUNT: Final = whole("Account", {"account_id": TEXT, "default_trust_policy": _POLICY})

ROLE: Final = Kind(
    "Role",
    {**_NAMED, "role_id": TEXT_SETTING.but("The 18 digits by which RAM knows it.")},
    {
        "trust_policy": Setting(_POLICY, dict),
        "max_session_duration": Setting(_DURATION),
        "may_assume_roles": FLAG_SETTING.but("Whether its policies allow its sessions sts:AssumeRole."),
    },
)
OIDC_PROVIDER: Final = Kind(
    "OidcProvider",
    _NAMED,
    {
        "issuer_url": TEXT_SETTING.but("What iss has to be."),
        "client_ids": Setting(said(listed(TEXT), "What aud has to be one of."), list),
        "fingerprints": Setting(said(listed(TEXT), "SHA-1 thumbprints of the issuer's CA."), list).or_null(),
        "issuance_limit": SPAN_SETTING.but("Seconds ago that a token may have been issued."),
        "keys": Setting(
            said(ANY_OBJECT, "The issuer's JWKS; null asks the emulator's own issuer."), dict
        ).or_null(),
    },
)
SAML_PROVIDER: Final = Kind(
    "SamlProvider",
    _NAMED,
    {
        "entity_id": TEXT_SETTING.but("What the issuer of an assertion has to be."),
        "certificates": Setting(
            said(listed(TEXT), "The certificates that sign its assertions, in PEM."),
            lambda certificates: list(certificates()),
            lambda certificates: lambda: certificates,
        ),
    },
)


def _add_account(call: Call) -> object:
    return _shown_account(call.emulator.add_account(call.body["account_id"]))


def _shown_account(account: Ram) -> object:
    return {"account_id": account.account_id, "default_trust_policy": account.default_trust_policy()}


def _kept(  # noqa: PLR0913 - what makes one kind of thing different from another
    kind: Kind,
    what: str,
    words: str,
    add: Callable[..., Any],
    find: Callable[[Ram, str], Any],
    *,
    fields: Fields,
    required: tuple[str, ...],
    example: dict[str, Any],
    change: dict[str, Any],
) -> tuple[Route, ...]:
    path = f"/accounts/{{account_id}}/{what.replace('_', '-')}s"
    one = f"{path}/{{{what}}}"

    def found(call: Call) -> Any:
        return find(account_of(call), call.places[what])

    return (
        Route(
            method="POST",
            path=path,
            operation=f"add_{what}",
            summary=f"Create {words} in an account.",
            handle=lambda call: kind.show(add(account_of(call), **call.body)),
            answer=kind.schema,
            status=201,
            body=record({"name": TEXT, **fields}, required=["name", *required]),
            examples={"new": example},
        ),
        kind.read_route(one, what, f"Read {words}.", found),
        kind.change_route(one, f"change_{what}", f"Change {words}.", found, {"change": change}),
    )


ROUTES: Final = (
    Route(
        method="POST",
        path="/accounts",
        operation="add_account",
        summary="Create another account, empty.",
        handle=_add_account,
        answer=_ACCOUNT,
        status=201,
        body=record({"account_id": said(TEXT, "Its 16 digits.")}, required=["account_id"]),
        examples={"second": {"account_id": "2345678901234567"}},
    ),
    Route(
        method="GET",
        path="/accounts/{account_id}",
        operation="account",
        summary="Read an account.",
        handle=lambda call: _shown_account(account_of(call)),
        answer=_ACCOUNT,
    ),
    *_kept(
        ROLE,
        "role",
        "a role",
        Ram.add_role,
        Ram.role,
        fields={"trust_policy": nullable(_POLICY), "max_session_duration": _DURATION},
        required=(),
        example={"name": "nightly", "max_session_duration": 7200},
        change={"max_session_duration": 43200},
    ),
    *_kept(
        OIDC_PROVIDER,
        "oidc_provider",
        "an OIDC provider",
        Ram.add_oidc_provider,
        Ram.oidc_provider,
        fields={"issuer_url": TEXT, "client_ids": listed(TEXT), "keys": nullable(ANY_OBJECT)},
        required=("issuer_url",),
        example={"name": "forge", "issuer_url": "https://forge.example.com"},
        change={"issuance_limit": 3600},
    ),
    *_kept(
        SAML_PROVIDER,
        "saml_provider",
        "a SAML identity provider",
        Ram.add_saml_provider,
        Ram.saml_provider,
        fields={"entity_id": TEXT, "certificates": listed(TEXT)},
        required=("entity_id", "certificates"),
        example={"name": "office", "entity_id": "https://office.example.com", "certificates": []},
        change={"entity_id": "https://office.example.com/2"},
    ),
)
