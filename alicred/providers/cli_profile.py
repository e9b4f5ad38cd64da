"""`cli_profile`: the profile of aliyun-cli's `config.json` that is meant, whatever its mode.

Rule of this module: a mode that the file does not describe in full is an error, and none is made up for it; a
source is made first, and is kept fresh by a session of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from alicred import clock
from alicred.config_json import parse
from alicred.environment import Environment
from alicred.files import SecretText
from alicred.loading import loaded
from alicred.modes import CHAINED, SIGN_INS, Mode, mode_of
from alicred.profile_files import ProfileFile
from alicred.profiles import Profile, shown
from alicred.providers import credentials_profile
from alicred.providers.base import Provider
from alicred.providers.profile_file import Source, opened
from alicred.recipes import recipe_of, settings_of
from alicred.session import Session
from alicred.transport import Transport

__all__ = ["PLACE", "open_profile"]

PLACE = "cli_profile"
_PEM = "-----BEGIN"
# What the Base64 of a private key in DER begins with, for it is a SEQUENCE of more than 127 bytes.
_DER = "MI"

Build = Callable[..., Provider]


def open_profile(environment: Environment, transport: Transport, build: Build) -> Provider | str:
    """Return the provider of the profile that is meant, or the reason why there is none.

    Args:
        environment: Which file and which profile are meant.
        transport: What its provider talks through.
        build: Makes a provider of settings, an environment, a transport and what a profile has at hand.

    Raises:
        ConfigurationError: The file is broken, or the profile is.
    """
    if environment.flag("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"):
        return "ALIBABA_CLOUD_CLI_PROFILE_DISABLED forbids it."
    file = _file(environment)
    if file is None:
        return "HOME is not set, nor is ALIBABA_CLOUD_CONFIG_FILE."

    def choose(data: bytes) -> tuple[Profile, ...] | str:
        return _chosen(data, file, environment)

    return opened(Source(PLACE, file, choose, _Assembly(environment, transport, build).provider))


def _file(environment: Environment) -> ProfileFile | None:
    named, home = environment.text("ALIBABA_CLOUD_CONFIG_FILE"), environment.home()
    if named is None:
        return None if home is None else ProfileFile(f"{home}/.aliyun/config.json", place=PLACE)
    return ProfileFile(named, place=PLACE, named_by="ALIBABA_CLOUD_CONFIG_FILE")


def _chosen(data: bytes, file: ProfileFile, environment: Environment) -> tuple[Profile, ...] | str:
    document = parse(data, file)
    named = environment.text("ALIBABA_CLOUD_PROFILE")
    if not document.profiles and not document.flaws:
        return f"{file} has no profile."
    if named and named not in document.profiles and credentials_profile.has_section(environment, named):
        return f'{file} has no profile "{shown(named)}"; the credentials file has.'
    profile = document.chosen(named)
    if mode_of(profile) is None:
        return f"{profile.where} has not been configured yet."
    return document.lineage(profile, chains=CHAINED.lower())


class _Assembly:
    """Makes providers of profiles."""

    def __init__(self, environment: Environment, transport: Transport, build: Build) -> None:
        self._environment = environment
        self._transport = transport
        self._build = build

    def provider(self, profiles: tuple[Profile, ...]) -> Provider:
        """Return the provider of the first profile, each the source of the one before it."""
        *chained, last = profiles
        provider = self._of(last, None)
        for profile in reversed(chained):
            provider = self._of(profile, provider)
        return provider

    def _of(self, profile: Profile, source: Provider | None) -> Provider:
        mode = mode_of(profile)
        if mode is None:
            raise profile.error(
                "it has not been configured yet.", "Configure it, or name another source_profile."
            )
        if source is not None and source.name == "bearer":
            raise profile.error(
                "source_profile leads to a bearer token, which signs nothing.", "Name another profile."
            )
        if mode.type is None:
            module = loaded(SIGN_INS[mode.name])
            return cast("Provider", module.build_profile(profile, self._environment, self._transport))
        return self._of_type(profile, mode, source)

    def _of_type(self, profile: Profile, mode: Mode, source: Provider | None) -> Provider:
        recipe = recipe_of(profile, mode, self._environment)
        at_hand: list[Any] = [] if source is None else [Session(source, clock)]
        key = recipe.config.private_key_file
        if key is not None and (_PEM in key or key.startswith(_DER)):
            at_hand = [_private_key(profile, key)]
            # It has to say something; what it says is never read.
            recipe = recipe._replace(config=recipe.config.replaced(private_key_file="private_key"))
        settings = settings_of(profile, recipe, self._environment, sourced=source is not None)
        return self._build(settings, self._environment, self._transport, *at_hand)


def _private_key(profile: Profile, text: str) -> SecretText:
    if _PEM not in text:
        text = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    unusable = profile.error(
        "private_key is not an RSA key in PEM, or in Base64 of PKCS#8.", "It has to have no password."
    )
    return SecretText(text, unusable=unusable)
