"""Which parameters each type takes, and where each may come from.

`TYPES` and `VARIABLES` are the tables that the documentation's are made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from alicred.checks import FLAGS, complaints_of_text, wanted_of
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError
from alicred.models import Config
from alicred.settings import Settings

__all__ = ["TYPES", "VARIABLES", "Parameters", "resolve"]

_MOST_SOURCES = 8


class Parameters(NamedTuple):
    """The parameters of one type, by name."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_REQUEST = ("timeout", "connect_timeout", "proxy")
_SESSION = ("role_session_name", "role_session_expiration", "policy")

TYPES = {
    "access_key": Parameters(required=("access_key_id", "access_key_secret")),
    "sts": Parameters(required=("access_key_id", "access_key_secret", "security_token")),
    "ram_role_arn": Parameters(
        required=("access_key_id", "access_key_secret", "role_arn"),
        optional=("security_token", "source", *_SESSION, "external_id", "sts_endpoint", *_REQUEST),
    ),
    "ecs_ram_role": Parameters(optional=("role_name", "disable_imds_v1", *_REQUEST)),
    "oidc_role_arn": Parameters(
        required=("role_arn", "oidc_provider_arn", "oidc_token_file_path"),
        optional=(*_SESSION, "sts_endpoint", *_REQUEST),
    ),
    "credentials_uri": Parameters(required=("credentials_uri",), optional=_REQUEST),
    "bearer": Parameters(required=("bearer_token",)),
    "rsa_key_pair": Parameters(
        required=("public_key_id", "private_key_file"),
        optional=("role_session_expiration", "sts_endpoint", *_REQUEST),
    ),
}

VARIABLES = {
    "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "security_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
    "bearer_token": "ALIBABA_CLOUD_BEARER_TOKEN",
    "role_name": "ALIBABA_CLOUD_ECS_METADATA",
    "disable_imds_v1": "ALIBABA_CLOUD_IMDSV1_DISABLED",
    "role_arn": "ALIBABA_CLOUD_ROLE_ARN",
    "role_session_name": "ALIBABA_CLOUD_ROLE_SESSION_NAME",
    "external_id": "ALIBABA_CLOUD_EXTERNAL_ID",
    "oidc_provider_arn": "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "oidc_token_file_path": "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "credentials_uri": "ALIBABA_CLOUD_CREDENTIALS_URI",
    "sts_endpoint": "ALIBABA_CLOUD_STS_ENDPOINT",
}

_KEY_PARAMETERS = ("access_key_id", "access_key_secret", "security_token")


class _Parts(dict[str, object]):
    """Values by name that show their names alone, in the report of whoever prints local variables too."""

    def __repr__(self) -> str:
        return f"{sorted(self)!r}"


def resolve(
    config: Config,
    environment: Environment,
    *,
    labels: Mapping[str, str] = {},
    sourced: bool = False,
) -> Settings:
    """Complete a configuration from the environment and check it.

    Args:
        config: The configuration.
        environment: What completes it.
        labels: The names under which its author knows the parameters, where they are others.
        sourced: Whether it has a source that is no part of it.

    Raises:
        ConfigurationError: Something is missing or cannot be right; the message names the parameter.
    """
    _check_config(config)
    kind, parameters = _parameters_of(config, sourced=sourced or config.source is not None)
    given = _Parts((name, value) for name, value in config.parts().items() if value is not None)
    del given["type"]
    taken = (*parameters.required, *parameters.optional)
    values = _Parts((name, given[name]) for name in taken if name in given)
    found = _from_environment([name for name in taken if name not in given], given, environment)
    values.update(found)
    labels = {**labels, **{name: VARIABLES[name] for name in found}}
    complaint = next(_complaints(kind, parameters, given, values, labels), None)
    if complaint is not None:
        # Raised here, where no local variable shows a value.
        problem, remedy = complaint
        raise ConfigurationError(problem, remedy=remedy, provider=kind)
    ignored = tuple(name for name in given if name not in taken)
    source = None if sourced or "source" not in taken else _source(config, values, environment)
    return Settings(kind, values, ignored, source, labels)


def _check_config(config: object) -> None:
    if not isinstance(config, Config):
        raise ConfigurationError(
            "what was passed to Client is not an alicred.Config.",
            remedy='Write Client(Config(type="...", ...)), or Client() for the default chain.',
        )


def _parameters_of(config: Config, *, sourced: bool) -> tuple[str, Parameters]:
    kind: object = config.type
    if isinstance(kind, str) and kind in TYPES:
        row = TYPES[kind]
        if not sourced or "source" not in row.optional:
            return kind, row
        # The source stands in for the key.
        required, optional = ([n for n in names if n not in _KEY_PARAMETERS] for names in row)
        return kind, Parameters(tuple(required), tuple(optional))
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
            read = environment.flag if name in FLAGS else environment.text
            value = read(VARIABLES[name])
            if value is not None:
                found[name] = value
    return found


def _complaints(
    kind: str, parameters: Parameters, given: _Parts, values: _Parts, labels: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and what to do about it."""
    for name, value in given.items():
        wanted = wanted_of(kind, name, value)
        if wanted:
            yield f"{labels.get(name, name)} is not {wanted}.", "Correct it."
    if "source" in values:
        yield from _complaints_of_source(given)
    missing = [name for name in parameters.required if not values.get(name)]
    if missing:
        problem = f"type {kind} needs {' and '.join(missing)}, which is missing or empty."
        yield problem, _remedy_for(missing, parameters)
    for name, value in values.items():
        if isinstance(value, str) and value:
            yield from complaints_of_text(name, labels.get(name, name), value)


def _complaints_of_source(given: _Parts) -> Iterator[tuple[str, str]]:
    keys = [name for name in _KEY_PARAMETERS if name in given]
    if keys:
        yield f"{' and '.join(keys)} and source exclude each other.", "Leave out the one or the other."
    source = given["source"]
    if isinstance(source, Config) and source.type == "bearer":
        yield "source is of type bearer, which has no key to sign with.", "Use a type that has one."
    depth = 0
    while isinstance(source, Config):
        source, depth = source.source, depth + 1
    if depth > _MOST_SOURCES:
        yield f"source leads through more than {_MOST_SOURCES} sources.", "Begin with a later one."


def _remedy_for(missing: list[str], parameters: Parameters) -> str:
    variables = [VARIABLES[name] for name in missing if name in VARIABLES]
    remedy = f"Pass it to Config, or set {' and '.join(variables)}" if variables else "Pass it to Config"
    by_source = "source" in parameters.optional and not set(missing).isdisjoint(_KEY_PARAMETERS)
    return f"{remedy}; a source would do in place of a key." if by_source else f"{remedy}."


def _source(config: Config, values: _Parts, environment: Environment) -> Settings:
    """Return what holds for the source of a credential that assumes a role; a key is the simplest one."""
    if config.source is None:
        kind = "sts" if values.get("security_token") else "access_key"
        return Settings(kind, _Parts((name, values[name]) for name in _KEY_PARAMETERS if values.get(name)))
    try:
        return resolve(config.source, environment)
    except ConfigurationError as error:
        problem, remedy = error.problem, error.remedy
    raise ConfigurationError(f"source: {problem}", remedy=remedy, provider=str(config.type))
