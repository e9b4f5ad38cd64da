"""From a configuration to a provider: one line a type, one line a place of the default chain.

A type's module is loaded when the first client of the type is built, so that a static key costs no JSON
and no hash functions. Each has a function ``build(settings, environment, transport)``; that of a type with a
source takes the source as well, as a session of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import NamedTuple, cast

from alicred import clock
from alicred.environment import Environment
from alicred.loading import loaded
from alicred.models import Config
from alicred.parameters import TYPES, VARIABLES, resolve
from alicred.providers.base import Provider
from alicred.providers.chain import ChainProvider, Element
from alicred.session import Session
from alicred.settings import Settings
from alicred.transport import Transport

__all__ = ["CHAIN", "PROVIDERS", "Place", "build", "build_chain", "elements"]

_Build = Callable[..., Provider]
_Open = Callable[..., "Provider | str"]

_OIDC_VARIABLES = tuple(VARIABLES[name] for name in TYPES["oidc_role_arn"].required)

_STATIC = "alicred.providers.static"

PROVIDERS = {
    "access_key": _STATIC,
    "sts": _STATIC,
    "ram_role_arn": "alicred.providers.ram_role_arn",
    "ecs_ram_role": "alicred.providers.ecs_ram_role",
    "oidc_role_arn": "alicred.providers.oidc_role_arn",
    "credentials_uri": "alicred.providers.credentials_uri",
    "bearer": _STATIC,
    "rsa_key_pair": "alicred.providers.rsa_key_pair",
}


def build(settings: Settings, environment: Environment, transport: Transport, *at_hand: object) -> Provider:
    """Return the provider that settings describe.

    Args:
        settings: What it is.
        environment: What completes it.
        transport: What it talks through.
        at_hand: What it needs besides and no configuration says: a source that was built already, or a key.

    Raises:
        ConfigurationError: The environment forbids it, or says something that cannot be right.
    """
    # What a static key needs is loaded in no time, and logging, which the gate needs, is not.
    load = import_module if PROVIDERS[settings.type] == _STATIC else loaded
    builder = cast("_Build", load(PROVIDERS[settings.type]).build)
    if settings.source is None:
        return builder(settings, environment, transport, *at_hand)
    source = Session(build(settings.source, environment, transport), clock)
    return builder(settings, environment, transport, source)


def build_chain(environment: Environment, transport: Transport, *, strict: bool) -> Provider:
    """Return the default chain as an environment configures it; its places are opened as they are reached."""
    return ChainProvider(elements(environment, transport), strict=strict)


def elements(environment: Environment, transport: Transport) -> list[Element]:
    """Return the elements of the default chain, in its order."""
    return [Element(place.name, partial(place.open, environment, transport)) for place in CHAIN]


def _open_environment(environment: Environment, transport: Transport) -> Provider | str:
    key_id = environment.text("ALIBABA_CLOUD_ACCESS_KEY_ID")
    secret = environment.text("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    if key_id is None and secret is None:
        return "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set."
    kind = "sts" if environment.text("ALIBABA_CLOUD_SECURITY_TOKEN") else "access_key"
    return _of_type(kind, environment, transport)


def _open_oidc(environment: Environment, transport: Transport) -> Provider | str:
    missing = [name for name in _OIDC_VARIABLES if environment.text(name) is None]
    if missing:
        return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set."
    return _of_type("oidc_role_arn", environment, transport)


def _open_cli_profile(environment: Environment, transport: Transport) -> Provider | str:
    # It reads JSON, which few clients need.
    open_profile = cast("_Open", loaded("alicred.providers.cli_profile").open_profile)
    return open_profile(environment, transport, build)


def _open_profile(environment: Environment, transport: Transport) -> Provider | str:
    open_section = cast("_Open", loaded("alicred.providers.credentials_profile").open_section)
    return open_section(environment, transport, build)


def _open_instance(environment: Environment, transport: Transport) -> Provider | str:
    if environment.flag("ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        return "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it."
    remembering = cast("_Build", loaded("alicred.providers.absence").AbsenceRemembering)
    address = environment.text("ALIBABA_CLOUD_IMDS_ENDPOINT") or ""
    return remembering(_of_type("ecs_ram_role", environment, transport), address=address)


def _open_uri(environment: Environment, transport: Transport) -> Provider | str:
    if environment.text("ALIBABA_CLOUD_CREDENTIALS_URI") is None:
        return "ALIBABA_CLOUD_CREDENTIALS_URI is not set."
    return _of_type("credentials_uri", environment, transport)


def _of_type(kind: str, environment: Environment, transport: Transport) -> Provider:
    return build(resolve(Config(type=kind), environment), environment, transport)


class Place(NamedTuple):
    """One row of the default chain.

    Attributes:
        name: The place's name, which errors and the credential carry.
        applies: What makes it apply.
        reads: What it reads and asks.
        open: Returns what to ask there, or the reason why there is nothing.
    """

    name: str
    applies: str
    reads: str
    open: Callable[[Environment, Transport], Provider | str]


CHAIN = (
    Place(
        "env",
        "`ALIBABA_CLOUD_ACCESS_KEY_ID` or `ALIBABA_CLOUD_ACCESS_KEY_SECRET` is set",
        "these two, and `ALIBABA_CLOUD_SECURITY_TOKEN`",
        _open_environment,
    ),
    Place(
        "oidc_role_arn",
        f"{', '.join(f'`{name}`' for name in _OIDC_VARIABLES)} are all set",
        "the ID token's file; asks STS",
        _open_oidc,
    ),
    Place(
        "cli_profile",
        "aliyun-cli's file exists, unless `ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true`",
        "`ALIBABA_CLOUD_CONFIG_FILE` or `~/.aliyun/config.json`: the profile that `ALIBABA_CLOUD_PROFILE` or "
        "`current` names; asks what its mode asks",
        _open_cli_profile,
    ),
    Place(
        "profile",
        "the SDKs' file exists and has the section, without `enable = false`",
        "`ALIBABA_CLOUD_CREDENTIALS_FILE`, or `credentials.ini` or `credentials` in `~/.alibabacloud`: "
        "the section that `ALIBABA_CLOUD_PROFILE` names, or `default`; asks what its type asks",
        _open_profile,
    ),
    Place(
        "ecs_ram_role",
        "the instance metadata service can be reached and a role is attached, unless "
        "`ALIBABA_CLOUD_ECS_METADATA_DISABLED=true`",
        "`ALIBABA_CLOUD_ECS_METADATA` for the role's name; asks the instance metadata service",
        _open_instance,
    ),
    Place(
        "credential_uri",
        "`ALIBABA_CLOUD_CREDENTIALS_URI` is set",
        "asks that URI",
        _open_uri,
    ),
)
