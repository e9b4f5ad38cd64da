"""The checks of STS's decision table about who may assume which role, and for how long."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from alicred_emulator.gateway.checks import Finding
from alicred_emulator.ram.trust import Context
from alicred_emulator.sts.call import StsCall


def caller_is_root(call: StsCall) -> Finding:
    """Tell whether the root of an account asks."""
    caller = call.known_caller
    return caller is not None and caller.kind == "Account"


def role_unknown(call: StsCall) -> Finding:
    """Tell whether there is no such role."""
    return False if call.role is not None else {"role_arn": call.parameters.get("RoleArn", "")}


def duration_too_long(call: StsCall) -> Finding:
    """Tell whether the role's sessions do not last that long."""
    if call.role is None or call.duration is None:
        return False
    return call.duration.total_seconds() > call.role.max_session_duration


def caller_lacks_permission(call: StsCall) -> Finding:
    """Tell whether the caller's own policies do not allow it."""
    caller = call.known_caller
    return caller is not None and not call.world.accounts.may_assume_roles(caller)


def source_identity_changed(call: StsCall) -> Finding:
    """Tell whether another source identity is set already, which a chain of roles keeps (documented)."""
    kept = call.session.source_identity if call.session else None
    return kept is not None and call.parameters.get("SourceIdentity", kept) != kept


def role_does_not_trust_caller(call: StsCall) -> Finding:
    """Tell whether the role does not trust the caller, or not with this external id."""
    caller = call.known_caller
    if caller is None:
        return False
    kept = call.session.source_identity if call.session else None
    said = {
        "sts:ExternalId": _known(call.parameters.get("ExternalId")),
        "sts:SourceIdentity": _known(call.parameters.get("SourceIdentity", kept)),
    }
    return _is_distrusted(call, "RAM", caller.trusted_as, said)


def role_does_not_trust_token(call: StsCall) -> Finding:
    """Tell whether the role does not trust the provider, or not with these claims."""
    token = call.id_token
    if token is None:
        return False
    claims = {
        "oidc:iss": _known(token.issuer),
        "oidc:aud": token.audiences,
        "oidc:sub": _known(token.subject),
    }
    return _is_distrusted(call, "Federated", _given(call, "OIDCProviderArn"), claims)


def role_does_not_trust_assertion(call: StsCall) -> Finding:
    """Tell whether the role does not trust the provider, or not with this recipient."""
    assertion = call.assertion
    if assertion is None:
        return False
    # Policies have it in lower case (documented), some samples of assertions have not.
    recipient = {"saml:recipient": _known(assertion.recipient and assertion.recipient.lower())}
    return _is_distrusted(call, "Federated", _given(call, "SAMLProviderArn"), recipient)


def _given(call: StsCall, name: str) -> Collection[str]:
    return {call.parameters.get(name, "")}


def _known(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _is_distrusted(call: StsCall, kind: str, names: Collection[str], context: Context) -> bool:
    return call.role is not None and not call.role.trust.allows(kind, names, context)


CHECKS: Final[Mapping[str, Callable[[StsCall], Finding]]] = {
    check.__name__: check
    for check in (
        caller_is_root,
        role_unknown,
        duration_too_long,
        caller_lacks_permission,
        source_identity_changed,
        role_does_not_trust_caller,
        role_does_not_trust_token,
        role_does_not_trust_assertion,
    )
}
"""The checks of this module by the conditions that they are about."""
