"""A session key that a key pair signs for: the private key's file, and the package that reads it."""

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from alicred import Client, Config
from alicred.exceptions import ConfigurationError, CredentialException, CredentialRefusedError

REQUEST_ID = "7463B73D-35CC-4D19-A010-6B8D65D242EF"
OF_A_CURVE_THAT_IS_NOT_SUPPORTED = b"""\
-----BEGIN PRIVATE KEY-----
MCwCAQAwEAYHKoZIzj0CAQYFK4EEAAYEFTATAgEBBA4BAQEBAQEBAQEBAQEBAQ==
-----END PRIVATE KEY-----
"""


@pytest.fixture(scope="module")
def private_key():
    """The private key of a pair; the longer it is, the longer it takes to make and to read."""
    return rsa.generate_private_key(65537, 1024)


def pem(key, form=PrivateFormat.PKCS8, encryption=None):
    """Write a key as its file holds it."""
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


@pytest.fixture
def path(tmp_path):
    """Where the private key stands."""
    return tmp_path / "key.pem"


@pytest.fixture
def pair(provide, path):
    """Build the provider of a key pair over a transport."""

    def pair(transport, **changes):
        parameters = {"public_key_id": "LTAIpublic", "private_key_file": str(path)}
        return provide(transport, "rsa_key_pair", **{**parameters, **changes})

    return pair


@pytest.fixture
def session_key():
    """An answer that grants a session key, with changes."""
    import json

    def session_key(**changes):
        fields = {
            "SessionAccessKeyId": "TMPSK.exampleKeyId1234",
            "SessionAccessKeySecret": "cAnArY0SeCrEt7-secret",
            "Expiration": "2027-01-15T09:00:00Z",
        }
        kept = {k: v for k, v in {**fields, **changes}.items() if v is not ...}
        return json.dumps({"RequestId": REQUEST_ID, "SessionAccessKey": kept})

    return session_key


@pytest.fixture
def complaint(script, pair, now, told, canary):
    """Fetch with the file as it is, which cannot work, and return the error; nobody is asked."""

    def complaint(**changes):
        transport = script()
        with pytest.raises(ConfigurationError) as caught:
            pair(transport, **changes).fetch(now)
        assert transport.sent == []
        error = caught.value
        assert error.provider == "rsa_key_pair"
        assert "in PEM and without a password" in error.remedy
        assert error.__context__ is None
        assert canary not in told(error)
        return error.problem

    return complaint


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_session_key_is_granted(script, pair, path, private_key, session_key, now, form):
    """It has a secret and no token, and is named after its type."""
    path.write_bytes(pem(private_key, form))
    credential = pair(script(session_key())).fetch(now).credential
    assert (credential.type, credential.provider_name) == ("rsa_key_pair", "rsa_key_pair")
    assert credential.access_key_id == "TMPSK.exampleKeyId1234"
    assert credential.access_key_secret == "cAnArY0SeCrEt7-secret"
    assert credential.security_token is None
    assert credential.expires_at == now + 3600
    assert credential.expiration.isoformat() == "2027-01-15T09:00:00+00:00"


@pytest.mark.parametrize("part", ["SessionAccessKeyId", "SessionAccessKeySecret", "Expiration"])
@pytest.mark.parametrize("value", [..., None, "", 17, ["x"]])
def test_a_part_that_is_missing_is_named(
    script, pair, path, private_key, session_key, now, told, canary, part, value
):
    """By the name that STS gives it here."""
    path.write_bytes(pem(private_key))
    with pytest.raises(CredentialException, match=f" {part} ") as caught:
        pair(script(session_key(**{part: value}))).fetch(now)
    assert canary not in told(caught.value)


def test_an_answer_in_the_shape_of_another_action_is_an_error(script, pair, path, private_key, granted, now):
    """One of the SDKs looks for Credentials here, and never finds them."""
    path.write_bytes(pem(private_key))
    with pytest.raises(CredentialException, match="SessionAccessKey is missing"):
        pair(script(granted())).fetch(now)


def test_an_sts_that_does_not_offer_the_action_is_told_of(script, pair, path, private_key, refusal, now):
    """Few of them do."""
    path.write_bytes(pem(private_key))
    with pytest.raises(CredentialRefusedError, match="Check that sts_endpoint") as caught:
        pair(script(refusal("InvalidAction.NotFound", 404))).fetch(now)
    assert "answered GenerateSessionAccessKey with Code InvalidAction.NotFound" in str(caught.value)


def test_the_file_is_read_again_at_each_refresh(script, pair, path, private_key, session_key, now):
    """A key pair that was exchanged is used, and no private key is kept."""
    transport = script(session_key(), session_key(Expiration="2027-01-15T10:00:00Z"))
    provider = pair(transport)
    for key in (private_key, rsa.generate_private_key(65537, 2048)):
        path.write_bytes(pem(key))
        provider.fetch(now)
    first, second = (form["Signature"] for form in transport.forms())
    assert len(first) == 172
    assert len(second) == 344


def test_an_unusable_key_is_an_error_before_any_request(path, complaint, private_key):
    """The parameter is named, and what is wrong with the key."""
    secret = BestAvailableEncryption(b"cAnArY0SeCrEt7")
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    encrypted = "private key is encrypted"
    no_rsa = "private key is not an RSA key"
    no_key = "does not hold a private key in PEM"
    for content, words in [
        (pem(private_key, encryption=secret), encrypted),
        (pem(private_key, PrivateFormat.TraditionalOpenSSL, secret), encrypted),
        (pem(ec.generate_private_key(ec.SECP256R1())), no_rsa),
        (pem(ed25519.Ed25519PrivateKey.generate()), no_rsa),
        (OF_A_CURVE_THAT_IS_NOT_SUPPORTED, no_rsa),
        (pem(private_key)[:500], no_key),
        (pem(private_key).replace(b"M", b"N"), no_key),
        (public, no_key),
        (b"", no_key),
        (b"cAnArY0SeCrEt7", no_key),
        (b"\xff" * 1000, no_key),
        (b"-----BEGIN PRIVATE KEY-----\ncAnArY0SeCrEt7\n-----END PRIVATE KEY-----\n", no_key),
    ]:
        path.write_bytes(content)
        problem = complaint()
        assert problem.startswith("private_key_file names a file ")
        assert words in problem


def test_a_file_that_cannot_be_read_is_an_error_before_any_request(path, complaint):
    """As with every file."""
    assert "does not exist" in complaint()
    assert "not a file" in complaint(private_key_file=str(path.parent))
    path.write_bytes(b"x" * 100_000)
    assert "more than 64 KiB" in complaint()


@pytest.mark.parametrize("seconds", [900, 3600])
def test_a_session_key_lasts_from_a_quarter_to_one_hour(
    script, pair, path, private_key, session_key, now, seconds
):
    """Both ends belong to the documented range; an hour is the default."""
    path.write_bytes(pem(private_key))
    transport = script(session_key())
    pair(transport, role_session_expiration=seconds).fetch(now)
    assert transport.forms()[0]["DurationSeconds"] == str(seconds)


def test_without_its_package_the_error_is_the_line_that_installs_it():
    """It is an extra, so whoever builds the client learns it, before any key is read."""
    program = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from alicred import Client, Config, ConfigurationError\n"
        "try: Client(Config(type='rsa_key_pair', public_key_id='x', private_key_file='/x'))\n"
        "except ConfigurationError as error: print(error, error.__context__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "rsa_key_pair: signing with an RSA key needs the package cryptography, which is not installed. "
        'Run: pip install "alicred[rsa]" None\n'
    )


def test_other_types_do_not_load_it():
    """Its import takes longer than a refresh."""
    program = (
        "import sys\n"
        "from alicred import Client, Config\n"
        "key = {'access_key_id': 'x', 'access_key_secret': 'x'}\n"
        "Client(Config(type='ram_role_arn', role_arn='acs:ram::1:role/r', **key))\n"
        "print('cryptography' in sys.modules, 'requests' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_a_client_of_a_key_pair_can_be_copied(path, private_key):
    """A pickle holds the path, not the key."""
    import pickle

    path.write_bytes(pem(private_key))
    client = Client(Config(type="rsa_key_pair", public_key_id="x", private_key_file=str(path)))
    pickled = pickle.dumps(client)
    assert b"PRIVATE KEY" not in pickled
    assert pickle.loads(pickled).get_type() == "rsa_key_pair"
