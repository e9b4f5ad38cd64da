"""alicred signs as `fixtures/signatures.toml` says: as published, and as computed from what is published."""

import base64
import hashlib
import hmac
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alicred.signing import Request, canonical_request, encoded, sign, string_to_sign

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = tomllib.loads((Path(__file__).parents[2] / "fixtures" / "signatures.toml").read_text("utf-8"))
OF_ALL = {"name", "comment", "source", "expect", "method", "secret", "signature"}
REQUIRED = {
    "v1": OF_ALL | {"parameters", "string_to_sign"},
    "acs3": OF_ALL
    | {"path", "query", "headers", "body", "access_key_id", "content_sha256", "signed_headers"}
    | {"canonical_request_sha256"},
}
ALLOWED = {"v1": REQUIRED["v1"], "acs3": REQUIRED["acs3"] | {"canonical_request"}}
HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}


def named(vectors):
    """Return vectors as parameters of a test, under their names."""
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def hmac_of(text, vector):
    """Sign as version 1 with a secret does, which alicred itself has no use for."""
    key, kind = (vector["secret"] + "&").encode(), HASHES[vector["parameters"]["SignatureMethod"]]
    return base64.b64encode(hmac.digest(key, text.encode(), kind)).decode()


def request_of(vector):
    """Return the request of a vector, still unsigned."""
    return Request(vector["method"], vector["query"], vector["headers"], vector["body"].encode())


@named(TABLE["v1"])
def test_version_1_signs_the_string_of_the_table(vector):
    """The string is the table's, to the letter, and so is its signature, unless the table calls it wrong."""
    text = string_to_sign(vector["method"], vector["parameters"])
    right = vector["expect"] == "match"
    assert (text == vector["string_to_sign"]) is right
    assert (hmac_of(text, vector) == vector["signature"]) is right
    # A vector that is wrong is wrong in its string alone.
    assert hmac_of(vector["string_to_sign"], vector) == vector["signature"]


@named(TABLE["acs3"])
def test_acs3_signs_as_the_table_says(vector):
    """The hash of the request, the headers that are signed and the signature are those of the table."""
    signed = sign(request_of(vector), vector["access_key_id"], vector["secret"])
    canonical = canonical_request(signed)
    assert canonical == vector.get("canonical_request", canonical)
    assert hashlib.sha256(canonical.encode()).hexdigest() == vector["canonical_request_sha256"]
    assert signed.headers["x-acs-content-sha256"] == vector["content_sha256"]
    assert signed.headers["Authorization"] == (
        f"ACS3-HMAC-SHA256 Credential={vector['access_key_id']},"
        f"SignedHeaders={vector['signed_headers']},Signature={vector['signature']}"
    )


@named(TABLE["acs3"])
def test_what_is_signed_is_what_was_given(vector):
    """Signing adds two headers and changes nothing else; names and order of headers do not matter."""
    signed = sign(request_of(vector), vector["access_key_id"], vector["secret"])
    added = {"x-acs-content-sha256", "Authorization"}
    assert {k: v for k, v in signed.headers.items() if k not in added} == vector["headers"]
    assert (signed.method, signed.query, signed.body) == tuple(request_of(vector)[i] for i in (0, 1, 3))
    shouted = {name.upper(): f" {value} " for name, value in reversed(vector["headers"].items())}
    again = sign(request_of(vector)._replace(headers=shouted), vector["access_key_id"], vector["secret"])
    assert again.headers["Authorization"] == signed.headers["Authorization"]


def test_headers_of_the_client_itself_are_not_signed():
    """A proxy may change what is about the way and not about the request."""
    vector = TABLE["acs3"][0]
    request = request_of(vector)
    more = {**request.headers, "User-Agent": "x", "Accept": "application/json", "Accept-Encoding": "identity"}
    signed = sign(request._replace(headers=more), vector["access_key_id"], vector["secret"])
    assert signed.headers["Authorization"].endswith(f"Signature={vector['signature']}")


@pytest.mark.parametrize("kind", ["v1", "acs3"])
def test_the_table_has_no_key_that_nobody_reads(kind):
    """A misspelt key would make its vector say less than it seems to."""
    assert set(TABLE) == {"v1", "acs3"}
    for vector in TABLE[kind]:
        assert REQUIRED[kind] <= vector.keys() <= ALLOWED[kind], vector["name"]
        assert vector["source"] in {"published", "computed", "recorded"}
        assert vector["expect"] in {"match", "mismatch"}
    assert len({vector["name"] for vector in TABLE[kind]}) == len(TABLE[kind])


def test_the_published_examples_are_in_the_table():
    """Those of Alibaba Cloud's documentation stand beside those that were computed from its rule."""
    signatures = {v["signature"] for kind in TABLE.values() for v in kind if v["source"] == "published"}
    assert signatures == {
        "gNI7b0AyKZHxDgjBGPDgJ1Ce3L4=",
        "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    }


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=20), max_size=4))
def test_whatever_is_encoded_is_what_a_server_decodes(parameters):
    """A query or a form says what was meant, for any text, and holds nothing but unreserved characters."""
    from urllib.parse import parse_qsl

    text = encoded(parameters)
    assert dict(parse_qsl(text, keep_blank_values=True)) == parameters
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%=&")


def test_a_request_is_sent_to_the_one_path_with_its_query():
    """Encoded as it is signed, in the same order; without a query there is no question mark."""
    assert Request("POST", {"b": "1 2", "a": "/"}, {}).target == "/?a=%2F&b=1%202"
    assert Request("POST", {}, {}).target == "/"


def test_a_request_shows_its_method_alone():
    """Query, headers and body hold what nobody may read in a log."""
    assert repr(Request("POST", {"a": "cAnArY"}, {"b": "cAnArY"}, b"cAnArY")) == "Request(method='POST')"
