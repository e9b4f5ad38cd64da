"""The checks behind the rows of the decision table that concern the OAuth service alone."""

from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.gateway.checks import Finding
from alicred_emulator.oauth.call import GRANTS, OAuthCall


def client_unknown(call: OAuthCall) -> Finding:
    """Tell whether no such program is known at this site."""
    return call.client_id not in call.client_ids


def redirect_uri_unknown(call: OAuthCall) -> Finding:
    """Tell whether the browser would be sent to another machine, or nowhere."""
    return not call.redirect_uri


def response_type_unsupported(call: OAuthCall) -> Finding:
    """Tell whether anything but a code is wanted of the browser."""
    return call.parameters.get("response_type") != "code"


def proof_key_malformed(call: OAuthCall) -> Finding:
    """Tell whether the challenge or its method is none of RFC 7636."""
    return not call.proof_key.is_readable


def grant_type_unsupported(call: OAuthCall) -> Finding:
    """Tell whether a token is wanted for something that none is given for."""
    return call.grant_type not in GRANTS


def code_unknown(call: OAuthCall) -> Finding:
    """Tell whether the code was never issued, or to another program."""
    if call.grant_type != "authorization_code":
        return False
    return call.code is None or call.code.given.sign_in.client_id != call.client_id


def code_used(call: OAuthCall) -> Finding:
    """Tell whether the code was used before."""
    return call.code is not None and call.code.withdrawn


def code_expired(call: OAuthCall) -> Finding:
    """Tell whether the code has ended."""
    return call.code is not None and call.code.is_expired(call.now)


def redirect_uri_different(call: OAuthCall) -> Finding:
    """Tell whether the browser had been sent elsewhere with the code."""
    return call.code is not None and call.code.given.redirect_uri != call.parameters.get("redirect_uri")


def code_verifier_wrong(call: OAuthCall) -> Finding:
    """Tell whether the verifier is not what the challenge was made of."""
    if call.code is None:
        return False
    return not call.code.given.proof_key.is_met_by(call.parameters.get("code_verifier", ""))


def refresh_token_unknown(call: OAuthCall) -> Finding:
    """Tell whether the refresh token was never issued, or to another program."""
    if call.grant_type != "refresh_token":
        return False
    return call.refresh_token is None or call.refresh_token.given.client_id != call.client_id


def refresh_token_withdrawn(call: OAuthCall) -> Finding:
    """Tell whether the refresh token was used before, or revoked."""
    return call.refresh_token is not None and call.refresh_token.withdrawn


def refresh_token_expired(call: OAuthCall) -> Finding:
    """Tell whether the refresh token has ended."""
    return call.refresh_token is not None and call.refresh_token.is_expired(call.now)


def access_token_unknown(call: OAuthCall) -> Finding:
    """Tell whether the access token was never issued at this site."""
    if not call.bearer_token:
        return False
    return call.access_token is None or call.access_token.given.client_id not in call.client_ids


def access_token_revoked(call: OAuthCall) -> Finding:
    """Tell whether the access token was revoked."""
    return call.access_token is not None and call.access_token.withdrawn


def access_token_expired(call: OAuthCall) -> Finding:
    """Tell whether the access token has ended."""
    return call.access_token is not None and call.access_token.is_expired(call.now)


CHECKS: Final[Mapping[str, Callable[[OAuthCall], Finding]]] = {
    check.__name__: check
    for check in (
        client_unknown,
        redirect_uri_unknown,
        response_type_unsupported,
        proof_key_malformed,
        grant_type_unsupported,
        code_unknown,
        code_used,
        code_expired,
        redirect_uri_different,
        code_verifier_wrong,
        refresh_token_unknown,
        refresh_token_withdrawn,
        refresh_token_expired,
        access_token_unknown,
        access_token_revoked,
        access_token_expired,
    )
}
"""The checks of this module by the conditions that they are about."""
