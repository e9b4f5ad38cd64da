"""Whether a call's signature is the one that its key makes, in each style."""

from collections.abc import Iterator
from typing import Final

from alicred_emulator.gateway import signatures
from alicred_emulator.gateway.call import Call, Key
from alicred_emulator.gateway.checks import Finding
from alicred_emulator.gateway.proof import ACS3, CONTENT_HEADER, V1
from alicred_emulator.ram.access_keys import RsaKeyPair


def signature_wrong(call: Call) -> Finding:
    """Tell whether a signature is wrong: the string that it should have been made of.

    Args:
        call: The call.

    Returns:
        False if there is nothing to say against it, else the words of the refusal.
    """
    key = call.key
    if call.vouched_for or key is None:
        return False
    strings = list(_acs3_strings(call) if call.proof.style == ACS3 else _v1_strings(call))
    if _has_the_body_it_says(call) and any(_is_signature(call, key, string) for string in strings):
        return False
    return {"string_to_sign": strings[0]}


def _v1_strings(call: Call) -> Iterator[str]:
    method, parameters = call.request.method, call.parameters
    yield signatures.v1_string_to_sign(method, parameters)
    if call.world.leniency.accepts_plus_for_space:
        yield signatures.v1_string_to_sign(method, parameters, signatures.plus_encoded)


def _acs3_strings(call: Call) -> Iterator[str]:
    request, content_sha256 = call.request, signatures.hash_of(call.request.body)
    # Where the header says another hash, the string that is told says the right one.
    headers = {**request.headers, CONTENT_HEADER: content_sha256}
    signed = {name: headers.get(name, "") for name in call.proof.signed_headers}
    yield signatures.acs3_string_to_sign(
        signatures.acs3_canonical_request(request.method, request.path, call.query, signed, content_sha256)
    )


def _has_the_body_it_says(call: Call) -> bool:
    told = call.request.headers.get(CONTENT_HEADER)
    return call.proof.style != ACS3 or told == signatures.hash_of(call.request.body)


def _is_signature(call: Call, key: Key, string_to_sign: str) -> bool:
    proof = call.proof
    if isinstance(key, RsaKeyPair):
        return _is_signed_by_key_pair(call, key, string_to_sign)
    if proof.style == V1 and proof.method not in signatures.V1_DIGESTS:
        return False
    secret = key.access_key_secret
    expected = (
        signatures.acs3_signature(secret, string_to_sign)
        if proof.style == ACS3
        else signatures.v1_signature(proof.method, secret, string_to_sign)
    )
    return signatures.same(proof.signature, expected)


def _is_signed_by_key_pair(call: Call, pair: RsaKeyPair, string_to_sign: str) -> bool:
    proof = call.proof
    if signatures.is_rsa_signature(pair.public_key, proof.signature, string_to_sign):
        return proof.method == signatures.RSA_METHOD
    if not call.world.leniency.accepts_hmac_for_key_pairs:
        return False
    # Some SDKs take the text of the key's file for a secret, whatever method they name.
    methods = signatures.V1_DIGESTS
    texts = (pair.private_key_pem, pair.private_key_pem.strip())
    return any(
        signatures.same(proof.signature, signatures.v1_signature(method, text, string_to_sign))
        for method in methods
        for text in texts
    )


CHECKS: Final = {signature_wrong.__name__: signature_wrong}
"""The check of this module by the condition that it is about."""
