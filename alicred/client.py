"""`Client`: what an application builds once and hands to every product SDK."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from alicred import clock, log
from alicred.environment import Environment
from alicred.exceptions import ConfigWarning
from alicred.http import HttpTransport
from alicred.loading import loaded
from alicred.models import Config, Credential
from alicred.parameters import resolve
from alicred.parts import PartByPart
from alicred.providers import registry
from alicred.session import Session
from alicred.shared import shared

if TYPE_CHECKING:
    from typing_extensions import Self

    from alicred.events import Event
    from alicred.status import Status

__all__ = ["Client"]

_Kind = TypeVar("_Kind", bound="Client")


class Client(PartByPart):
    """Obtains one credential, keeps it fresh, and serves it to threads and tasks alike.

    Without a configuration it is the default chain: the environment, a pod's OIDC role, the profiles of
    aliyun-cli and of the SDKs, the ECS instance, the credentials URI. The environment is read when the client
    is built. Nothing is asked of a service before a credential is asked of the client, and no thread of
    alicred's outlives its refresh, but for the one of `background_refresh`.

    It fits every place where Alibaba's product SDKs take a credential client or a credentials provider. It is
    a context manager, may be copied and pickled (as its configuration), and may be used after a fork.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        strict: bool = False,
        background_refresh: bool = False,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        """Build a client.

        Args:
            config: What to use; None for the default chain.
            strict: Whether the default chain stops at an element that is configured and broken, instead of
                going on to the next.
            background_refresh: Whether a credential that is due is refreshed by a daemon thread, one for all
                clients of the process, so that no caller waits for it.
            on_event: Called with what becomes of every refresh; see `alicred.events`. It is called by the
                thread that has refreshed, perhaps by two at once, and keeps a caller that has done so
                waiting. What it raises is logged once. A pickle leaves it behind.

        Raises:
            ConfigurationError: The configuration cannot work.
        """
        self._config = config
        self._strict = strict
        self._background_refresh = background_refresh
        self._on_event = on_event
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
                warnings.warn(message, ConfigWarning, stacklevel=_callers_level())
            # Without them, so that a copy or a pickle of this client does not warn again.
            self._config = settings.reduced(config)
        self._provider_name = provider.name
        herald = None if on_event is None else loaded("alicred.herald").Herald(provider, clock, on_event)
        see_to = loaded("alicred.background").see_to if background_refresh else None
        self._session = Session(provider, clock, see_to=see_to, herald=herald)

    @classmethod
    def shared(
        cls,
        config: Config | None = None,
        *,
        strict: bool = False,
        background_refresh: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Self:
        """Return the client that all of this process share who ask with an equal configuration.

        The first call builds it, with the environment of that moment, and so does the first one after it was
        closed. A subclass shares clients of its own.

        Args:
            config: As for a client of one's own.
            strict: The same; it tells clients apart as the configuration does.
            background_refresh: The same; None for what the client that is there does.
            on_event: The same; None for whatever the client that is there calls.

        Raises:
            ConfigurationError: The configuration cannot work, or the client was built with other options.
        """
        options = {"background_refresh": background_refresh, "on_event": on_event}
        build: Callable[..., Self] = partial(cls, config, strict=strict)
        return shared((cls, config, strict), options, build)

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed, and serves nobody any more."""
        return self._session.is_closed

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

        A refresh in flight goes on to its end, and what it brings is not kept, nor told.
        """
        self._session.close()
        if self._background_refresh:
            loaded("alicred.background").leave(self._session)

    def status(self) -> Status:
        """Return how the client is doing, for a health check; nobody is asked, and nothing is refreshed."""
        status: Status = loaded("alicred.status").status_of(self._session, self._type, self._provider_name)
        return status

    def get_type(self) -> str:
        """Return the configured type, ``default`` for the default chain."""
        return self._type

    def get_provider_name(self) -> str:
        """Return the name of the provider, such as ``static_ak`` or ``default``."""
        return self._provider_name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __copy__(self) -> Self:
        return _rebuild(type(self), self._config, self._options())

    def __deepcopy__(self, _seen: dict[int, Any]) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        options = self._options()
        # What listens here is nothing for another process.
        options.pop("on_event", None)
        return _rebuild, (type(self), self._config, options)

    def __repr__(self) -> str:
        return f"Client(type={self._type!r})"

    def _options(self) -> dict[str, Any]:
        options = {
            "strict": self._strict,
            "background_refresh": self._background_refresh,
            "on_event": self._on_event,
        }
        # Without those that say nothing, so that a subclass need not know them.
        return {name: value for name, value in options.items() if value}


def _rebuild(kind: type[_Kind], config: Config | None, options: dict[str, Any]) -> _Kind:
    return kind(config, **options)


def _callers_level() -> int:
    """Return where whoever built a client stands, counted in frames from the client's own."""
    # As `warnings` itself counts.
    level, frame = 2, sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("alicred."):
        level, frame = level + 1, frame.f_back
    return level
