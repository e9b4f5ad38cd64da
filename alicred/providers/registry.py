"""From a configuration to a provider: one line a type, one line a place of the default chain.

A type's module is loaded when the first client of the type is built, so that a static key costs no JSON
and no regular expressions. Each has a function ``build(settings, environment, transport)``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from alicred.environment import Environment
from alicred.models import Config
from alicred.parameters import Settings, resolve
from alicred.providers.base import Provider
from alicred.providers.chain import ChainProvider, Element
from alicred.transport import Transport

__all__ = ["CHAIN", "PROVIDERS", "build", "build_chain"]

_Build = Callable[[Settings, Environment, Transport], Provider]
_Look = Callable[[Environment], "Config | str"]

PROVIDERS = {
    "access_key": "alicred.providers.static",
    "sts": "alicred.providers.static",
    "bearer": "alicred.providers.static",
    "ecs_ram_role": "alicred.providers.ecs_ram_role",
    "credentials_uri": "alicred.providers.credentials_uri",
}


def build(settings: Settings, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that settings describe.

    Raises:
        ConfigurationError: The environment forbids it, or says something that cannot be right.
    """
    builder = cast("_Build", import_module(PROVIDERS[settings.type]).build)
    return builder(settings, environment, transport)


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
    ("ecs_ram_role", _look_at_instance),
    ("credential_uri", _look_at_uri),
)
