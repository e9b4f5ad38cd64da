"""`Client`: what an application builds once and hands to every product SDK."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

from alicred import clock, log
from alicred.environment import Environment
from alicred.exceptions import ConfigWarning
from alicred.http import HttpTransport
from alicred.models import Config, Credential
from alicred.parameters import resolve
from alicred.parts import begin, belonging
from alicred.providers import registry
from alicred.session import Session

__all__ = ["Client"]


class Client:
    """Obtains one credential, keeps it fresh, and serves it to threads and tasks alike.

    Without a configuration it is the default chain: the environment, a pod's OIDC role, the profiles of
    aliyun-cli and of the SDKs, the ECS instance, the credentials URI. The environment is read when the client
    is built. Nothing is asked of a service before a credential is asked of the client, and no thread of
    alicred's outlives its refresh.

    It fits every place where Alibaba's product SDKs take a credential client or a credentials provider. It is
    a context manager, may be copied and pickled (as its configuration), and may be used after a fork.
    """

    def __init__(self, config: Config | None = None, *, strict: bool = False) -> None:
        """Build a client.

        Args:
            config: What to use; None for the default chain.
            strict: Whether the default chain stops at an element that is configured and broken, instead of
                going on to the next.

        Raises:
            ConfigurationError: The configuration cannot work.
        """
        self._config = config
        self._strict = strict
        self._type = "default"
        log.prepare()
        environment = Environment.of_process()
        transport = HttpTransport()
        if config is None:
            provider = registry.build_chain(environment, transport, strict=strict)
        else:
            settings = resolve(config, environment)
            self._type = settings.type
            provider = registry.build(settings, environment, transport)
            for name, kind in settings.without_effect():
                message = f"{name} has no effect on type {kind}: leave it out."
                warnings.warn(message, ConfigWarning, stacklevel=2)
            # Without them, so that a copy or a pickle of this client does not warn again.
            self._config = settings.reduced(config)
        self._provider_name = provider.name
        self._session = Session(provider, clock)

    def get_credential(self) -> Credential:
        """Return a valid credential, from the cache or from its source.

        At most one caller waits for the source while a valid credential is held; all do when there is none.

        Raises:
            CredentialException: There is no valid credential, and none is to be had.
        """
        # Written out in both methods: one more call would cost half as much again.
        held = self._session.held
        if held.serve_from <= clock.time() < held.serve_until:
            return held.credential
        return self._session.renew()

    async def get_credential_async(self) -> Credential:
        """Do the same as `get_credential` without holding up the event loop.

        Raises:
            CredentialException: There is no valid credential, and none is to be had.
        """
        held = self._session.held
        if held.serve_from <= clock.time() < held.serve_until:
            return held.credential
        return await self._session.renew_async()

    def get_credentials(self) -> Credential:
        """Do the same as `get_credential`, for OSS, Log Service, Table Store and MaxCompute.

        Raises:
            CredentialException: There is no valid credential, and none is to be had.
        """
        return self.get_credential()

    async def get_credentials_async(self) -> Credential:
        """Do the same as `get_credential_async`, under the name that providers have.

        Raises:
            CredentialException: There is no valid credential, and none is to be had.
        """
        return await self.get_credential_async()

    def invalidate(self, credential: Credential) -> None:
        """Say that a service refused a credential: if it is the current one, it counts as expired."""
        self._session.invalidate(credential)

    def close(self) -> None:
        """Forget the credential; whoever asks for one from now on gets a `ConfigurationError`.

        A refresh in flight goes on to its end, and what it brings is not kept.
        """
        self._session.close()

    def get_access_key_id(self) -> str | None:
        """Return the key id of the current credential; `get_credential` returns all parts at once."""
        return begin(self._session, self.get_credential()).access_key_id

    async def get_access_key_id_async(self) -> str | None:
        """Return the key id of the current credential; `get_credential` returns all parts at once."""
        return begin(self._session, await self.get_credential_async()).access_key_id

    def get_access_key_secret(self) -> str | None:
        """Return the secret that belongs to the key id which this thread or task was given last."""
        return belonging(self._session, self.get_credential()).access_key_secret

    async def get_access_key_secret_async(self) -> str | None:
        """Return the secret that belongs to the key id which this thread or task was given last."""
        return belonging(self._session, await self.get_credential_async()).access_key_secret

    def get_security_token(self) -> str | None:
        """Return the session token that belongs to the key id which this thread or task was given last."""
        return belonging(self._session, self.get_credential()).security_token

    async def get_security_token_async(self) -> str | None:
        """Return the session token that belongs to the key id which this thread or task was given last."""
        return belonging(self._session, await self.get_credential_async()).security_token

    def get_bearer_token(self) -> str | None:
        """Return the bearer token of the current credential."""
        return self.get_credential().bearer_token

    async def get_bearer_token_async(self) -> str | None:
        """Return the bearer token of the current credential."""
        return (await self.get_credential_async()).bearer_token

    def get_type(self) -> str:
        """Return the configured type, ``default`` for the default chain."""
        return self._type

    def get_provider_name(self) -> str:
        """Return the name of the provider, such as ``static_ak`` or ``default``."""
        return self._provider_name

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._config, self._strict)

    def __repr__(self) -> str:
        return f"Client(type={self._type!r})"


def _rebuild(kind: type[Client], config: Config | None, strict: bool) -> Client:  # noqa: FBT001 - by pickle
    return kind(config, strict=strict)
