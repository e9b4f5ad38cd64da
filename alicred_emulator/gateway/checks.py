"""The checks behind the rows of the decision table that all APIs share.

Each tells whether its condition holds for a call: False, or True, or the words that the row's message takes.
A check never relies on another's having been made before: the order is the table's to decide.
"""

from collections.abc import Callable, Mapping
from typing import Final

from alicred_emulator.gateway import signatures
from alicred_emulator.gateway.call import PATH, Call
from alicred_emulator.gateway.nonces import ACCEPTED_SECONDS
from alicred_emulator.gateway.proof import ACS3, BEARER, CONTENT_HEADER, NONE, V1
from alicred_emulator.hosts import service_of
from alicred_emulator.messages import JSON_TYPE
from alicred_emulator.parameters import FORM_TYPE, content_type
from alicred_emulator.ram.access_keys import INACTIVE, AccessKey, RsaKeyPair

Finding = bool | Mapping[str, str]

_TOKEN_PREFIX: Final = "CAIS"  # noqa: S105 - what every token begins with
_SIGNED_PREFIX: Final = "x-acs-"


def plain_http(call: Call) -> Finding:
    """Tell whether a real host was asked without TLS; the fakes' own addresses may be."""
    return not call.request.secure and service_of(call.host) is not None


def method_unsupported(call: Call) -> Finding:
    """Tell whether the method is neither GET nor POST."""
    return call.request.method not in {"GET", "POST"}


def path_unknown(call: Call) -> Finding:
    """Tell whether something else than the one path of such an API was asked for."""
    return call.request.path != PATH


def content_type_unsupported(call: Call) -> Finding:
    """Tell whether a body is neither JSON nor a form."""
    return bool(call.request.body) and content_type(call.request) not in {JSON_TYPE, FORM_TYPE}


def body_unreadable(call: Call) -> Finding:
    """Tell whether a body is not what its type says."""
    return not call.readable


def format_unsupported(call: Call) -> Finding:
    """Tell whether the answer is wanted in a format that there is not."""
    return call.parameters.get("Format", "JSON").upper() not in {"JSON", "XML"}


def action_or_version_missing(call: Call) -> Finding:
    """Name the one of the two that is not there."""
    return _first_missing({"Action": call.action_name, "Version": call.version})


def action_unknown(call: Call) -> Finding:
    """Tell whether the API has no such action."""
    return call.action is None


def parameter_missing(call: Call) -> Finding:
    """Name the first parameter that is not there and has to be."""
    proof: Mapping[str, str] = {} if call.vouched_for else call.proof.required
    needs = call.action.needs if call.action else ()
    return _first_missing({**proof, **{name: call.parameters.get(name, "") for name in needs}})


def timestamp_malformed(call: Call) -> Finding:
    """Tell whether there is a time stamp that cannot be read."""
    return bool(call.proof.timestamp) and call.made_at is None


def timestamp_expired(call: Call) -> Finding:
    """Tell whether the time stamp is too far from the service's time."""
    if call.made_at is None:
        return False
    return abs((call.made_at - call.world.clock.now()).total_seconds()) > ACCEPTED_SECONDS


def authorization_malformed(call: Call) -> Finding:
    """Tell whether an ACS3 header lacks a part, or leaves out what has to be signed (documented)."""
    proof = call.proof
    if proof.style != ACS3 or call.vouched_for:
        return False
    wanted = {name for name in call.request.headers if name.startswith(_SIGNED_PREFIX)}
    wanted.update({CONTENT_HEADER}, {"host"}.intersection(call.request.headers))
    return not (proof.key_id and proof.signature) or not wanted.issubset(proof.signed_headers)


def signature_method_unsupported(call: Call) -> Finding:
    """Tell whether the signature was made in a way that the service does not know, or not for this action."""
    proof, by_key_pair = call.proof, _is_signed_by_key_pair(call)
    if call.vouched_for or proof.style == NONE:
        return False
    if proof.style != V1:
        return by_key_pair or (proof.style == ACS3 and proof.method != signatures.ACS3_METHOD)
    # With a key pair some SDKs use the others as well; that is for the signature's check to judge.
    return proof.method not in {*signatures.V1_DIGESTS, *([signatures.RSA_METHOD] if by_key_pair else [])}


def key_unknown(call: Call) -> Finding:
    """Tell whether there is no such key; a key pair counts for its own action alone."""
    if call.vouched_for or call.proof.style in {BEARER, NONE}:
        return False
    return call.key is None or isinstance(call.key, RsaKeyPair) is not _is_signed_by_key_pair(call)


def key_inactive(call: Call) -> Finding:
    """Tell whether the key was deactivated."""
    return not call.vouched_for and isinstance(call.key, AccessKey) and call.key.status == INACTIVE


def bearer_token_unknown(call: Call) -> Finding:
    """Tell whether nobody has this bearer token."""
    if call.vouched_for or call.proof.style != BEARER:
        return False
    return call.proof.bearer_token not in call.world.accounts.keyring.bearer_tokens


def security_token_missing(call: Call) -> Finding:
    """Tell whether the key is a session's that has a token, and none is there."""
    has_token = call.session is not None and bool(call.session.security_token)
    return not call.vouched_for and has_token and not call.proof.security_token


def security_token_malformed(call: Call) -> Finding:
    """Tell whether the security token does not look like one."""
    token = call.proof.security_token
    return not call.vouched_for and bool(token) and not token.startswith(_TOKEN_PREFIX)


def security_token_mismatch(call: Call) -> Finding:
    """Tell whether the security token is not the one that was issued with the key."""
    token = call.proof.security_token
    own = call.session.security_token if call.session else ""
    return not call.vouched_for and bool(token) and not signatures.same(token, own)


def session_expired(call: Call) -> Finding:
    """Tell whether the key is a session's that is not good now."""
    if call.vouched_for or call.session is None:
        return False
    return not call.session.is_valid(call.world.clock.now())


def nonce_used(call: Call) -> Finding:
    """Use the nonce up, and tell whether it was used before."""
    if call.vouched_for or call.proof.style not in {V1, ACS3} or call.made_at is None:
        return False
    now = call.world.clock.time()
    return not call.world.nonces.use(call.proof.key_id, call.proof.nonce, call.made_at.timestamp(), now)


def _is_signed_by_key_pair(call: Call) -> bool:
    return call.action is not None and call.action.signed_by_key_pair


def _first_missing(values: Mapping[str, str]) -> Finding:
    missing = next((name for name, value in values.items() if not value), None)
    return False if missing is None else {"parameter": missing}


CHECKS: Final[Mapping[str, Callable[[Call], Finding]]] = {
    check.__name__: check
    for check in (
        plain_http,
        method_unsupported,
        path_unknown,
        content_type_unsupported,
        body_unreadable,
        format_unsupported,
        action_or_version_missing,
        action_unknown,
        parameter_missing,
        timestamp_malformed,
        timestamp_expired,
        authorization_malformed,
        signature_method_unsupported,
        key_unknown,
        key_inactive,
        bearer_token_unknown,
        security_token_missing,
        security_token_malformed,
        security_token_mismatch,
        session_expired,
        nonce_used,
    )
}
"""The checks of this module by the conditions that they are about."""
