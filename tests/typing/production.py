"""A service in production, as a type checker sees it: what it may write, and what it is told of at once."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from typing_extensions import assert_never, assert_type

from alicred import (
    Attempt,
    Client,
    Config,
    ConfigurationError,
    Credential,
    CredentialException,
    CredentialRefusedError,
    NoCredentialError,
    ServiceUnreachableError,
)
from alicred.events import Event, FellBackToImdsV1, Refreshed, RefreshFailed, ServingCached
from alicred.status import State, Status

logger = logging.getLogger(__name__)

KEY = Config(type="access_key", access_key_id="LTAIexample", access_key_secret="example")
EVERY_TYPE = (
    KEY,
    Config(type="sts", access_key_id="STS.example", access_key_secret="example", security_token="example"),
    Config(type="ram_role_arn", role_arn="acs:ram::1:role/r", source=KEY, role_session_expiration=900),
    Config(type="ecs_ram_role", role_name="r", disable_imds_v1=True, timeout=500, connect_timeout=500),
    Config(type="oidc_role_arn", role_arn="a", oidc_provider_arn="b", oidc_token_file_path="/token"),
    Config(type="credentials_uri", credentials_uri="http://127.0.0.1:8080/", proxy="http://127.0.0.1:3128"),
    Config(type="bearer", bearer_token="example"),
    Config(
        type="rsa_key_pair", public_key_id="example", private_key_file="key.pem", sts_endpoint="localhost"
    ),
)

Config(access_key="LTAIexample")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Config("access_key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Config(timeout="5s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Config(source="ecs_ram_role")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
KEY.role_arn = "acs:ram::1:role/r"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
Client(KEY, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


class TakesProvider(Protocol):
    """Where a product SDK takes a provider: what OSS, Log Service, Table Store and MaxCompute call."""

    def __call__(self, provider: "Provider", /) -> object:
        """Build the product's client."""


class Provider(Protocol):
    """What they ask for."""

    def get_credentials(self) -> "Keys":
        """Return the keys."""
        ...


class Keys(Protocol):
    """What they read of it."""

    def get_access_key_id(self) -> str | None:
        """Return the key id."""
        ...

    def get_access_key_secret(self) -> str | None:
        """Return the secret."""
        ...

    def get_security_token(self) -> str | None:
        """Return the token."""
        ...


def read(client: Client) -> Credential:
    """Read a credential: all parts at once."""
    credential = client.get_credential()
    assert_type(credential, Credential)
    assert_type(credential.access_key_id, str | None)
    assert_type(credential.get_security_token(), str | None)
    assert_type(credential.type, str)
    assert_type(credential.expiration, datetime | None)
    assert_type(credential.expires_at, float | None)
    assert_type(credential.to_map(), dict[str, str])
    assert_type(credential.has_keys(), bool)
    assert_type(client.get_credentials(), Credential)
    assert_type(client.get_access_key_id(), str | None)
    assert_type(client.get_type(), str)
    credential.access_key  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # noqa: B018
    credential.type = "sts"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    return credential


async def read_async(client: Client) -> Credential:
    """Read it from a task."""
    assert_type(await client.get_credential_async(), Credential)
    assert_type(await client.get_access_key_id_async(), str | None)
    return await client.get_credentials_async()


async def forgotten(client: Client) -> Credential:
    """Forget to await."""
    return client.get_credential_async()  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def hand_over(client: Client, product: TakesProvider) -> object:
    """Hand the client to a product SDK, as it is."""
    return product(client)


def live(observe: Callable[[Event], object]) -> None:
    """Build clients in each of the ways that there are."""
    with Client(KEY, on_event=observe) as client:
        assert_type(client, Client)
        client.invalidate(read(client))
        client.invalidate(client.get_access_key_id())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(Client.shared(), Client)
    assert_type(Client.shared(KEY, strict=True, background_refresh=True), Client)
    Client(on_event=read)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def observe(event: Event) -> None:
    """Tell all events apart; a kind that is new would be an error here."""
    match event:
        case Refreshed():
            assert_type(event.refresh_at, datetime | None)
            logger.info("%s after %f s", event.name, event.took_seconds)
        case RefreshFailed():
            assert_type(event.error, CredentialException)
        case ServingCached():
            assert_type(event.failures_in_a_row, int)
        case FellBackToImdsV1():
            assert_type(event.provider_name, str)
        case _:
            assert_never(event)


def healthy(status: Status) -> bool:
    """Tell whether a client is well."""
    assert_type(status.state, State)
    assert_type(status.next_attempt, datetime | None)
    if status.state == "stale":  # type: ignore[comparison-overlap]  # pyright: ignore[reportUnnecessaryComparison]
        return False
    return status.state in {"fresh", "due"} and status.last_error is None


def explain(client: Client) -> str:
    """Say who has to act."""
    try:
        client.get_credential()
    except NoCredentialError as error:
        assert_type(error.attempts, tuple[Attempt, ...])
        return "\n".join(attempt.reason for attempt in error.attempts)
    except ConfigurationError as error:
        return error.remedy
    except CredentialRefusedError as error:
        assert_type(error.code, str | None)
        return error.code or error.problem
    except ServiceUnreachableError as error:
        assert_type(error.temporary, bool)
        return error.provider
    except CredentialException as error:
        assert_type(error.request_id, str | None)
        return str(error)
    return "well"
