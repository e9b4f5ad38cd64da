"""What a profile of either file asks for, as a configuration.

What a profile may leave out is completed from the environment, as a `Config` is. Rule of this module: an
error names the file, the profile and the field under which its author knows what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from alicred.checks import FLAGS
from alicred.endpoints import host_of_region, is_endpoint
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError
from alicred.forms import is_region
from alicred.models import Config
from alicred.modes import Mode
from alicred.parameters import TYPES, resolve
from alicred.profiles import Fields, Profile
from alicred.settings import Settings

__all__ = ["Recipe", "recipe_of", "section_recipe", "settings_of"]

_NUMBERS = ("role_session_expiration",)
# How long to wait is nothing that the SDKs' files say, and a source is a profile of its own in aliyun-cli's.
_NOT_IN_SECTIONS = ("source", "timeout", "connect_timeout", "proxy")
_OVER_STS = ("ram_role_arn", "oidc_role_arn", "rsa_key_pair")


class Recipe(NamedTuple):
    """What a profile asks for.

    Attributes:
        config: The configuration.
        labels: The field under which each parameter stands in the file.
    """

    config: Config
    labels: Mapping[str, str]


def recipe_of(profile: Profile, mode: Mode, environment: Environment) -> Recipe:
    """Return what a profile of aliyun-cli's asks for; its source is left to whoever knows the other profiles.

    Raises:
        ConfigurationError: A field is missing, or is of the wrong kind.
    """
    kind = str(mode.type)
    if kind == "credentials_uri" and environment.forbids_external():
        raise profile.error(
            "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids mode CredentialsURI.",
            "Unset it, or choose another profile.",
        )
    required = [name for name in TYPES[kind].required if name in mode.fields]
    labels = {name: _field(profile, names) for name, names in mode.fields.items()}
    values = Fields()
    for name, field in labels.items():
        if name in required:
            values[name] = profile.required_text(field)
        elif name in _NUMBERS:
            # aliyun-cli takes nought for nothing.
            values[name] = profile.number(field) or None
        else:
            values[name] = profile.text(field)
    if mode.over == "instance":
        values["source"] = Config(type="ecs_ram_role", role_name=profile.text("ram_role_name"))
    return _recipe(profile, kind, values, labels, environment)


def section_recipe(profile: Profile, environment: Environment) -> Recipe:
    """Return what a section of an SDK's INI file asks for.

    Raises:
        ConfigurationError: Its type is missing or not known, or a field is missing or of the wrong kind.
    """
    kind = (profile.text("type") or "").lower()
    if kind not in TYPES:
        problem = "type is one that is not known." if kind else "type is missing."
        raise profile.error(problem, f"Use one of {', '.join(TYPES)}.")
    values = Fields()
    for name in (*TYPES[kind].required, *TYPES[kind].optional):
        if name not in _NOT_IN_SECTIONS:
            values[name] = _read_text(profile, name, required=name in TYPES[kind].required)
    return _recipe(profile, kind, values, {}, environment)


def settings_of(
    profile: Profile, recipe: Recipe, environment: Environment, *, sourced: bool = False
) -> Settings:
    """Return what a profile asks for, completed and checked.

    Raises:
        ConfigurationError: A field says what cannot be right.
    """
    try:
        return resolve(recipe.config, environment, labels=recipe.labels, sourced=sourced)
    except ConfigurationError as error:
        problem, remedy = error.problem, error.remedy
    raise profile.error(problem, remedy)


def _field(profile: Profile, names: str) -> str:
    """Return the first field that is there, or the first of all."""
    fields = names.split()
    return next((field for field in fields if profile.fields.get(field)), fields[0])


def _read_text(profile: Profile, name: str, *, required: bool) -> object:
    value = profile.required_text(name) if required else profile.text(name)
    if value is None:
        return None
    if name in _NUMBERS:
        if value.isascii() and value.isdigit() and len(value) < len("1000000000"):
            return int(value)
        raise profile.error(f"{name} is not a whole number.", "Write it in digits.")
    return profile.switch(name) if name in FLAGS else value


def _recipe(
    profile: Profile, kind: str, values: Fields, labels: Mapping[str, str], environment: Environment
) -> Recipe:
    if kind in _OVER_STS:
        values["sts_endpoint"] = _sts_endpoint(profile, environment)
    return Recipe(Config(type=kind, **cast("dict[str, Any]", values)), labels)


def _sts_endpoint(profile: Profile, environment: Environment) -> str | None:
    """Return the STS that a profile means, None where it leaves that to the environment."""
    named = profile.text("sts_endpoint")
    if named is not None:
        # aliyun-cli drops the scheme and speaks TLS; what is no endpoint without it either is told later.
        return named if is_endpoint(named) else named.rpartition("://")[2].rstrip("/")
    region, vpc = profile.text("sts_region"), profile.switch("enable_vpc")
    if environment.text("ALIBABA_CLOUD_STS_ENDPOINT") or (region is None and vpc is None):
        return None
    if vpc is None:
        vpc = environment.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")
    label = "sts_region" if region else "ALIBABA_CLOUD_STS_REGION"
    region = region or environment.text("ALIBABA_CLOUD_STS_REGION")
    if region is None and vpc:
        raise profile.error("enable_vpc asks for the STS of a VPC, and no region is set.", "Add sts_region.")
    if region is None:
        return None
    if not is_region(region):
        raise profile.error(f"{label} is not the id of a region, such as cn-hangzhou.", "Correct it.")
    return host_of_region(region, vpc=bool(vpc))
