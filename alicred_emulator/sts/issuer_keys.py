"""The keys that an issuer says it signs with: STS asks it, through the same door as everybody else."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from alicred_emulator.messages import Request
from alicred_emulator.oidc.issuer import DISCOVERY_PATH
from alicred_emulator.ram.providers import OidcProvider
from alicred_emulator.world import World


def issuer_keys(world: World, provider: OidcProvider) -> Mapping[str, object] | None:
    """Return the JWKS of a provider's issuer, None where it does not say.

    Args:
        world: The world that the emulator's own issuer is of.
        provider: The provider; an issuer that is not the emulator's is known by the keys registered with it.
    """
    if provider.keys is not None or provider.issuer_url != world.oidc.url:
        return provider.keys
    configuration = _asked(world, f"{provider.issuer_url}{DISCOVERY_PATH}")
    address = None if configuration is None else configuration.get("jwks_uri")
    return _asked(world, address) if isinstance(address, str) else None


def _asked(world: World, url: str) -> Mapping[str, object] | None:
    reply = world.ask_issuer(Request.of("GET", url))
    if reply.status != HTTPStatus.OK or reply.effect.ending or reply.effect.keep_bytes is not None:
        return None
    try:
        content = json.loads(reply.payload)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", content) if isinstance(content, dict) else None
