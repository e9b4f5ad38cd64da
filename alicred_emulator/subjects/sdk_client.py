"""Alibaba's SDK for Python in the terms of a story: how it is configured, and what became of a read.

The rule kept here: the SDK is used as its own documentation says, with the parameters of the story and no
others. It is imported when a client is built, after the environment that it copies then was laid out.
"""

import inspect
import json
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

DISTRIBUTION: Final = "alibabacloud_credentials"

_DEFAULT_CHAIN: Final = "default"
_PARTS: Final = ("access_key_id", "access_key_secret", "security_token", "bearer_token")
_ITS_OWN: Final = ("alibabacloud_", "Tea", "darabonba", "requests", "urllib3", "aiohttp")
"""Where the errors that it raises on purpose, or lets through from its HTTP clients, are defined."""

_BODY: Final = re.compile(r"[, ]*result: .*")
_PORT: Final = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=port=)\d+")
_COULD_BE_SECRET: Final = re.compile(r"[A-Za-z0-9+/=_.%-]{20,}")
_LONGEST_TEXT: Final = 160


class NoSuchParameterError(Exception):
    """The SDK knows no such parameter."""


def import_sdk() -> None:
    """Import what a client needs; it copies the environment then."""
    import_module(f"{DISTRIBUTION}.client")


def build(parameters: Mapping[str, Any]) -> Any:
    """Build a client.

    Args:
        parameters: Those of alicred's `Config`, which are the SDK's.

    Returns:
        The client.

    Raises:
        NoSuchParameterError: If one is alicred's alone.
    """
    sdk = import_module(f"{DISTRIBUTION}.client")
    given = _translated(parameters)
    if given["type"] == _DEFAULT_CHAIN:
        return sdk.Client()
    source = given.pop("source", None)
    _check(given, sdk.Config)
    config = sdk.Config(**given)
    return sdk.Client(config) if source is None else sdk.Client(provider=_role_over(source, config))


def _translated(parameters: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(parameters)
    if "sts_endpoint" in given:
        # A host to the SDK, which puts https:// before it.
        given["sts_endpoint"] = given["sts_endpoint"].partition("://")[2] or given["sts_endpoint"]
    return given


def _check(given: Mapping[str, Any], config: Any) -> None:
    unknown = sorted(given.keys() - inspect.signature(config).parameters.keys())
    if unknown:
        raise NoSuchParameterError(f"the SDK's Config has no {' and no '.join(unknown)}")


def _role_over(source: Mapping[str, Any], config: Any) -> Any:
    # What Client makes of a Config, over the provider of the source in place of an AccessKey pair.
    providers = import_module(f"{DISTRIBUTION}.provider")
    options = import_module(f"{DISTRIBUTION}.http").HttpOptions(
        read_timeout=config.timeout, connect_timeout=config.connect_timeout, proxy=config.proxy
    )
    return providers.RamRoleArnCredentialsProvider(
        credentials_provider=build(source).cloud_credential.provider,
        role_arn=config.role_arn,
        role_session_name=config.role_session_name,
        duration_seconds=config.role_session_expiration,
        policy=config.policy,
        external_id=config.external_id,
        sts_endpoint=config.sts_endpoint,
        http_options=options,
    )


def parts_of(credential: Any) -> dict[str, str | None]:
    """Return the parts of a credential that the SDK handed out."""
    return {name: getattr(credential, name, None) for name in _PARTS}


def told_of(error: BaseException) -> dict[str, str]:
    """Return how a read failed, and a line about it: no secret, no response, and nothing that varies.

    An error that the SDK means was ``raised``; one that it cannot mean, such as a TypeError out of a document
    that it did not expect, ``escaped`` it.
    """
    line = _PORT.sub("…", _BODY.sub("", " ".join(str(error).split())))
    text = _COULD_BE_SECRET.sub("…", line)[:_LONGEST_TEXT]
    return {"how": "raised" if _is_meant(error) else "escaped", "text": f"{type(error).__name__}: {text}"}


def _is_meant(error: BaseException) -> bool:
    if isinstance(error, json.JSONDecodeError | UnicodeError):
        return False
    # ValueError is what it raises for a parameter.
    return isinstance(error, OSError | ValueError) or type(error).__module__.startswith(_ITS_OWN)
