"""The checks behind the rows of the decision table that concern CloudSSO alone."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.cloud_sso.call import CloudSsoCall
from alicred_emulator.gateway.checks import Finding

DEVICE_CODE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
MOST_RESULTS: Final = 100
"""How many entries one page of a list may have (documented for the lists of CloudSSO's API)."""

_ACCOUNT_ID: Final = re.compile(r"[0-9]+")
_CONFIGURATION_ID: Final = re.compile(r"ac-[0-9A-Za-z]+")


def account_id_malformed(call: CloudSsoCall) -> Finding:
    """Tell whether the account's id has other signs than digits."""
    return _is_malformed(_ACCOUNT_ID, call.parameters.get("AccountId"))


def access_configuration_id_malformed(call: CloudSsoCall) -> Finding:
    """Tell whether the access configuration's id has not the shape of one."""
    return _is_malformed(_CONFIGURATION_ID, call.parameters.get("AccessConfigurationId"))


def proof_key_malformed(call: CloudSsoCall) -> Finding:
    """Tell whether the challenge or its method is none of RFC 7636."""
    return not call.proof_key.is_readable


def grant_type_unsupported(call: CloudSsoCall) -> Finding:
    """Tell whether anything but a device code is offered for a token."""
    return call.parameters.get("GrantType") != DEVICE_CODE_GRANT


def max_results_malformed(call: CloudSsoCall) -> Finding:
    """Tell whether a page is wanted that is empty or too long."""
    return call.max_results not in range(1, MOST_RESULTS + 1)


def next_token_unknown(call: CloudSsoCall) -> Finding:
    """Tell whether a page is wanted that no earlier one has led to."""
    return call.offset is None


def access_token_unknown(call: CloudSsoCall) -> Finding:
    """Tell whether the access token was never issued, or was revoked."""
    token = call.access_token
    return bool(call.bearer_token) and (token is None or token.withdrawn)


def access_token_expired(call: CloudSsoCall) -> Finding:
    """Tell whether the access token has ended."""
    return call.access_token is not None and call.access_token.is_expired(call.now)


def not_assigned(call: CloudSsoCall) -> Finding:
    """Tell whether the account cannot be entered so."""
    named = (call.parameters.get(name, "") for name in ("AccountId", "AccessConfigurationId"))
    return not call.world.cloud_sso.assigned(*named)


def device_code_unknown(call: CloudSsoCall) -> Finding:
    """Tell whether the device code is none, was used, has ended, or was given to another client."""
    code = call.device_code
    return (
        code is None
        or code.withdrawn
        or code.is_expired(call.now)
        or code.given.client_id != call.parameters.get("ClientId")
    )


def code_verifier_wrong(call: CloudSsoCall) -> Finding:
    """Tell whether the verifier is not what the challenge was made of."""
    code = call.device_code
    return code is not None and not code.given.proof_key.is_met_by(call.parameters.get("CodeVerifier", ""))


def authorization_pending(call: CloudSsoCall) -> Finding:
    """Tell whether the user has not signed in yet."""
    return call.device_code is not None and not call.device_code.given.approved


def user_code_unknown(call: CloudSsoCall) -> Finding:
    """Tell whether no device waits for the user with this code."""
    code = call.world.cloud_sso.waiting(call.parameters.get("user_code", ""))
    return code is None or code.withdrawn or code.is_expired(call.now)


def _is_malformed(shape: re.Pattern[str], text: str | None) -> bool:
    return text is not None and not shape.fullmatch(text)


CHECKS: Final[Mapping[str, Callable[[CloudSsoCall], Finding]]] = {
    check.__name__: check
    for check in (
        account_id_malformed,
        access_configuration_id_malformed,
        proof_key_malformed,
        grant_type_unsupported,
        max_results_malformed,
        next_token_unknown,
        access_token_unknown,
        access_token_expired,
        not_assigned,
        device_code_unknown,
        code_verifier_wrong,
        authorization_pending,
        user_code_unknown,
    )
}
"""The checks of this module by the conditions that they are about."""
