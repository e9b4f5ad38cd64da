"""What a request presents to prove who sends it is read as it was written, and judged by nobody yet."""

from alicred_emulator.gateway.proof import Proof, presented
from alicred_emulator.messages import Headers

SIGNED_PARAMETERS = {
    "AccessKeyId": "the key",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureVersion": "1.0",
    "SignatureNonce": "the nonce",
    "Timestamp": "the time",
    "Signature": "the signature",
}
AUTHORIZATION = "ACS3-HMAC-SHA256 Credential=the-key,SignedHeaders=Host;x-acs-date,Signature=the-signature"
SIGNED_HEADERS = {
    "Authorization": AUTHORIZATION,
    "X-Acs-Security-Token": "the token",
    "X-Acs-Signature-Nonce": "the nonce",
    "X-Acs-Date": "the time",
}
TOKEN_PARAMETERS = {"SignatureType": "BEARERTOKEN", "BearerToken": "a parameter", "Timestamp": "its time"}
TOKEN_HEADERS = {"X-Acs-Bearer-Token": "a header", "X-Acs-Date": "the header's time"}


def proof_of(headers=(), **parameters):
    """Return what a request with these headers and parameters presents."""
    return presented(Headers(dict(headers).items()), parameters)


def test_version_1_is_read_from_the_parameters():
    """Whatever it has to have is required of it; the token of a session is not."""
    proof = Proof(
        style="V1",
        key_id="the key",
        security_token="the token",
        method="HMAC-SHA1",
        signature="the signature",
        nonce="the nonce",
        timestamp="the time",
        required=SIGNED_PARAMETERS,
    )
    assert proof_of(**SIGNED_PARAMETERS, SecurityToken="the token") == proof


def test_a_key_alone_makes_it_version_1():
    """All else is missed, and stands as an empty text."""
    required = {**dict.fromkeys(SIGNED_PARAMETERS, ""), "AccessKeyId": "the key"}
    assert proof_of(AccessKeyId="the key") == Proof(style="V1", key_id="the key", required=required)


def test_acs3_is_read_from_the_headers():
    """Case does not matter in the names of the headers, nor in the list of those that are signed."""
    proof = Proof(
        style="ACS3",
        key_id="the-key",
        security_token="the token",
        method="ACS3-HMAC-SHA256",
        signature="the-signature",
        signed_headers=("host", "x-acs-date"),
        nonce="the nonce",
        timestamp="the time",
        required={"SignatureNonce": "the nonce", "Timestamp": "the time"},
    )
    assert proof_of(SIGNED_HEADERS) == proof


def test_the_method_alone_makes_it_acs3():
    """An Authorization without parts signs no header, with no key."""
    required = {"SignatureNonce": "", "Timestamp": ""}
    proof = Proof(style="ACS3", method="ACS3-HMAC-SHA256", required=required)
    assert proof_of({"Authorization": "ACS3-HMAC-SHA256"}) == proof
    assert proof_of({"Authorization": "ACS3-HMAC-SHA256 "}) == proof


def test_a_bearer_token_is_read_from_header_or_parameter():
    """Either makes it one; where both are, the header counts, and so it is with the time."""
    required = {"BearerToken": "a parameter", "Timestamp": "its time"}
    by_parameter = Proof(style="BEARER", bearer_token="a parameter", timestamp="its time", required=required)
    assert proof_of(**TOKEN_PARAMETERS) == by_parameter
    required = {"BearerToken": "a header", "Timestamp": "the header's time"}
    by_header = Proof(
        style="BEARER", bearer_token="a header", timestamp="the header's time", required=required
    )
    assert proof_of(TOKEN_HEADERS) == proof_of(TOKEN_HEADERS, **TOKEN_PARAMETERS) == by_header


def test_a_type_of_signature_makes_it_a_bearer_token():
    """That there is no token is for a check to say."""
    required = {"BearerToken": "", "Timestamp": ""}
    assert proof_of(SignatureType="BEARERTOKEN") == Proof(style="BEARER", required=required)


def test_nothing_is_a_proof_of_nothing():
    """A key is missed; the time is read for those that need no proof, from a parameter or else a header."""
    required = {"AccessKeyId": ""}
    assert proof_of() == Proof(style="NONE", required=required)
    by_header = Proof(style="NONE", timestamp="a header", required=required)
    assert proof_of({"x-acs-date": "a header"}) == by_header
    by_parameter = Proof(style="NONE", timestamp="a parameter", required=required)
    assert proof_of({"x-acs-date": "a header"}, Timestamp="a parameter") == by_parameter


def test_a_request_has_one_style():
    """ACS3 before a bearer token, that before version 1; another Authorization is none of them."""
    everything = {**TOKEN_PARAMETERS, **SIGNED_PARAMETERS}
    assert proof_of(SIGNED_HEADERS | TOKEN_HEADERS, **everything).style == "ACS3"
    assert proof_of(**everything).style == "BEARER"
    for other in ("Basic dXNlcjpzZWNyZXQ=", f"x{AUTHORIZATION}", "ACS3", ""):
        assert proof_of({"Authorization": other}, **SIGNED_PARAMETERS).style == "V1"


def test_a_proof_shows_nothing():
    """Keys and tokens are kept out of logs and tracebacks."""
    for proof in (proof_of(SIGNED_HEADERS), proof_of(**SIGNED_PARAMETERS), proof_of(TOKEN_HEADERS)):
        assert not any(word in repr(proof) for word in ("key", "token", "signature", "header"))
