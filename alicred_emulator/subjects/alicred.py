"""alicred as a client of the fakes: the only module of this package that imports it, the plugin apart."""

import asyncio
import os
import threading
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from alicred import Client, Config, Credential, CredentialException, testing
from alicred.exceptions import (
    ConfigurationError,
    ConfigWarning,
    CredentialRefusedError,
    NoCredentialError,
    ServiceUnreachableError,
)
from alicred_emulator.clock import EmulatorClock, monotonic_seconds
from alicred_emulator.scenarios.subject import BUG, PARTS, UNSAID, Failure, Opened, Seen, Setting
from alicred_emulator.subjects.crowds import Answered, tasks_at_once, threads_at_once
from alicred_emulator.subjects.forked import in_a_child

__all__ = ["AlicredSubject"]

_DEFAULT_CHAIN: Final = "default"
# Time-outs are real time: where a story says nothing of them, a busy machine must not break it.
_UNHURRIED: Final[Mapping[str, Any]] = {"timeout": 10_000, "connect_timeout": 10_000}
_FLIGHTS: Final = "alicred-refresh"
_KINDS: Final[Mapping[type[CredentialException], str]] = {
    ConfigurationError: "configuration",
    CredentialRefusedError: "refused",
    ServiceUnreachableError: "unreachable",
    NoCredentialError: "not found",
}


class AlicredSubject:
    """alicred, read by threads or by tasks.

    Args:
        asynchronous: Whether its readers are tasks, each of an event loop in this thread.

    Attributes:
        name: How it is called.
        abilities: What stories may ask of it.
        lacks: Why it cannot do the rest.
    """

    def __init__(self, *, asynchronous: bool = False) -> None:
        self._asynchronous = asynchronous
        self.name: Final = "alicred-async" if asynchronous else "alicred-sync"
        fork = {"fork"} if hasattr(os, "fork") else set[str]()
        cancel = {"cancel"} if asynchronous else set[str]()
        self.abilities: Final = frozenset({"threads", "invalidate", "clock", *fork, *cancel})
        self.lacks: Final[Mapping[str, str]] = {"cancel": "a thread cannot be cancelled"}

    @contextmanager
    def open(self, setting: Setting) -> Generator[Opened, None, None]:
        """Build a client for one story."""
        with _on_the_clock(setting.emulator.clock):
            client = _Client(setting.client)
            opened = (_Tasks if self._asynchronous else _Threads)(client, setting.timeout_seconds)
            try:
                yield opened
            finally:
                opened.close()
                client.close()
                _land_all(setting.timeout_seconds)


class _Client:
    """A client, or what it was refused with: a failure of every read."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.refused: CredentialException | None = None
        try:
            with warnings.catch_warnings():
                # That a parameter has no effect is for its author, and no concern of a story.
                warnings.simplefilter("ignore", ConfigWarning)
                self._client = _built(**parameters)
        except CredentialException as error:
            self.refused = error

    def get(self) -> Client:
        """Return the client.

        Raises:
            CredentialException: It was refused.
        """
        if self.refused is not None:
            raise self.refused.copy()
        return self._client

    def close(self) -> None:
        """Close it, if there is one."""
        if self.refused is None:
            self._client.close()


class _Threads:
    """A client that is read by threads."""

    def __init__(self, client: _Client, bound_seconds: float) -> None:
        self._client = client
        self._bound = bound_seconds
        # The very values, to be handed back.
        self._given: dict[str | None, Credential] = {}

    def read(self) -> Seen:
        """Read the credential once."""
        started = monotonic_seconds()
        try:
            return self._seen(self._client.get().get_credential(), started)
        except Exception as error:  # noqa: BLE001 - whatever comes is for the story to judge
            return _failed(error, started)

    def read_at_once(self, readers: int, answered: Answered) -> list[Seen]:
        """Read it from many threads."""
        return threads_at_once(self.read, readers, answered, self._bound)

    def read_in_fork(self) -> Seen:
        """Read it in a forked child."""
        return in_a_child(self.read, self._bound)

    def cancel_read(self, on_request: Callable[[Callable[[], None]], None]) -> None:
        """Refuse: nobody can cancel a thread."""
        raise NotImplementedError("a thread cannot be cancelled")

    def invalidate(self, seen: Seen) -> None:
        """Say that a service refused a credential that was read."""
        self._client.get().invalidate(self._given[seen.access_key_id])

    def close(self) -> None:
        """Let nothing of it be left."""

    def _seen(self, credential: Credential, started: float) -> Seen:
        waited = monotonic_seconds() - started
        self._given[credential.access_key_id] = credential
        return Seen(**{name: getattr(credential, name) for name in PARTS}, waited_seconds=waited)


class _Tasks(_Threads):
    """A client that is read by tasks of an event loop in this thread."""

    def __init__(self, client: _Client, bound_seconds: float) -> None:
        super().__init__(client, bound_seconds)
        self._loop = asyncio.new_event_loop()

    def read(self) -> Seen:
        """Read the credential once."""
        return self._loop.run_until_complete(self._read())

    def read_at_once(self, readers: int, answered: Answered) -> list[Seen]:
        """Read it from many tasks."""
        return self._loop.run_until_complete(tasks_at_once(self._read, readers, answered, self._bound))

    def read_in_fork(self) -> Seen:
        """Read it in a forked child, in an event loop of its own."""
        return in_a_child(lambda: asyncio.run(self._read()), self._bound)

    def cancel_read(self, on_request: Callable[[Callable[[], None]], None]) -> None:
        """Begin to read in a task, and cancel it while its request is in the air."""
        self._loop.run_until_complete(self._cancelled(on_request))

    def close(self) -> None:
        """Close the loop."""
        self._loop.close()

    async def _read(self) -> Seen:
        started = monotonic_seconds()
        try:
            return self._seen(await self._client.get().get_credential_async(), started)
        except Exception as error:  # noqa: BLE001 - the same
            return _failed(error, started)

    async def _cancelled(self, on_request: Callable[[Callable[[], None]], None]) -> None:
        in_the_air = asyncio.Event()

        def tell_the_loop() -> None:
            self._loop.call_soon_threadsafe(in_the_air.set)

        on_request(tell_the_loop)
        task = self._loop.create_task(self._read())
        await asyncio.wait_for(in_the_air.wait(), self._bound)
        task.cancel()
        await asyncio.wait([task])


@contextmanager
def _on_the_clock(emulated: EmulatorClock) -> Generator[None, None, None]:
    # The clock of whoever surrounds this, such as the plugin's fixtures.
    former = testing.clock_in_use()
    testing.reset()
    testing.use_clock(emulated.client_time)
    testing.seed(1)
    try:
        yield
    finally:
        testing.reset()
        if former is not None:
            testing.use_clock(former)


def _built(*, type: str, strict: bool = False, **parameters: Any) -> Client:  # noqa: A002 - as in Config
    if type == _DEFAULT_CHAIN:
        return Client(strict=strict)
    return Client(_config(type=type, **parameters), strict=strict)


def _config(*, source: Mapping[str, Any] | None = None, **parameters: Any) -> Config:
    given = {**_UNHURRIED, **parameters}
    return Config(source=None if source is None else _config(**source), **given)


def _failed(error: Exception, started: float) -> Seen:
    waited = monotonic_seconds() - started
    if not isinstance(error, CredentialException):
        return Seen(failure=Failure(kind=BUG, text=type(error).__name__), waited_seconds=waited)
    kind = next((kind for family, kind in _KINDS.items() if isinstance(error, family)), UNSAID)
    failure = Failure(kind=kind, text=error.problem, remedy=error.remedy)
    return Seen(failure=failure, waited_seconds=waited)


def _land_all(bound_seconds: float) -> None:
    """Wait for flights that nobody waits for any more, so that they do not concern the next story."""
    for thread in threading.enumerate():
        if thread.name == _FLIGHTS:
            thread.join(bound_seconds)
