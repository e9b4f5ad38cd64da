"""The checks of STS's decision table about ID tokens and SAML assertions."""

from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.gateway.checks import Finding
from alicred_emulator.saml.names import AUDIENCE, RECIPIENT
from alicred_emulator.sts.call import StsCall
from alicred_emulator.sts.parameter_checks import is_session_name

RECIPIENTS: Final = frozenset({RECIPIENT, "https://signin.alibabacloud.com/saml-role/sso"})
"""Whom an assertion must be made for (documented), in lower case: the documents differ in theirs."""

AUDIENCES: Final = frozenset({AUDIENCE, f"{AUDIENCE}:international"})
"""To whom an assertion may be restricted: that of the Chinese site, and that of the international one."""


def oidc_provider_unknown(call: StsCall) -> Finding:
    """Tell whether no such provider is registered."""
    return call.oidc_provider is None


def id_token_malformed(call: StsCall) -> Finding:
    """Tell whether there is no token that can be read."""
    return call.id_token is None


def id_token_issuer_mismatch(call: StsCall) -> Finding:
    """Tell whether the token is another issuer's."""
    token, provider = call.id_token, call.oidc_provider
    return token is not None and provider is not None and token.issuer != provider.issuer_url


def id_token_audience_mismatch(call: StsCall) -> Finding:
    """Tell whether the token is meant for somebody else."""
    token, provider = call.id_token, call.oidc_provider
    return token is not None and provider is not None and set(provider.client_ids).isdisjoint(token.audiences)


def id_token_expired(call: StsCall) -> Finding:
    """Tell whether the token has ended."""
    token = call.id_token
    return token is not None and (token.expires_at is None or token.expires_at <= call.now)


def id_token_issued_too_long_ago(call: StsCall) -> Finding:
    """Tell whether the token is older than the provider allows, or from the future."""
    token, provider = call.id_token, call.oidc_provider
    if token is None or provider is None:
        return False
    issued, begins = token.issued_at, token.not_before or token.issued_at
    if issued is None or begins is None:
        return True
    return not issued <= call.now < issued + provider.issuance_limit or begins > call.now


def issuer_broken(call: StsCall) -> Finding:
    """Tell whether the issuer does not say which keys it signs with."""
    provider = call.oidc_provider
    if provider is None or call.issuer_keys is not None:
        return False
    return {"issuer": provider.issuer_url}


def issuer_fingerprint_mismatch(call: StsCall) -> Finding:
    """Tell whether the CA of the issuer's certificate is not registered."""
    provider = call.oidc_provider
    if provider is None or provider.fingerprints is None:
        return False
    registered = {fingerprint.lower().replace(":", "") for fingerprint in provider.fingerprints}
    return call.world.ca.fingerprint.lower() not in registered


def id_token_signature_wrong(call: StsCall) -> Finding:
    """Tell whether the issuer has not signed the token."""
    token, keys = call.id_token, call.issuer_keys
    return token is not None and keys is not None and not token.is_signed_by(keys)


def saml_provider_unknown(call: StsCall) -> Finding:
    """Tell whether no such provider is registered."""
    return call.saml_provider is None


def assertion_malformed(call: StsCall) -> Finding:
    """Tell whether there is no assertion that can be read."""
    return call.assertion is None


def assertion_issuer_mismatch(call: StsCall) -> Finding:
    """Tell whether the assertion is another provider's."""
    assertion, provider = call.assertion, call.saml_provider
    return assertion is not None and provider is not None and assertion.issuer != provider.entity_id


def assertion_signature_wrong(call: StsCall) -> Finding:
    """Tell whether the provider has not signed the assertion."""
    assertion, provider = call.assertion, call.saml_provider
    if assertion is None or provider is None:
        return False
    return not assertion.is_signed_by(provider.certificates())


def assertion_recipient_mismatch(call: StsCall) -> Finding:
    """Tell whether the assertion was made for somebody else."""
    assertion = call.assertion
    return assertion is not None and (assertion.recipient or "").lower() not in RECIPIENTS


def assertion_audience_mismatch(call: StsCall) -> Finding:
    """Tell whether the assertion is restricted to somebody else."""
    audiences = () if call.assertion is None else call.assertion.audiences
    return bool(audiences) and AUDIENCES.isdisjoint(audiences)


def assertion_expired(call: StsCall) -> Finding:
    """Tell whether the assertion is not good now."""
    assertion = call.assertion
    if assertion is None:
        return False
    begins, ends = assertion.not_before, assertion.not_on_or_after
    session_ends = assertion.session_not_on_or_after or ends
    if ends is None or session_ends is None:
        return True
    return call.now >= min(ends, session_ends) or (begins is not None and call.now < begins)


def assertion_session_name_malformed(call: StsCall) -> Finding:
    """Tell whether the assertion does not say what the session is called."""
    return call.assertion is not None and not is_session_name(call.assertion.session_name or "")


def assertion_names_another_role(call: StsCall) -> Finding:
    """Tell whether the assertion is not about this role and this provider."""
    wanted = (call.parameters.get("RoleArn", ""), call.parameters.get("SAMLProviderArn", ""))
    return call.assertion is not None and wanted not in call.assertion.roles


CHECKS: Final[Mapping[str, Callable[[StsCall], Finding]]] = {
    check.__name__: check
    for check in (
        oidc_provider_unknown,
        id_token_malformed,
        id_token_issuer_mismatch,
        id_token_audience_mismatch,
        id_token_expired,
        id_token_issued_too_long_ago,
        issuer_broken,
        issuer_fingerprint_mismatch,
        id_token_signature_wrong,
        saml_provider_unknown,
        assertion_malformed,
        assertion_issuer_mismatch,
        assertion_signature_wrong,
        assertion_recipient_mismatch,
        assertion_audience_mismatch,
        assertion_expired,
        assertion_session_name_malformed,
        assertion_names_another_role,
    )
}
"""The checks of this module by the conditions that they are about."""
