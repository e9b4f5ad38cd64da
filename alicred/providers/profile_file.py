"""A profile of a file, as a provider: what it asks for, and whether the file still says so.

Rules of this module: a file that has not changed is not read again; one that has is read before it is used
again, and where it has become unreadable or wrong, that is an error and what was issued before stays good. A
credential that does not end is looked after once a minute, by a look at the file's state alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from alicred.exceptions import ConfigurationError, CredentialException
from alicred.modes import settled
from alicred.profile_files import ProfileFile, Stamp
from alicred.profiles import Profile
from alicred.providers.base import Issued, Provider

__all__ = ["ProfileProvider", "opened"]

_LOOK_AGAIN_SECONDS = 60.0

Choose = Callable[[bytes], "tuple[Profile, ...] | str"]
"""From a file's content to the profile that is meant, with its sources; or the reason why there is none."""

Assemble = Callable[["tuple[Profile, ...]"], Provider]


class Source(NamedTuple):
    """Where a profile comes from.

    Attributes:
        place: The element of the default chain.
        file: The file.
        choose: Finds in it the profile that is meant.
        assemble: Makes a provider of it.
    """

    place: str
    file: ProfileFile
    choose: Choose
    assemble: Assemble


class _Reading(NamedTuple):
    """What a file said when it was read last."""

    stamp: Stamp
    profiles: tuple[Profile, ...]
    provider: Provider


def opened(source: Source) -> ProfileProvider | str:
    """Return the provider of the profile that is meant, or the reason why there is none.

    Raises:
        ConfigurationError: The file is broken, or the profile is.
    """
    reading = _read(source)
    return reading if isinstance(reading, str) else ProfileProvider(source, reading)


class ProfileProvider:
    """Does what a profile says."""

    __slots__ = ("_last", "_reading", "_source", "name")

    def __init__(self, source: Source, reading: _Reading) -> None:
        self.name: str = source.place
        self._source = source
        self._reading = reading
        self._last: tuple[float, Issued] | None = None

    def fetch(self, now: float, *, holding: bool = False) -> Issued:
        """Look at the file, and ask what it names; see `alicred.providers.base.Provider`."""
        self._look_at_file()
        if holding and self._last is not None and self._still_good(*self._last, now):
            return self._told(self._last[1])
        issued = self._ask(now, holding=holding)
        self._last = now, issued
        return self._told(issued)

    def _look_at_file(self) -> None:
        if self._source.file.stamp() == self._reading.stamp:
            return
        reading = _read(self._source, before=self._reading)
        if isinstance(reading, str):
            raise ConfigurationError(reading, provider=self.name, absent=True)
        if reading.provider is not self._reading.provider:
            self._last = None
        self._reading = reading

    @staticmethod
    def _still_good(asked_at: float, issued: Issued, now: float) -> bool:
        return issued.credential.expires_at is None and asked_at <= now < asked_at + issued.good_for_seconds

    def _ask(self, now: float, *, holding: bool) -> Issued:
        profile, provider = self._reading.profiles[0], self._reading.provider
        try:
            return provider.fetch(now, holding=holding)
        except CredentialException as failure:
            error = _blamed(profile, failure)
        raise error

    def _told(self, issued: Issued) -> Issued:
        credential = issued.credential
        named = credential.replaced(provider_name=f"{self.name}/{credential.provider_name}")
        if credential.expires_at is None:
            return issued._replace(
                credential=named, good_for_seconds=min(issued.good_for_seconds, _LOOK_AGAIN_SECONDS)
            )
        return issued._replace(credential=named)


def _read(source: Source, before: _Reading | None = None) -> _Reading | str:
    content = source.file.read()
    if isinstance(content, str):
        return content
    profiles = None
    try:
        profiles = source.choose(content.data)
        if isinstance(profiles, str):
            return profiles
        if before is not None and list(map(settled, before.profiles)) == list(map(settled, profiles)):
            # Something else in the file has changed; what the provider has learnt is kept.
            return before._replace(stamp=content.stamp)
        return _Reading(content.stamp, profiles, source.assemble(profiles))
    except ConfigurationError as failure:
        error = _blamed(profiles[0], failure) if isinstance(profiles, tuple) else failure.copy()
    # Raised out here, where no local variable shows what the file holds.
    raise error


def _blamed(profile: Profile, failure: CredentialException) -> CredentialException:
    """Return a failure that says which profile it is about."""
    is_told = profile.file in failure.problem
    error = failure.copy(problem=None if is_told else f"{profile.where}: {failure.problem}")
    # Somebody has written down that it is here.
    error.absent = False
    return error
