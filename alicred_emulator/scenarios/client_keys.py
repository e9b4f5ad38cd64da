"""The keys of ``[client]``: the parameters of a credential client by the names that alicred's have.

The rule kept here: which type takes which parameter is the client's to say, and a story may be about that;
only names and types of values are checked.
"""

from __future__ import annotations

from typing import Any, Final

from alicred_emulator.identities import IDENTITIES
from alicred_emulator.scenarios.changes import check_references
from alicred_emulator.scenarios.story import ClientForm
from alicred_emulator.scenarios.tables import Table

DEFAULT_CHAIN: Final = "default"

TYPES: Final = (
    DEFAULT_CHAIN,
    "access_key",
    "sts",
    "ram_role_arn",
    "ecs_ram_role",
    "oidc_role_arn",
    "credentials_uri",
    "bearer",
    "rsa_key_pair",
)
"""The types of credentials."""

TEXTS: Final = (
    "access_key_id",
    "access_key_secret",
    "security_token",
    "bearer_token",
    "role_name",
    "role_arn",
    "role_session_name",
    "policy",
    "external_id",
    "oidc_provider_arn",
    "oidc_token_file_path",
    "credentials_uri",
    "sts_endpoint",
    "public_key_id",
    "private_key_file",
    "proxy",
)
NUMBERS: Final = ("timeout", "connect_timeout", "role_session_expiration")
FLAGS: Final = ("disable_imds_v1", "strict")
PARAMETERS: Final = (*TEXTS, *NUMBERS, *FLAGS)


def read_client(table: Table) -> ClientForm:
    """Read how a client is configured.

    Raises:
        ScenarioError: If a name is unknown or a value of the wrong type.
    """
    table.only(("type", "identity", "source", *PARAMETERS))
    kind = table.choice("type", TYPES)
    identity = table.choice("identity", IDENTITIES) if "identity" in table else IDENTITIES[0]
    return ClientForm(type=kind, parameters=_parameters(table), identity=identity)


def _parameters(table: Table) -> dict[str, Any]:
    values: dict[str, Any] = {key: _parameter(table, key) for key in PARAMETERS if key in table}
    if "source" in table:
        source = table.table("source")
        source.only(("type", "source", *PARAMETERS))
        values["source"] = {"type": source.choice("type", TYPES[1:]), **_parameters(source)}
    return values


def _parameter(table: Table, key: str) -> str | int | bool:
    if key in NUMBERS:
        number: int = table.whole(key)
        return number
    if key in FLAGS:
        flag: bool = table.flag(key)
        return flag
    text: str = table.text(key)
    check_references(table, key, text)
    return text
