"""`profile`: the section of the SDKs' `credentials.ini` that is meant, whatever its type."""

from __future__ import annotations

from collections.abc import Callable

from alicred.credentials_ini import PLACE, parse
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError
from alicred.profile_files import ProfileFile
from alicred.profiles import Profile, listed, shown
from alicred.providers.base import Provider
from alicred.providers.profile_file import Source, opened
from alicred.recipes import section_recipe, settings_of
from alicred.transport import Transport

__all__ = ["PLACE", "has_section", "open_section"]

_DEFAULT_SECTION = "default"
# The SDKs for Python and Java look for the one, those for Go and Node.js for the other.
_FILES = (".alibabacloud/credentials.ini", ".alibabacloud/credentials")

Build = Callable[..., Provider]


def open_section(environment: Environment, transport: Transport, build: Build) -> Provider | str:
    """Return the provider of the section that is meant, or the reason why there is none.

    Args:
        environment: Which file and which section are meant.
        transport: What its provider talks through.
        build: Makes a provider of settings, an environment and a transport.

    Raises:
        ConfigurationError: The file is broken, or the section is.
    """
    file = _file(environment)
    if file is None:
        return "HOME is not set, nor is ALIBABA_CLOUD_CREDENTIALS_FILE."

    def choose(data: bytes) -> tuple[Profile, ...] | str:
        return _chosen(parse(data, file), file, environment.text("ALIBABA_CLOUD_PROFILE"))

    def assemble(profiles: tuple[Profile, ...]) -> Provider:
        (profile,) = profiles
        settings = settings_of(profile, section_recipe(profile, environment), environment)
        return build(settings, environment, transport)

    return opened(Source(PLACE, file, choose, assemble))


def has_section(environment: Environment, name: str) -> bool:
    """Return whether the file that is meant can be read and has a section of this name."""
    try:
        file = _file(environment)
        if file is None:
            return False
        content = file.read()
        return not isinstance(content, str) and name in parse(content.data, file)
    except ConfigurationError:
        return False


def _file(environment: Environment) -> ProfileFile | None:
    named, home = environment.text("ALIBABA_CLOUD_CREDENTIALS_FILE"), environment.home()
    if named is not None:
        return ProfileFile(named, place=PLACE, named_by="ALIBABA_CLOUD_CREDENTIALS_FILE")
    if home is None:
        return None
    files = [ProfileFile(f"{home}/{path}", place=PLACE) for path in _FILES]
    return next((file for file in files if file.stamp() is not None), files[0])


def _chosen(sections: dict[str, Profile], file: ProfileFile, named: str | None) -> tuple[Profile, ...] | str:
    profile = sections.get(named or _DEFAULT_SECTION)
    if profile is None and named is None:
        return f"{file} has no section {_DEFAULT_SECTION}. {listed(sections)}"
    if profile is None:
        problem = f'has no section "{shown(str(named))}", which ALIBABA_CLOUD_PROFILE names.'
        raise file.error(problem, listed(sections))
    if profile.switch("enable") is False:
        return f"{profile.where} says enable = false."
    return (profile,)
