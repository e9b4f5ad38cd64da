"""Which parameters each type takes, where each may come from, and what is wrong with what was given.

`TYPES` and `VARIABLES` are the tables that the documentation's are made from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from alicred.environment import Environment
from alicred.exceptions import ConfigurationError
from alicred.forms import is_proxy_url, is_role_name, is_web_url
from alicred.models import Config

__all__ = ["TYPES", "VARIABLES", "Parameters", "Settings", "resolve"]

_LONGEST_TIMEOUT_MILLISECONDS = 600_000


class Parameters(NamedTuple):
    """The parameters of one type, by name."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_REQUEST = ("timeout", "connect_timeout", "proxy")

TYPES = {
    "access_key": Parameters(required=("access_key_id", "access_key_secret")),
    "sts": Parameters(required=("access_key_id", "access_key_secret", "security_token")),
    "bearer": Parameters(required=("bearer_token",)),
    "ecs_ram_role": Parameters(optional=("role_name", "disable_imds_v1", *_REQUEST)),
    "credentials_uri": Parameters(required=("credentials_uri",), optional=_REQUEST),
}

VARIABLES = {
    "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "security_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
    "bearer_token": "ALIBABA_CLOUD_BEARER_TOKEN",
    "role_name": "ALIBABA_CLOUD_ECS_METADATA",
    "disable_imds_v1": "ALIBABA_CLOUD_IMDSV1_DISABLED",
    "credentials_uri": "ALIBABA_CLOUD_CREDENTIALS_URI",
}

_KEY_PARAMETERS = ("access_key_id", "access_key_secret", "security_token")
_FLAGS = ("disable_imds_v1",)
_MILLISECONDS = ("timeout", "connect_timeout")
_SECONDS = ("role_session_expiration",)
_FORMS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "role_name": (is_role_name, "the name of a RAM role"),
    "credentials_uri": (is_web_url, "a URL that begins with http:// or https:// and names a host"),
    "proxy": (is_proxy_url, "the URL of a proxy, such as http://proxy.example:3128"),
}


class Settings(NamedTuple):
    """What holds for one client: what was given, completed from the environment, and checked.

    Attributes:
        type: The type, a key of `TYPES`.
        ignored: The parameters that were given and that the type does not take.
    """

    type: str
    values: Mapping[str, object]
    ignored: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return a required text."""
        return str(self.values[name])

    def optional_text(self, name: str) -> str | None:
        """Return a text, None where it is not set or empty."""
        return str(self.values.get(name) or "") or None

    def flag(self, name: str) -> bool:
        """Return a switch, which is off where it is not set."""
        return bool(self.values.get(name))

    def seconds(self, name: str, *, default: int) -> float:
        """Return a time-out, which is given in milliseconds, in seconds."""
        milliseconds = self.values.get(name, default)
        return milliseconds / 1000 if isinstance(milliseconds, int) else default / 1000

    def __repr__(self) -> str:
        return f"Settings(type={self.type!r}, names={sorted(self.values)!r})"


def resolve(config: Config, environment: Environment) -> Settings:
    """Complete a configuration from the environment and check it.

    Raises:
        ConfigurationError: Something is missing or cannot be right; the message names the parameter.
    """
    _check_config(config)
    kind, parameters = _parameters_of(config.type)
    given = {name: value for name, value in config.parts().items() if name != "type" and value is not None}
    for name, value in given.items():
        _check_value(kind, name, value)
    taken = (*parameters.required, *parameters.optional)
    values = {name: given[name] for name in taken if name in given}
    found = {name: _from_environment(name, given, environment) for name in taken if name not in given}
    values.update({name: value for name, value in found.items() if value is not None})
    _check_required(kind, parameters.required, values)
    for name, value in values.items():
        _check_text(kind, name, name if name in given else VARIABLES[name], value)
    return Settings(kind, values, tuple(name for name in given if name not in taken))


def _check_config(config: object) -> None:
    if not isinstance(config, Config):
        raise ConfigurationError(
            "what was passed to Client is not an alicred.Config.",
            remedy='Write Client(Config(type="...", ...)), or Client() for the default chain.',
        )


def _parameters_of(kind: object) -> tuple[str, Parameters]:
    if isinstance(kind, str) and kind in TYPES:
        return kind, TYPES[kind]
    problem = "Config has no type." if kind is None else "Config has a type that is not known."
    raise ConfigurationError(
        problem, remedy=f"Use one of {', '.join(TYPES)}; or Client() without a Config for the default chain."
    )


def _from_environment(name: str, given: Mapping[str, object], environment: Environment) -> object | None:
    # Half a key from here and half from there would be a key that nobody meant.
    if name not in VARIABLES or (name in _KEY_PARAMETERS and any(key in given for key in _KEY_PARAMETERS)):
        return None
    read = environment.flag if name in _FLAGS else environment.text
    return read(VARIABLES[name])


def _check_value(kind: str, name: str, value: object) -> None:
    if name in _FLAGS:
        fits, wanted = isinstance(value, bool), "True or False"
    elif name in _MILLISECONDS:
        fits = type(value) is int and 0 < value <= _LONGEST_TIMEOUT_MILLISECONDS
        wanted = f"a whole number of milliseconds from 1 to {_LONGEST_TIMEOUT_MILLISECONDS}"
    elif name in _SECONDS:
        fits, wanted = type(value) is int and value > 0, "a whole number of seconds above 0"
    else:
        fits, wanted = isinstance(value, str), "a text"
    if not fits:
        raise ConfigurationError(f"{name} is not {wanted}.", remedy="Correct it.", provider=kind)


def _check_required(kind: str, required: tuple[str, ...], values: Mapping[str, object]) -> None:
    missing = [name for name in required if not values.get(name)]
    if missing:
        variables = " and ".join(VARIABLES[name] for name in missing)
        raise ConfigurationError(
            f"type {kind} needs {' and '.join(missing)}, which is missing or empty.",
            remedy=f"Pass it to Config, or set {variables}.",
            provider=kind,
        )


def _check_text(kind: str, name: str, label: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        return
    if value != value.strip() or not value.isprintable():
        raise ConfigurationError(
            f"{label} begins or ends with white space, or holds characters that cannot be printed.",
            remedy="It may have been read from a file together with its line break: strip it.",
            provider=kind,
        )
    fits, wanted = _FORMS.get(name, (bool, ""))
    if not fits(value):
        raise ConfigurationError(f"{label} is not {wanted}.", remedy="Correct it.", provider=kind)
