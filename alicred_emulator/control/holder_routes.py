"""Who holds keys: the roots and users of accounts, and their keys, with the secrets that a client signs with.

A fake secret is told here and nowhere else: a program that is to be a user needs it.
"""

from typing import Any, Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import FLAG, TEXT, record, said, whole, word
from alicred_emulator.control.settings import (
    FLAG_SETTING,
    PRINCIPAL_SETTING,
    TEXT_SETTING,
    Kind,
    Setting,
    many,
    shown_principal,
)
from alicred_emulator.ram.access_keys import ACTIVE, INACTIVE, AccessKey, RsaKeyPair
from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.users import KeyHolder, User

_ACCESS_KEY: Final = Kind(
    "AccessKey",
    {
        "access_key_id": TEXT_SETTING,
        "access_key_secret": TEXT_SETTING.but("A fake secret."),
        "holder": PRINCIPAL_SETTING.but("For whom it speaks."),
    },
    {"status": Setting(word(ACTIVE, INACTIVE))},
)
_KEYS: Final = {"access_keys": many(_ACCESS_KEY)}
ROOT: Final = Kind("Root", {"arn": TEXT_SETTING, "principal": PRINCIPAL_SETTING, **_KEYS})
USER: Final = Kind(
    "User",
    {
        "name": TEXT_SETTING,
        "arn": TEXT_SETTING,
        "user_id": TEXT_SETTING.but("The 18 digits by which RAM knows it."),
        "principal": PRINCIPAL_SETTING,
        **_KEYS,
    },
    {"may_assume_roles": FLAG_SETTING.but("Whether its policies allow sts:AssumeRole.")},
)
_KEY_PAIR: Final = whole(
    "RsaKeyPair",
    {
        "public_key_id": TEXT,
        "holder": PRINCIPAL_SETTING.schema,
        "private_key_pem": said(TEXT, "A fake private key."),
        "public_key_pem": TEXT,
    },
)

_ACCOUNT: Final = "/accounts/{account_id}"
_USER: Final = f"{_ACCOUNT}/users/{{user}}"


def account_of(call: Call) -> Ram:
    """Return the account that a path names.

    Raises:
        LookupError: If there is none.
    """
    return call.emulator.account(call.places["account_id"])


def _root(call: Call) -> KeyHolder:
    return account_of(call).root


def _user(call: Call) -> User:
    return account_of(call).user(call.places["user"])


def _key_of(holder: KeyHolder, key_id: str) -> AccessKey:
    for key in holder.access_keys:
        if key.access_key_id == key_id:
            return key
    raise LookupError("no access key with that id is the holder's")


def _users_key(call: Call) -> AccessKey:
    return _key_of(_user(call), call.places["access_key_id"])


def _roots_key(call: Call) -> AccessKey:
    return _key_of(_root(call), call.places["access_key_id"])


def _add_user(call: Call) -> object:
    return USER.show(account_of(call).add_user(**call.body))


def shown_pair(pair: RsaKeyPair) -> dict[str, Any]:
    """Write an RSA key pair."""
    return {
        "public_key_id": pair.public_key_id,
        "holder": shown_principal(pair.holder),
        "private_key_pem": pair.private_key_pem,
        "public_key_pem": pair.public_key_pem,
    }


def _key_routes(path: str, whose: str, find: Any, find_key: Any) -> tuple[Route, ...]:
    one = f"{path}/access-keys/{{access_key_id}}"

    def delete(call: Call) -> None:
        find_key(call).delete()

    return (
        Route(
            method="POST",
            path=f"{path}/access-keys",
            operation=f"add_{whose}_access_key",
            summary=f"Make another AccessKey pair of a {whose}.",
            handle=lambda call: _ACCESS_KEY.show(find(call).add_access_key()),
            answer=_ACCESS_KEY.schema,
            status=201,
            body=record({}),
            examples={"another": {}},
        ),
        _ACCESS_KEY.read_route(one, f"{whose}_access_key", f"Read an AccessKey pair of a {whose}.", find_key),
        _ACCESS_KEY.change_route(
            one,
            f"change_{whose}_access_key",
            f"Deactivate an AccessKey pair of a {whose}, or activate it.",
            find_key,
            {"deactivate": {"status": INACTIVE}, "activate": {"status": ACTIVE}},
        ),
        Route(
            method="DELETE",
            path=one,
            operation=f"delete_{whose}_access_key",
            summary=f"Delete an AccessKey pair of a {whose}.",
            handle=delete,
        ),
    )


ROUTES: Final = (
    ROOT.read_route(f"{_ACCOUNT}/root", "root", "Read the root of an account.", _root),
    *_key_routes(f"{_ACCOUNT}/root", "root", _root, _roots_key),
    Route(
        method="POST",
        path=f"{_ACCOUNT}/users",
        operation="add_user",
        summary="Create a user with an AccessKey pair.",
        handle=_add_user,
        answer=USER.schema,
        status=201,
        body=record({"name": TEXT, "may_assume_roles": FLAG}, required=["name"]),
        examples={
            "auditor": {"name": "auditor"},
            "powerless": {"name": "powerless", "may_assume_roles": False},
        },
    ),
    USER.read_route(_USER, "user", "Read a user.", _user),
    USER.change_route(_USER, "change_user", "Change a user.", _user, {"no": {"may_assume_roles": False}}),
    *_key_routes(_USER, "user", _user, _users_key),
    Route(
        method="POST",
        path=f"{_USER}/key-pairs",
        operation="add_key_pair",
        summary="Make an RSA key pair of a user.",
        handle=lambda call: shown_pair(_user(call).add_key_pair()),
        answer=_KEY_PAIR,
        status=201,
        body=record({}),
        examples={"another": {}},
    ),
    Route(
        method="POST",
        path=f"{_USER}/bearer-tokens",
        operation="add_bearer_token",
        summary="Make a bearer token that speaks for a user.",
        handle=lambda call: {"bearer_token": _user(call).add_bearer_token()},
        answer=whole("BearerToken", {"bearer_token": said(TEXT, "A fake token.")}),
        status=201,
        body=record({}),
        examples={"another": {}},
    ),
    Route(
        method="GET",
        path="/key-pair",
        operation="key_pair",
        summary="Read the default user's RSA key pair.",
        handle=lambda call: shown_pair(call.emulator.key_pair),
        answer=_KEY_PAIR,
    ),
)
