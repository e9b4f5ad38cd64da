"""The checks of STS's decision table that look at the form of the parameters alone."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.gateway.checks import Finding
from alicred_emulator.ram.policies import is_policy
from alicred_emulator.sts.call import StsCall

VERSION: Final = "2015-04-01"

_ROLE_ARN: Final = re.compile(r"acs:ram::[0-9]+:role/[A-Za-z0-9._-]{1,64}")
_OIDC_PROVIDER_ARN: Final = re.compile(r"acs:ram::[0-9]+:oidc-provider/[A-Za-z0-9._-]{1,128}")
_SAML_PROVIDER_ARN: Final = re.compile(r"acs:ram::[0-9]+:saml-provider/[A-Za-z0-9._-]{1,128}")
_SESSION_NAME: Final = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SOURCE_IDENTITY: Final = re.compile(r"[A-Za-z0-9=,.@_-]{2,64}")
_SERIAL_NUMBER: Final = re.compile(r"acs:ram::[0-9]+:mfa/.{1,64}")
_TOKEN_CODE: Final = re.compile(r"[0-9]{6}")
_LONGEST_POLICY_BYTES: Final = 2048
_SHORTEST_SECONDS: Final = 900
_SESSION_KEY_SECONDS: Final = range(900, 3600 + 1)


def is_session_name(text: str) -> bool:
    """Tell whether a session may be called so (documented)."""
    return bool(_SESSION_NAME.fullmatch(text))


def action_or_version_unknown(call: StsCall) -> Finding:
    """Tell whether STS has no such action under this version."""
    return call.action is None or call.version != VERSION


def oidc_provider_arn_malformed(call: StsCall) -> Finding:
    """Tell whether the provider's ARN is none."""
    return _is_malformed(call, "OIDCProviderArn", _OIDC_PROVIDER_ARN)


def saml_provider_arn_malformed(call: StsCall) -> Finding:
    """Tell whether the provider's ARN is none."""
    return _is_malformed(call, "SAMLProviderArn", _SAML_PROVIDER_ARN)


def role_arn_malformed(call: StsCall) -> Finding:
    """Tell whether the role's ARN is none."""
    return _is_malformed(call, "RoleArn", _ROLE_ARN)


def session_name_malformed(call: StsCall) -> Finding:
    """Tell whether the session's name is none."""
    return _is_malformed(call, "RoleSessionName", _SESSION_NAME)


def duration_malformed(call: StsCall) -> Finding:
    """Tell whether the duration is no number, or too short for any session."""
    return call.duration is None or call.duration.total_seconds() < _SHORTEST_SECONDS


def session_key_duration_malformed(call: StsCall) -> Finding:
    """Tell whether the duration is none that the session of a key pair can have."""
    return call.duration is None or call.duration.total_seconds() not in _SESSION_KEY_SECONDS


def policy_too_long(call: StsCall) -> Finding:
    """Tell whether the session policy is too long."""
    return len(call.parameters.get("Policy", "").encode()) > _LONGEST_POLICY_BYTES


def policy_ungrammatical(call: StsCall) -> Finding:
    """Tell whether the session policy is none."""
    policy = call.parameters.get("Policy")
    return policy is not None and not is_policy(policy)


def external_id_malformed(call: StsCall) -> Finding:
    """Tell whether the external id is none."""
    return _is_malformed(call, "ExternalId", _EXTERNAL_ID)


def source_identity_malformed(call: StsCall) -> Finding:
    """Tell whether the source identity is none."""
    return _is_malformed(call, "SourceIdentity", _SOURCE_IDENTITY)


def serial_number_malformed(call: StsCall) -> Finding:
    """Tell whether the serial number is no MFA device's."""
    return _is_malformed(call, "SerialNumber", _SERIAL_NUMBER)


def token_code_malformed(call: StsCall) -> Finding:
    """Tell whether the code is none that an MFA device shows."""
    return _is_malformed(call, "TokenCode", _TOKEN_CODE)


def _is_malformed(call: StsCall, name: str, form: re.Pattern[str]) -> bool:
    value = call.parameters.get(name)
    return value is not None and not form.fullmatch(value)


CHECKS: Final[Mapping[str, Callable[[StsCall], Finding]]] = {
    check.__name__: check
    for check in (
        action_or_version_unknown,
        oidc_provider_arn_malformed,
        saml_provider_arn_malformed,
        role_arn_malformed,
        session_name_malformed,
        duration_malformed,
        session_key_duration_malformed,
        policy_too_long,
        policy_ungrammatical,
        external_id_malformed,
        source_identity_malformed,
        serial_number_malformed,
        token_code_malformed,
    )
}
"""The checks of this module by the conditions that they are about."""
