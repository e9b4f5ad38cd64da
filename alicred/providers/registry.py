"""From a configuration to a provider: one line a type, one line a place of the default chain.

A type's module is loaded when the first client of the type is built, so that a static key costs no JSON
and no hash functions. Each has a function ``build(settings, environment, transport)``; that of a type with a
source takes the source as well, as a session of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from alicred import clock
from alicred.environment import Environment
from alicred.models import Config
from alicred.parameters import TYPES, VARIABLES, Settings, resolve
from alicred.providers.base import Provider
from alicred.providers.chain import ChainProvider, Element
from alicred.session import Session
from alicred.transport import Transport

__all__ = ["CHAIN", "PROVIDERS", "build", "build_chain"]

_Build = Callable[..., Provider]
_Look = Callable[[Environment], "Config | str"]

_OIDC_VARIABLES = tuple(VARIABLES[name] for name in TYPES["oidc_role_arn"].required)

PROVIDERS = {
    "access_key": "alicred.providers.static",
    "sts": "alicred.providers.static",
    "ram_role_arn": "alicred.providers.ram_role_arn",
    "ecs_ram_role": "alicred.providers.ecs_ram_role",
    "oidc_role_arn": "alicred.providers.oidc_role_arn",
    "credentials_uri": "alicred.providers.credentials_uri",
    "bearer": "alicred.providers.static",
    "rsa_key_pair": "alicred.providers.rsa_key_pair",
}


def build(settings: Settings, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that settings describe.

    Raises:
        ConfigurationError: The environment forbids it, or says something that cannot be right.
    """
    builder = cast("_Build", import_module(PROVIDERS[settings.type]).build)
    if settings.source is None:
        return builder(settings, environment, transport)
    source = Session(build(settings.source, environment, transport), clock)
    return builder(settings, environment, transport, source)


def build_chain(environment: Environment, transport: Transport, *, strict: bool) -> Provider:
    """Return the default chain as an environment configures it; its places are built as they are reached."""

    def element(name: str, look: _Look) -> Element:
        def open_() -> Provider | str:
            found = look(environment)
            return (
                found
                if isinstance(found, str)
                else build(resolve(found, environment), environment, transport)
            )

        return Element(name, open_)

    return ChainProvider([element(name, look) for name, look in CHAIN], strict=strict)


def _look_at_environment(environment: Environment) -> Config | str:
    key_id = environment.text("ALIBABA_CLOUD_ACCESS_KEY_ID")
    secret = environment.text("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    if key_id is None and secret is None:
        return "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set."
    return Config(type="sts" if environment.text("ALIBABA_CLOUD_SECURITY_TOKEN") else "access_key")


def _look_at_oidc(environment: Environment) -> Config | str:
    missing = [name for name in _OIDC_VARIABLES if environment.text(name) is None]
    if missing:
        return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set."
    return Config(type="oidc_role_arn")


def _look_at_instance(environment: Environment) -> Config | str:
    if environment.flag("ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        return "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it."
    return Config(type="ecs_ram_role")


def _look_at_uri(environment: Environment) -> Config | str:
    if environment.text("ALIBABA_CLOUD_CREDENTIALS_URI") is None:
        return "ALIBABA_CLOUD_CREDENTIALS_URI is not set."
    return Config(type="credentials_uri")


CHAIN: tuple[tuple[str, _Look], ...] = (
    ("env", _look_at_environment),
    ("oidc_role_arn", _look_at_oidc),
    ("ecs_ram_role", _look_at_instance),
    ("credential_uri", _look_at_uri),
)
