import json
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.messages import Reply, Request
from alicred_emulator.oidc.issuer import CLUSTER_ID, DEFAULT_SUBJECT, DEFAULT_URL, OidcIssuer
from alicred_emulator.oidc.service import OPERATIONS, answer, operation

ISSUED = 1_767_323_045  # 2026-01-02T03:04:05Z


@pytest.fixture
def issuer(clock: EmulatorClock) -> OidcIssuer:
    """An issuer whose clock stands still."""
    return OidcIssuer(clock)


def verified(token: str, issuer: OidcIssuer) -> dict[str, Any]:
    """Verify a token as a stranger to the fake would: by PyJWT, with the published keys alone."""
    keys = jwt.PyJWKSet.from_dict(issuer.jwks())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    # The emulator's clock is not the machine's.
    times = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    claims: dict[str, Any] = jwt.decode(token, key.key, algorithms=["RS256"], options=times)
    return claims


def test_a_token_is_that_of_a_service_account(issuer: OidcIssuer) -> None:
    """Without a word of set-up, the claims are those of a projected token for STS, good for an hour."""
    claims = verified(issuer.issue_token(), issuer)
    assert claims["sub"] == DEFAULT_SUBJECT == "system:serviceaccount:default:demo-service-account"
    assert claims["aud"] == ["sts.aliyuncs.com"]
    assert claims["iss"] == issuer.url == DEFAULT_URL
    assert (claims["iat"], claims["nbf"], claims["exp"]) == (ISSUED, ISSUED, ISSUED + 3600)
    kubernetes = claims["kubernetes.io"]
    assert kubernetes["namespace"] == "default"
    assert kubernetes["serviceaccount"]["name"] == "demo-service-account"
    assert {"name", "uid"} == kubernetes["pod"].keys() == kubernetes["node"].keys()


def test_the_header_is_that_of_kubernetes(issuer: OidcIssuer) -> None:
    """It names algorithm and key, and no type."""
    [key] = issuer.jwks()["keys"]  # type: ignore[misc]
    assert jwt.get_unverified_header(issuer.issue_token()) == {"alg": "RS256", "kid": key["kid"]}


def test_the_issuer_has_the_shape_of_acks(issuer: OidcIssuer) -> None:
    """The URL is one that RAM would register: https, the cluster's id, and no sign that is forbidden."""
    assert issuer.url.startswith("https://oidc-ack-")
    assert issuer.url.endswith(f"/{CLUSTER_ID}")
    assert len(CLUSTER_ID) == 33
    assert not set("?#@") & set(issuer.url)


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(timedelta(minutes=10), 600), (600, 600), (1.9, 1), (0, 0), (-60, -60)]
)
def test_a_lifetime_is_in_whole_seconds(
    issuer: OidcIssuer, lifetime: timedelta | float, seconds: int
) -> None:
    """A timedelta and a number of seconds mean the same; a token may have expired when it is issued."""
    assert verified(issuer.issue_token(lifetime=lifetime), issuer)["exp"] == ISSUED + seconds


def test_times_are_whole_seconds_of_the_emulators_clock(issuer: OidcIssuer, clock: EmulatorClock) -> None:
    """A fraction of a second is cut off, as far from the present as the clock may go."""
    clock.move_to("9998-12-31T23:59:59.999999Z")
    assert verified(issuer.issue_token(lifetime=0), issuer)["exp"] == 253_370_764_799
    clock.move_to("1970-01-01T00:00:00.999999Z")
    assert verified(issuer.issue_token(lifetime=0), issuer)["iat"] == 0


def test_each_claim_can_be_chosen(issuer: OidcIssuer) -> None:
    """Subject, audience, issuer and any claim are the caller's; a claim of None is left out."""
    token = issuer.issue_token(
        "system:serviceaccount:apps:web",
        audience=("a", "b"),
        issuer="https://elsewhere",
        claims={"exp": "soon", "nbf": None, "groups": ["x"]},
    )
    claims = json.loads(jwt.PyJWS().decode_complete(token, options={"verify_signature": False})["payload"])
    assert (claims["sub"], claims["aud"], claims["iss"]) == (
        "system:serviceaccount:apps:web",
        ["a", "b"],
        "https://elsewhere",
    )
    assert (claims["exp"], claims["groups"]) == ("soon", ["x"])
    assert "nbf" not in claims
    assert claims["kubernetes.io"]["serviceaccount"]["name"] == "web"


@pytest.mark.parametrize("subject", ["alice", "system:serviceaccount:", "system:serviceaccount:default:"])
def test_other_subjects_have_no_pod(issuer: OidcIssuer, subject: str) -> None:
    """What is no service account gets no claim of Kubernetes."""
    claims = verified(issuer.issue_token(subject), issuer)
    assert claims["sub"] == subject
    assert "kubernetes.io" not in claims


def test_tokens_differ_and_are_the_same_in_every_run(issuer: OidcIssuer, clock: EmulatorClock) -> None:
    """No two tokens have the same jti, but the n-th of one issuer has that of the n-th of another."""
    first, second = (verified(issuer.issue_token(), issuer)["jti"] for _ in range(2))
    assert first != second
    issuer.reset()
    assert verified(issuer.issue_token(), issuer)["jti"] == first
    other = OidcIssuer(clock)
    assert verified(other.issue_token(), other)["jti"] == first


def test_a_foreign_key_is_never_published(issuer: OidcIssuer) -> None:
    """A token of a foreign key names the published one, and does not verify with it."""
    token = issuer.issue_token(foreign_key=True)
    with pytest.raises(jwt.InvalidSignatureError):
        verified(token, issuer)
    assert jwt.get_unverified_header(issuer.issue_token(key_id="another"))["kid"] == "another"


def kids(issuer: OidcIssuer) -> list[str]:
    """List the ids of the published keys."""
    keys: list[dict[str, str]] = issuer.jwks()["keys"]  # type: ignore[assignment]
    return [key["kid"] for key in keys]


def test_rotation_signs_with_a_new_key_and_keeps_the_former(issuer: OidcIssuer) -> None:
    """After an orderly rotation, tokens of both keys verify."""
    before = issuer.issue_token()
    issuer.rotate_keys()
    after = issuer.issue_token()
    assert len(set(kids(issuer))) == 2
    assert jwt.get_unverified_header(after)["kid"] == kids(issuer)[-1] != kids(issuer)[0]
    assert verified(before, issuer)["jti"] != verified(after, issuer)["jti"]


def test_rotation_may_withdraw_the_former(issuer: OidcIssuer) -> None:
    """After an emergency, only the new key is published."""
    before = issuer.issue_token()
    issuer.rotate_keys()
    issuer.rotate_keys(keep_former=False)
    assert len(kids(issuer)) == 1
    with pytest.raises(KeyError, match="no key for kid"):
        verified(before, issuer)
    verified(issuer.issue_token(), issuer)


def test_reset_returns_to_the_first_key_and_keeps_the_url(issuer: OidcIssuer) -> None:
    """Keys are not made again: those of before the rotation are in use again."""
    issuer.url = "https://127.0.0.1:8443"
    before = issuer.jwks()
    issuer.rotate_keys(keep_former=False)
    assert issuer.jwks() != before
    issuer.reset()
    assert issuer.jwks() == before
    assert issuer.url == "https://127.0.0.1:8443"


def test_threads_find_one_key(clock: EmulatorClock) -> None:
    """However many threads ask first, there is one key, and their tokens differ."""
    issuer = OidcIssuer(clock)
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(issuer.issue_token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({verified(token, issuer)["jti"] for token in tokens}) == 8


def ask(issuer: OidcIssuer, method: str, path: str) -> Reply:
    """Ask the service."""
    return answer(SimpleNamespace(oidc=issuer), Request.of(method, path))


def test_discovery_leads_to_the_keys(issuer: OidcIssuer) -> None:
    """Whoever knows the issuer's URL alone finds the keys, as OpenID Connect Discovery has it."""
    issuer.url = "https://127.0.0.1:8443"
    reply = ask(issuer, "GET", "/.well-known/openid-configuration")
    discovered = json.loads(reply.payload)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert discovered["issuer"] == "https://127.0.0.1:8443"
    assert discovered["id_token_signing_alg_values_supported"] == ["RS256"]
    assert discovered["response_types_supported"] == ["id_token"]
    assert discovered["subject_types_supported"] == ["public"]
    keys = ask(issuer, "GET", discovered["jwks_uri"])
    assert (keys.status, keys.content_type) == (200, "application/jwk-set+json")
    assert json.loads(keys.payload) == issuer.jwks()
    assert ("Cache-Control", "public, max-age=3600") in keys.headers


def test_the_keys_published_are_public(issuer: OidcIssuer) -> None:
    """A published key has the fields of Kubernetes, and nothing of the private half."""
    [key] = issuer.jwks()["keys"]  # type: ignore[misc]
    assert list(key) == ["use", "kty", "kid", "alg", "n", "e"]
    assert key["kid"].startswith("FAKE")


def test_paths_count_from_the_issuers_url(issuer: OidcIssuer) -> None:
    """With a path in its URL, as ACK's issuers have it, the issuer answers below that path alone."""
    documents = ["/.well-known/openid-configuration", "/openid/v1/jwks"]
    for path in documents:
        assert ask(issuer, "GET", f"/{CLUSTER_ID}{path}").status == 200
        assert (ask(issuer, "GET", path).status, ask(issuer, "GET", path).placed) == (404, False)


def test_operations_are_named(issuer: OidcIssuer) -> None:
    """The journal and the faults know the two documents by name."""
    named = {
        operation(Request.of("GET", path))
        for path in ("/.well-known/openid-configuration", "/openid/v1/jwks")
    }
    assert named == OPERATIONS
    assert operation(Request.of("GET", "/")) is None


@pytest.mark.parametrize(
    ("method", "path", "status", "placed"),
    [
        ("GET", "/", 404, False),
        ("GET", "/openid/v1/jwks/", 404, False),
        ("POST", "/openid/v1/jwks", 405, True),
        ("PUT", "/.well-known/openid-configuration", 405, True),
    ],
)
def test_there_is_nothing_else(issuer: OidcIssuer, method: str, path: str, status: int, placed: bool) -> None:
    """Other paths are not placed, other methods not allowed."""
    issuer.url = "https://127.0.0.1:8443"
    reply = ask(issuer, method, path)
    assert (reply.status, reply.placed) == (status, placed)
