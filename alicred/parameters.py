"""Which parameters each type takes, where each may come from, and what is wrong with what was given.

`TYPES` and `VARIABLES` are the tables that the documentation's are made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
_ASCII = (*_KEY_PARAMETERS, "bearer_token")
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


class _Parts(dict[str, object]):
    """Values by name that show their names alone, in the report of whoever prints local variables too."""

    def __repr__(self) -> str:
        return f"{sorted(self)!r}"


def resolve(config: Config, environment: Environment) -> Settings:
    """Complete a configuration from the environment and check it.

    Raises:
        ConfigurationError: Something is missing or cannot be right; the message names the parameter.
    """
    _check_config(config)
    kind, parameters = _parameters_of(config.type)
    given = _Parts((name, value) for name, value in config.parts().items() if value is not None)
    del given["type"]
    taken = (*parameters.required, *parameters.optional)
    values = _Parts((name, given[name]) for name in taken if name in given)
    values.update(_from_environment([name for name in taken if name not in given], given, environment))
    complaint = next(_complaints(kind, parameters, given, values), None)
    if complaint is not None:
        # Raised here, where no local variable shows a value.
        problem, remedy = complaint
        raise ConfigurationError(problem, remedy=remedy, provider=kind)
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


def _from_environment(names: list[str], given: _Parts, environment: Environment) -> _Parts:
    found = _Parts()
    # Half a key from here and half from there would be a key that nobody meant.
    key_is_given = any(name in given for name in _KEY_PARAMETERS)
    for name in names:
        if name in VARIABLES and not (key_is_given and name in _KEY_PARAMETERS):
            read = environment.flag if name in _FLAGS else environment.text
            value = read(VARIABLES[name])
            if value is not None:
                found[name] = value
    return found


def _complaints(
    kind: str, parameters: Parameters, given: _Parts, values: _Parts
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and what to do about it."""
    for name, value in given.items():
        wanted = _wanted_of(name, value)
        if wanted:
            yield f"{name} is not {wanted}.", "Correct it."
    missing = [name for name in parameters.required if not values.get(name)]
    if missing:
        variables = " and ".join(VARIABLES[name] for name in missing)
        yield (
            f"type {kind} needs {' and '.join(missing)}, which is missing or empty.",
            f"Pass it to Config, or set {variables}.",
        )
    for name, value in values.items():
        if isinstance(value, str) and value:
            yield from _complaints_of_text(name, name if name in given else VARIABLES[name], value)


def _wanted_of(name: str, value: object) -> str:
    """Return what a value ought to have been, nothing if it is of the right kind."""
    if name in _FLAGS:
        fits, wanted = isinstance(value, bool), "True or False"
    elif name in _MILLISECONDS:
        fits = type(value) is int and 0 < value <= _LONGEST_TIMEOUT_MILLISECONDS
        wanted = f"a whole number of milliseconds from 1 to {_LONGEST_TIMEOUT_MILLISECONDS}"
    elif name in _SECONDS:
        fits, wanted = type(value) is int and value > 0, "a whole number of seconds above 0"
    else:
        fits, wanted = isinstance(value, str), "a text"
    return "" if fits else wanted


def _complaints_of_text(name: str, label: str, value: str) -> Iterator[tuple[str, str]]:
    if value != value.strip() or not value.isprintable():
        yield (
            f"{label} begins or ends with white space, or holds characters that cannot be printed.",
            "It may have been read from a file together with its line break: strip it.",
        )
    if name in _ASCII and not value.isascii():
        yield f"{label} holds characters that no credential has.", "Copy it again from where it was issued."
    fits, wanted = _FORMS.get(name, (bool, ""))
    if not fits(value):
        yield f"{label} is not {wanted}.", "Correct it."
