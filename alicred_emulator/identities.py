"""What a program finds in its environment, depending on who it is to be."""

from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.world import World

Variables = dict[str, str]


def _instance(_world: World, _uri: str) -> Variables:
    return {}


def _user(world: World, _uri: str) -> Variables:
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": world.user.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": world.user.access_key_secret,
        "ALIBABA_CLOUD_ROLE_ARN": world.role.arn,
    }


def _pod(world: World, _uri: str) -> Variables:
    return {
        "ALIBABA_CLOUD_ROLE_ARN": world.role.arn,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": world.oidc_provider.arn,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(world.oidc.token_file),
        "ALIBABA_CLOUD_STS_REGION": str(world.instance.metadata["region-id"]),
        "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true",
    }


def _behind_a_uri(_world: World, uri: str) -> Variables:
    return {"ALIBABA_CLOUD_CREDENTIALS_URI": uri}


_VARIABLES: Final[Mapping[str, Callable[[World, str], Variables]]] = {
    "ecs": _instance,
    "user": _user,
    "rrsa": _pod,
    "uri": _behind_a_uri,
}

IDENTITIES: Final = tuple(_VARIABLES)
"""Who a program can be. ``rrsa`` is a pod: it has what the webhook of ACK injects (documented)."""


def variables_of(world: World, identity: str, uri: str) -> Variables:
    """Return the variables that an identity adds to those of every program.

    Args:
        world: The world that the identity is of.
        identity: One of `IDENTITIES`.
        uri: The credentials URI.

    Returns:
        Name to value.

    Raises:
        ValueError: If the identity is unknown.
    """
    if identity not in IDENTITIES:
        raise ValueError(f"no identity is called {identity!r}; known: {', '.join(IDENTITIES)}")
    return _VARIABLES[identity](world, uri)
