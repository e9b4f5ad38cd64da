import base64
import json
from datetime import datetime, timezone
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.oidc.issuer import OidcIssuer
from alicred_emulator.oidc.tokens import LONGEST_TOKEN, IdToken

HEADER = b'{"alg":"RS256","kid":"k"}'
SECRET = "a secret of more than thirty-two bytes that everybody knows"


@pytest.fixture
def issuer(clock: EmulatorClock) -> OidcIssuer:
    """An issuer whose clock stands still."""
    return OidcIssuer(clock)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def token_of(claims: bytes, header: bytes = HEADER, signature: bytes = b"s") -> str:
    """Put a token together, whatever its parts are."""
    return f"{encoded(header)}.{encoded(claims)}.{encoded(signature)}"


def read(**claims: object) -> IdToken:
    """Read a token with these claims."""
    token = IdToken.read(token_of(json.dumps(claims).encode()))
    assert token is not None
    return token


def test_a_token_is_read(issuer: OidcIssuer) -> None:
    """What the issuer wrote is what is read, white space around it or not."""
    text = issuer.issue_token("system:serviceaccount:a:b", audience=("x", "y"), lifetime=60)
    token = IdToken.read(f"\r\n {text}\n")
    assert token is not None
    assert token == IdToken.read(text)
    assert (token.text, token.issuer, token.subject) == (text, issuer.url, "system:serviceaccount:a:b")
    assert token.audiences == ("x", "y")
    assert token.issued_at == token.not_before == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert token.expires_at == datetime(2026, 1, 2, 3, 5, 5, tzinfo=timezone.utc)
    assert token.claims["kubernetes.io"]
    assert text not in repr(token)


@pytest.mark.parametrize(
    ("given", "audiences"),
    [
        ("one", ("one",)),
        (["a", "b"], ("a", "b")),
        (["a", 5, None, "b"], ("a", "b")),
        ([], ()),
        (5, ()),
        (None, ()),
    ],
)
def test_audiences_are_one_or_several(given: object, audiences: tuple[str, ...]) -> None:
    """RFC 7519 knows a text and a list of texts; what is neither is nobody."""
    assert read(aud=given).audiences == audiences


@pytest.mark.parametrize("claim", ["iss", "sub"])
@pytest.mark.parametrize("value", [5, None, ["x"], {"x": "y"}, True])
def test_who_is_no_text_is_nobody(claim: str, value: object) -> None:
    """An issuer or subject that is no text is None, as one that is missing."""
    token = read(**{claim: value})
    assert (token.issuer, token.subject) == (None, None)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (0, datetime(1970, 1, 1, tzinfo=timezone.utc)),
        (1.5, datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=timezone.utc)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        (10**18, None),
        (-(10**18), None),
        (10**400, None),
        (1e300, None),
        (True, None),
        ("1767323045", None),
        ("soon", None),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_times_are_numbers_that_are_a_date(value: object, moment: datetime | None) -> None:
    """Seconds since the epoch become a moment; everything else is no time."""
    token = read(exp=value, iat=value, nbf=value)
    assert (token.expires_at, token.issued_at, token.not_before) == (moment, moment, moment)
    assert read().expires_at is None


DEEP = b"[" * 14_000
NO_TOKENS = {
    "nothing": "",
    "white space": " \n",
    "a word": "test",
    "two parts": "a.b",
    "four parts": token_of(b"{}") + ".x",
    "five parts": "a.b.c.d.e",
    "dots": "..",
    "no header": "." + token_of(b"{}").partition(".")[2],
    "no claims": f"{encoded(HEADER)}..x",
    "a letter of no alphabet": token_of(b"{}").replace(".", "!.", 1),
    "white space inside": token_of(b"{}").replace(".", " .", 1),
    "a line break inside": token_of(b"{}").replace(".", ".\n", 1),
    "base64 of the other alphabet": f"{encoded(HEADER)}.++//.x",
    "base64 of an impossible length": f"{encoded(HEADER)}.e30xx.x",
    "a header that is no JSON": token_of(b"{}", b"{"),
    "a header that is a list": token_of(b"{}", b"[]"),
    "a header that is deep": token_of(b"{}", DEEP),
    "claims that are no JSON": token_of(b"{"),
    "claims that are null": token_of(b"null"),
    "claims that are a list": token_of(b'["iss"]'),
    "claims that are a text": token_of(b'"iss"'),
    "claims that are no UTF-8": token_of(b'{"iss":"\xff"}'),
    "claims with a byte order mark": token_of(b"\xef\xbb\xbf{}"),
    "claims in UTF-16": token_of("{}".encode("utf-16")),
    "claims that are deep": token_of(DEEP),
    "claims with something deep in them": token_of(b'{"a":' + DEEP),
    "claims with NaN": token_of(b'{"exp":NaN}'),
    "claims with an infinite number": token_of(b'{"exp":-Infinity}'),
    "claims with a number beyond all numbers": token_of(b'{"exp":1e999}'),
    "claims with half a character": token_of(b'{"iss":"\\ud800"}'),
    "letters of other scripts": "\u0430.\u0431.\u0432",
    "half a character": "\ud800.\ud800.\ud800",
    "a null byte": "\0.\0.\0",
    "too long a text": token_of(b"{}", signature=b"s" * LONGEST_TOKEN),
}


@pytest.mark.parametrize("name", NO_TOKENS)
def test_what_is_no_token_is_none(name: str) -> None:
    """Nothing that is no JWT of two JSON objects is read, and nothing raises."""
    assert IdToken.read(NO_TOKENS[name]) is None


def test_a_token_may_be_as_long_as_documented() -> None:
    """20,000 characters are read, and not one more."""
    text = token_of(b"{}")
    longest = text + "A" * (LONGEST_TOKEN - len(text) - len(text) % 2)
    assert IdToken.read(longest) is not None
    assert IdToken.read(longest + "A" * 4) is None


def test_the_issuers_keys_verify(issuer: OidcIssuer) -> None:
    """A token is signed by the key that it names, for as long as that is published."""
    token = IdToken.read(issuer.issue_token())
    assert token is not None
    assert token.is_signed_by(issuer.jwks())
    issuer.rotate_keys()
    assert token.is_signed_by(issuer.jwks())
    issuer.rotate_keys(keep_former=False)
    assert not token.is_signed_by(issuer.jwks())


def test_a_foreign_key_does_not_verify(issuer: OidcIssuer) -> None:
    """A wrong key is found out, whether the token names a known key or an unknown one."""
    for key_id in (None, "unknown"):
        token = IdToken.read(issuer.issue_token(foreign_key=True, key_id=key_id))
        assert token is not None
        assert not token.is_signed_by(issuer.jwks())
    token = IdToken.read(issuer.issue_token(key_id="unknown"))
    assert token is not None
    assert not token.is_signed_by(issuer.jwks())


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_part_does_not_verify(issuer: OidcIssuer, part: int) -> None:
    """Each of the three parts is covered by the signature, or is it."""
    ours = issuer.issue_token().split(".")
    others = issuer.issue_token("system:serviceaccount:default:eve").split(".")
    others[0] = encoded(json.dumps({**jwt.get_unverified_header(".".join(ours)), "x": 1}).encode())
    ours[part] = others[part]
    token = IdToken.read(".".join(ours))
    assert token is not None
    assert not token.is_signed_by(issuer.jwks())


def jwk_of(key: Any, **fields: object) -> dict[str, Any]:
    """Publish a key."""
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), **fields}


def signed(key: Any, algorithm: str, **header: object) -> IdToken:
    """Sign an empty token."""
    text = jwt.encode({}, key, algorithm=algorithm, headers=header)
    token = IdToken.read(text)
    assert token is not None
    return token


P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())


@cache
def our_rsa() -> rsa.RSAPrivateKey:
    """Make an RSA key, which takes long, when the first test needs it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384"])
def test_keys_with_a_public_half_verify(algorithm: str) -> None:
    """RSA and elliptic curves, as far as RFC 7518 knows them, named by the key set or not."""
    key = {"ES256": P256, "ES384": P384}.get(algorithm) or our_rsa()
    token = signed(key, algorithm, kid="k")
    assert token.is_signed_by({"keys": [jwk_of(key, kid="k", alg=algorithm, use="sig")]})
    assert token.is_signed_by({"keys": [jwk_of(key, kid="k")]})


def test_a_token_that_names_no_key_is_tried_with_each() -> None:
    """The key id is there to choose by; without one, any published key may have signed."""
    token = signed(our_rsa(), "RS256")
    assert token.is_signed_by({"keys": [jwk_of(P256, kid="a"), jwk_of(our_rsa(), kid="b")]})
    assert not token.is_signed_by({"keys": [jwk_of(P256, kid="a")]})


@pytest.mark.parametrize("fields", [{"use": "enc"}, {"alg": "RS384"}, {"kid": "other"}, {"kid": None}])
def test_a_key_for_something_else_is_not_used(fields: dict[str, object]) -> None:
    """Use, algorithm and id of a key have to fit the token."""
    token = signed(our_rsa(), "RS256", kid="k")
    assert not token.is_signed_by({"keys": [jwk_of(our_rsa(), kid="k") | fields]})


def test_an_unsigned_token_is_never_good() -> None:
    """The algorithm "none" needs no key, and convinces nobody."""
    token = signed(None, "none", kid="k")
    assert not token.is_signed_by(
        {"keys": [jwk_of(our_rsa(), kid="k"), jwk_of(our_rsa(), kid="k", alg="none")]}
    )


def test_a_shared_secret_is_never_good() -> None:
    """What is published to everybody would be a secret that everybody could sign with."""
    oct_key = {"kty": "oct", "k": encoded(SECRET.encode()), "kid": "k"}
    token = signed(SECRET, "HS256", kid="k")
    assert not token.is_signed_by({"keys": [oct_key, {**oct_key, "alg": "HS256"}]})


def test_a_public_key_is_no_shared_secret() -> None:
    """The trick of signing by HMAC with the text of a public key does not work."""
    modulus = jwk_of(our_rsa())["n"]
    token = signed(modulus, "HS256", kid="k")
    assert not token.is_signed_by({"keys": [jwk_of(our_rsa(), kid="k")]})


def test_short_keys_are_not_good() -> None:
    """RFC 7518 wants 2048 bits of an RSA key."""
    for bits, good in ((2048, True), (2047, False)):
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        signing_input = token_of(b"{}").rpartition(".")[0]
        signature = encoded(key.sign(signing_input.encode(), PKCS1v15(), SHA256()))
        token = IdToken.read(f"{signing_input}.{signature}")
        assert token is not None
        assert token.is_signed_by({"keys": [jwk_of(key, kid="k")]}) is good


NO_KEY_SETS: list[dict[str, Any]] = [
    {},
    {"keys": None},
    {"keys": {}},
    {"keys": "RSA"},
    {"keys": [None, 5, "RSA", [], {}]},
    {"keys": [{"kid": "k"}]},
    {"keys": [{"kid": "k", "kty": []}]},
    {"keys": [{"kid": "k", "kty": "RSA"}]},
    {"keys": [{"kid": "k", "kty": "RSA", "n": 5, "e": None}]},
    {"keys": [{"kid": "k", "kty": "RSA", "n": "", "e": "AQAB"}]},
    {"keys": [{"kid": "k", "kty": "RSA", "n": "\ud800", "e": "!"}]},
    {"keys": [{"kid": "k", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]},
    {"keys": [jwk_of(P256, kid="k")]},
    {"keys": [{"kid": "k", "kty": "OKP", "crv": "Ed25519", "x": "AA"}]},
]


@pytest.mark.parametrize("jwks", NO_KEY_SETS, ids=range(len(NO_KEY_SETS)))
def test_what_is_no_key_is_passed_over(jwks: dict[str, Any]) -> None:
    """A key set may hold anything; what is no key verifies nothing, and hides no key beside it."""
    token = signed(our_rsa(), "RS256", kid="k")
    assert not token.is_signed_by(jwks)
    if isinstance(jwks.get("keys"), list):
        assert token.is_signed_by({"keys": [*jwks["keys"], jwk_of(our_rsa(), kid="k")]})


@pytest.mark.parametrize("algorithm", ['"rs256"', '"RS257"', '""', "null", "5", '["RS256"]', "{}"])
def test_an_algorithm_that_nobody_knows_is_never_good(algorithm: str) -> None:
    """The name of the algorithm may be anything."""
    token = IdToken.read(token_of(b"{}", f'{{"alg":{algorithm}}}'.encode()))
    assert token is not None
    assert not token.is_signed_by({"keys": [jwk_of(our_rsa())]})


def use(token: IdToken | None) -> None:
    """Ask a token for everything."""
    if token is not None:
        moments = (token.expires_at, token.issued_at, token.not_before)
        assert all(moment is None or moment.tzinfo is timezone.utc for moment in moments)
        assert all(isinstance(audience, str) for audience in token.audiences)
        assert isinstance(repr(token), str)
        assert not token.is_signed_by({"keys": [jwk_of(our_rsa(), kid="k"), jwk_of(P256)]})
        f"{token.issuer}{token.subject}{json.dumps(token.claims, ensure_ascii=False)}".encode()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_claims = st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]), _json)
_headers = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]), _json)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="eyJ.=-_A0 \n", max_size=60))
def test_any_text_is_a_token_or_none(text: str) -> None:
    """Nothing that is sent as a token raises."""
    use(IdToken.read(text))


@settings(max_examples=300, deadline=None)
@given(header=_headers, claims=_claims | _json, algorithm=st.sampled_from(["RS256", "ES256", "none", None]))
def test_any_json_is_a_token_or_none(header: dict[str, Any], claims: Any, algorithm: str | None) -> None:
    """Whatever header and claims hold, reading them does not raise, and a made-up signature is not good."""
    if algorithm is not None:
        header = {**header, "alg": algorithm}
    use(IdToken.read(token_of(json.dumps(claims).encode(), json.dumps(header).encode(), b"s" * 64)))


@cache
def valid_token() -> str:
    """Issue a good token."""
    return OidcIssuer(EmulatorClock()).issue_token()


@settings(max_examples=300, deadline=None)
@given(
    start=st.integers(0, 900),
    removed=st.integers(0, 40),
    put=st.binary(max_size=30).map(encoded) | st.text(max_size=3),
)
def test_a_damaged_token_is_not_signed(start: int, removed: int, put: str) -> None:
    """A good token of which a piece was replaced is another token, or none, and not good any more."""
    token = IdToken.read(valid_token()[:start] + put + valid_token()[start + removed :])
    if token is not None and token.text.rpartition(".")[0] != valid_token().rpartition(".")[0]:
        assert not token.is_signed_by(OidcIssuer(EmulatorClock()).jwks())
