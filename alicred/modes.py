"""The modes of aliyun-cli's profiles, as tables.

A row says which parameters of `alicred.Config` a mode sets, and under which field each stands in the file; so
a profile becomes a configuration, and needs no code of its own. Where two names are given, the first that is
there counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alicred.exceptions import ConfigurationError
from alicred.profiles import Fields, Profile

__all__ = ["CHAINED", "MODES", "SIGN_INS", "Mode", "mode_of", "settled"]

_KEY = {"access_key_id": "access_key_id", "access_key_secret": "access_key_secret"}
_TOKEN = {"security_token": "sts_token"}
_ROLE = {
    "role_arn": "ram_role_arn",
    "role_session_name": "ram_session_name",
    "role_session_expiration": "expired_seconds",
    "policy": "policy",
    "external_id": "external_id",
}
_INSTANCE = {"role_name": "ram_role_name"}
_OIDC = {
    "role_arn": "ram_role_arn",
    "oidc_provider_arn": "oidc_provider_arn",
    "oidc_token_file_path": "oidc_token_file",
    # Alibaba's SDK for Python reads the one, everybody else the other.
    "role_session_name": "ram_session_name role_session_name",
    "role_session_expiration": "expired_seconds",
    "policy": "policy",
}
_KEY_PAIR = {
    "public_key_id": "key_pair_name",
    "private_key_file": "private_key",
    "role_session_expiration": "expired_seconds",
}


class Mode(NamedTuple):
    """One mode of a profile.

    Attributes:
        name: The mode, as aliyun-cli writes it.
        type: The type that it is; None where a sign-in has to be renewed, which no `Config` describes.
        fields: The field of each parameter.
        over: What assumes the role, where it is not the key: the instance, or another profile.
    """

    name: str
    type: str | None
    fields: Mapping[str, str] = {}
    over: str | None = None


MODES = (
    Mode("AK", "access_key", _KEY),
    Mode("StsToken", "sts", {**_KEY, **_TOKEN}),
    Mode("RamRoleArn", "ram_role_arn", {**_KEY, **_TOKEN, **_ROLE}),
    Mode("EcsRamRole", "ecs_ram_role", _INSTANCE),
    Mode("RamRoleArnWithRoleName", "ram_role_arn", _ROLE, over="instance"),
    Mode("ChainableRamRoleArn", "ram_role_arn", _ROLE, over="source_profile"),
    Mode("OIDC", "oidc_role_arn", _OIDC),
    Mode("RsaKeyPair", "rsa_key_pair", _KEY_PAIR),
    Mode("CredentialsURI", "credentials_uri", {"credentials_uri": "credentials_uri"}),
    Mode("BearerToken", "bearer", {"bearer_token": "bearer_token"}),
    Mode("CloudSSO", None),
    Mode("OAuth", None),
    Mode("External", None),
)
CHAINED = "ChainableRamRoleArn"
SIGN_INS = {
    "CloudSSO": "alicred.providers.cloud_sso",
    "OAuth": "alicred.providers.oauth",
    "External": "alicred.providers.external",
}
# What a sign-in that was renewed is written back as.
_WRITTEN_BACK = (
    "access_key_id",
    "access_key_secret",
    "sts_token",
    "sts_expiration",
    "oauth_access_token",
    "oauth_access_token_expire",
    "oauth_refresh_token",
)
_BY_NAME = {mode.name.lower(): mode for mode in MODES}

# What a profile without a mode means, as aliyun-cli guesses it: the first row all of whose fields are there.
_GUESSES = (
    (("access_key_id", "access_key_secret", "sts_token"), "StsToken"),
    (("access_key_id", "access_key_secret", "ram_role_arn"), "RamRoleArn"),
    (("access_key_id", "access_key_secret"), "AK"),
    (("private_key", "key_pair_name"), "RsaKeyPair"),
    (("ram_role_name",), "EcsRamRole"),
    (("process_command",), "External"),
    (("oidc_provider_arn", "oidc_token_file", "ram_role_arn"), "OIDC"),
    (("cloud_sso_sign_in_url",), "CloudSSO"),
    (("bearer_token",), "BearerToken"),
)
_HINTS = sorted({field for fields, _ in _GUESSES for field in fields})


def mode_of(profile: Profile) -> Mode | None:
    """Return the mode of a profile of aliyun-cli's, None where nobody has configured it yet.

    Raises:
        ConfigurationError: It is none, or none can be guessed.
    """
    named = profile.text("mode")
    if named is None:
        named = next((name for fields, name in _GUESSES if all(map(profile.text, fields))), None)
    if named is None and not any(map(profile.text, _HINTS)):
        return None
    mode = _BY_NAME.get((named or "").lower())
    if mode is None:
        problem = (
            "mode is missing, and cannot be guessed." if named is None else "mode is one that is not known."
        )
        raise profile.error(problem, f"Use one of {', '.join(known.name for known in MODES)}.")
    return mode


def settled(profile: Profile) -> Profile:
    """Return a profile without what its own provider writes into it, which is no change for the provider."""
    try:
        mode = mode_of(profile)
    except ConfigurationError:
        return profile
    if mode is None or mode.type is not None:
        return profile
    kept = {field: value for field, value in profile.fields.items() if field not in _WRITTEN_BACK}
    kept["mode"] = mode.name
    return profile.replaced(fields=Fields(kept))
