"""What to do about each code that STS refuses a call with, and which of them pass by themselves.

`REMEDIES` is a table. A code that is not in it is looked up without its last part, so that
``Throttling.User`` is found as ``Throttling``.
"""

from __future__ import annotations

__all__ = ["REMEDIES", "is_temporary", "remedy_for"]

_REPORT = "The request is alicred's own: report it, with the Code."
_KEY = "Check that the AccessKey was not deleted, and copy it again from where it was issued."
_ACTIVE = "Activate the AccessKey in RAM, or use another one."
_SECRET = "The secret, or the private key, does not belong to the key's id: copy both again."  # noqa: S105 - a hint
_SESSION_KEY = "Key id, secret and security token belong together: take all three from one session."
_TRUST = (
    "Allow the caller sts:AssumeRole on this role, and check that the role's trust policy names the caller "
    "and, if it asks for one, this external_id; the root of an account cannot assume a role."
)
_ROLE = "Check the account and the name in role_arn, and that the role was not deleted."
_WAIT = "It may recover by itself; otherwise ask Alibaba Cloud, with the RequestId."
_OIDC = "Check what oidc_token_file_path holds, and the OIDC provider in RAM."
_ADDRESS = "Check that sts_endpoint is the address of an STS that offers this call; not every region's does."
_UNKNOWN = "Look the Code up in the documentation of STS, or ask Alibaba Cloud, with the RequestId."

REMEDIES = {
    "NoPermission": _TRUST,
    "EntityNotExist": _ROLE,
    # Keys, signatures, sessions
    "MissingAccessKeyId": _REPORT,
    "InvalidAccessKeyId": _KEY,
    "InvalidAccessKeyId.NotFound": _KEY,
    "InvalidAccessKeyId.Inactive": _ACTIVE,
    "Forbidden.AccessKeyDisabled": _ACTIVE,
    "SignatureDoesNotMatch": _SECRET,
    "IncompleteSignature": _SECRET,
    "InvalidSignatureMethod": _REPORT,
    "SignatureNonceUsed": "Something on the way, such as a proxy, sends requests twice: look there.",
    "MissingSecurityToken": "The key id is that of a session: pass its security_token as well.",
    "InvalidSecurityToken": _SESSION_KEY,
    "InvalidSecurityToken.Expired": (
        "The session of the security token is over: get a new one, or assume the role from a source that "
        "renews itself."
    ),
    "InvalidSecurityToken.Malformed": "Copy the security token again; it may have been cut.",
    "InvalidSecurityToken.MismatchWithAccessKey": _SESSION_KEY,
    "InvalidTimeStamp": _REPORT,
    "InvalidTimeStamp.Expired": "Set this machine's clock: it is off by more than 15 minutes.",
    # Parameters
    "InvalidParameter": _REPORT,
    "InvalidParameter.RoleArn": "Correct role_arn: acs:ram::<account id>:role/<name>.",
    "InvalidParameter.RoleSessionName": "Correct role_session_name: 2 to 64 letters, digits and .@-_",
    "InvalidParameter.DurationSeconds": (
        "role_session_expiration is longer than the role's MaxSessionDuration (3600 s unless it was raised), "
        "or shorter than 900 s: shorten it, or raise the role's."
    ),
    "InvalidParameter.ExternalId": "Correct external_id: 2 to 1224 letters, digits and _+=,.@:/-",
    "InvalidParameter.PolicyGrammar": "Correct policy: it is JSON, but not the policy language of RAM.",
    "InvalidParameter.PolicySize": "Shorten policy: it may have 2048 characters.",
    # OIDC
    "AuthenticationFail": _TRUST,
    "AuthenticationFail.NoPermission": (
        "Check that oidc_provider_arn is registered in RAM, and that the role's trust policy accepts the "
        "token's issuer, audience and subject."
    ),
    "AuthenticationFail.OIDCToken": _OIDC,
    "AuthenticationFail.OIDCToken.Expired": (
        "The token in oidc_token_file_path has expired: whoever writes the file has to renew it."
    ),
    "AuthenticationFail.OIDCToken.Invalid": _OIDC,
    "AuthenticationFail.OIDCToken.AudienceNotMatch": (
        "Have the token issued for a client id of the OIDC provider in RAM, such as sts.aliyuncs.com."
    ),
    "AuthenticationFail.OIDCToken.IssuerNotMatch": (
        "The token is from another issuer than that of oidc_provider_arn: correct one of them."
    ),
    "AuthenticationFail.OIDCToken.IssuerConfigurationBroken": (
        "Alibaba Cloud cannot read the issuer's keys: make its discovery document reachable."
    ),
    "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch": (
        "Register the fingerprint of the issuer's certificate with the OIDC provider in RAM."
    ),
    # The address
    "InvalidProtocol": "STS speaks TLS alone: write https:// in sts_endpoint, or the host alone.",
    "InvalidVersion": _ADDRESS,
    "InvalidAction": _ADDRESS,
    "InvalidApi": _ADDRESS,
    "InvalidProduct": _ADDRESS,
    "UnsupportedHTTPMethod": _ADDRESS,
    # The service
    "Throttling": (
        "Too many calls of this account: share one client between callers, or let sessions last longer."
    ),
    "ServiceUnavailable": _WAIT,
    "InternalError": _WAIT,
}

# A nonce is never repeated, so another attempt has another one.
_TEMPORARY = ("Throttling", "ServiceUnavailable", "InternalError", "SignatureNonceUsed")


def remedy_for(code: str) -> str:
    """Return what to do about a code, one sentence."""
    while code not in REMEDIES and "." in code:
        code = code.rpartition(".")[0]
    return REMEDIES.get(code, _UNKNOWN)


def is_temporary(code: str) -> bool:
    """Return whether the same call may succeed later with nobody changing anything."""
    return code.partition(".")[0] in _TEMPORARY
