"""A role that an ID token opens: the token's file is read at each refresh, and never told of."""

import os
import traceback

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from alicred import Client, Config
from alicred.exceptions import ConfigurationError, CredentialRefusedError
from alicred.files import UnusableFileError
from alicred.providers.oidc_role_arn import _token_in

ROLE = "acs:ram::1234567890123456:role/demo"
ISSUER = "acs:ram::1234567890123456:oidc-provider/ack"
LONGEST = 20_000


@pytest.fixture
def path(tmp_path):
    """Where the token stands."""
    return tmp_path / "token"


@pytest.fixture
def pod(provide, path):
    """Build the provider of a pod over a transport."""

    def pod(transport, variables=(), **changes):
        parameters = {"role_arn": ROLE, "oidc_provider_arn": ISSUER, "oidc_token_file_path": str(path)}
        return provide(transport, "oidc_role_arn", variables, **{**parameters, **changes})

    return pod


@pytest.fixture
def tokens(script, pod, granted, now):
    """Fetch with the file as it is, and return the tokens that were sent."""

    def tokens():
        transport = script(granted())
        pod(transport).fetch(now)
        return [form["OIDCToken"] for form in transport.forms()]

    return tokens


@pytest.fixture
def complaint(script, pod, now, told, canary):
    """Fetch with the file as it is, which cannot work, and return the error; nobody is asked."""

    def complaint(variables=(), **changes):
        transport = script()
        with pytest.raises(ConfigurationError) as caught:
            pod(transport, variables, **changes).fetch(now)
        assert transport.sent == []
        error = caught.value
        assert error.provider == "oidc_role_arn"
        assert error.remedy.endswith(".")
        assert error.__context__ is None
        assert canary not in told(error)
        return error.problem

    return complaint


def test_the_role_is_assumed_with_the_token(script, pod, path, granted, now):
    """The credential is named after its type."""
    path.write_text("a.b.c")
    transport = script(granted())
    credential = pod(transport).fetch(now).credential
    assert (credential.type, credential.provider_name) == ("oidc_role_arn", "oidc_role_arn")
    assert credential.has_keys()
    assert transport.forms()[0]["OIDCToken"] == "a.b.c"


def test_the_file_is_read_again_at_each_refresh(script, pod, path, granted, now):
    """The kubelet writes a new token before the old one ends."""
    transport = script(granted(), granted(Expiration="2027-01-15T10:00:00Z"))
    provider = pod(transport)
    path.write_text("first.b.c")
    provider.fetch(now)
    renewed = path.with_name("renewed")
    renewed.write_text("second.b.c")
    renewed.replace(path)
    provider.fetch(now + 3000)
    assert [form["OIDCToken"] for form in transport.forms()] == ["first.b.c", "second.b.c"]


@pytest.mark.skipif(os.name == "nt", reason="a link takes a privilege on Windows")
def test_a_link_is_followed(path, tokens, tmp_path):
    """A projected volume is made of links that are exchanged."""
    (tmp_path / "target").write_text("a.b.c")
    path.symlink_to(tmp_path / "target")
    assert tokens() == ["a.b.c"]


@pytest.mark.parametrize("written", ["a.b.c\n", "\n a.b.c \r\n\t", "a.b.c\n" + "\n" * 1000])
def test_white_space_around_the_token_is_no_part_of_it(path, tokens, written):
    """Editors and shells end a file with a line break."""
    path.write_text(written)
    assert tokens() == ["a.b.c"]


def test_the_longest_token_is_sent(path, tokens):
    """Twenty thousand characters are documented."""
    path.write_text("x" * LONGEST + "\n")
    assert tokens() == ["x" * LONGEST]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"x" * (LONGEST + 1), "more than 20000 characters"),
        (b"x" * 100_000, "more than 64 KiB"),
        (b"\x00\x01cAnArY0SeCrEt7", "characters which no token has"),
        (b"\xef\xbb\xbfcAnArY0SeCrEt7", "characters which no token has"),
        (b"cAnArY0SeCrEt7\xff", "characters which no token has"),
        (b"cAnArY0SeCrEt7\ncAnArY0SeCrEt7", "characters which no token has"),
        (b"cAnArY0SeCrEt7 cAnArY0SeCrEt7", "characters which no token has"),
        (b"cAnArY0SeCrEt7\x7f", "characters which no token has"),
        ("cAnArY0SeCrEt7\u00e9".encode(), "characters which no token has"),
    ],
    ids=["empty", "blank", "huge", "a disk", "binary", "BOM", "no UTF-8", "lines", "words", "DEL", "letters"],
)
def test_a_file_that_holds_no_token_is_an_error_before_any_request(path, complaint, content, words):
    """The parameter is named, the content is not shown."""
    path.write_bytes(content)
    assert complaint().startswith("oidc_token_file_path names a file ")
    assert words in complaint()


def test_a_file_that_is_missing_is_an_error_before_any_request(complaint):
    """Neither is the path shown, which its author knows."""
    assert complaint() == "oidc_token_file_path names a file that does not exist."


@pytest.mark.skipif(os.name == "nt", reason="Windows says of both that there is no such file")
@pytest.mark.parametrize("below", ["x", "x/y"])
def test_a_path_that_leads_through_a_file_is_an_error(path, complaint, below):
    """Whatever the system calls it."""
    path.write_text("a.b.c")
    assert "cannot be read" in complaint(oidc_token_file_path=f"{path}/{below}")


@pytest.mark.skipif(os.name == "nt", reason="Windows says that there is no such file")
def test_a_name_that_is_too_long_is_an_error(complaint):
    """The system refuses it."""
    assert "cannot be read" in complaint(oidc_token_file_path="/" + "x" * 5000)


def test_a_file_that_may_not_be_read_is_an_error(path, complaint, monkeypatch):
    """The one who runs the process has to change that; root may read everything, so it is feigned here."""
    path.write_text("a.b.c")

    def forbidden(*_args, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", forbidden)
    assert complaint() == "oidc_token_file_path names a file that this process may not read."


def test_what_is_no_file_is_not_read(path, complaint):
    """A folder cannot be, and a pipe or a device might never end."""
    assert "something that is not a file" in complaint(oidc_token_file_path=str(path.parent))
    assert "something that is not a file" in complaint(oidc_token_file_path=os.devnull)
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert "something that is not a file" in complaint()


def test_a_file_that_a_variable_names_is_called_by_the_variable(complaint):
    """Whoever set it looks there."""
    variables = {"OIDC_TOKEN_FILE": "/nowhere/cAnArY0SeCrEt7"}
    problem = complaint(variables, oidc_token_file_path=None)
    assert problem == "ALIBABA_CLOUD_OIDC_TOKEN_FILE names a file that does not exist."


def test_a_file_that_comes_back_is_read(script, pod, path, granted, now):
    """A client is not spoilt by an error."""
    provider = pod(script(granted()))
    with pytest.raises(ConfigurationError):
        provider.fetch(now)
    path.write_text("a.b.c")
    assert provider.fetch(now).credential.has_keys()


def test_a_token_that_sts_refuses_is_an_error_of_the_call(script, pod, path, refusal, now):
    """Its code leads to what to do about it."""
    path.write_text("a.b.c")
    with pytest.raises(CredentialRefusedError, match="whoever writes the file has to renew it") as caught:
        pod(script(refusal("AuthenticationFail.OIDCToken.Expired"))).fetch(now)
    assert "answered AssumeRoleWithOIDC with Code AuthenticationFail.OIDCToken.Expired" in str(caught.value)


def test_the_token_is_in_no_traceback(serve, path, canary):
    """Error trackers print local variables."""
    path.write_text(f"{canary}.b.c")
    server = serve(lambda peer: peer.read_request() and peer.answer(status=403))
    client = Client(
        Config(
            type="oidc_role_arn",
            role_arn=ROLE,
            oidc_provider_arn=ISSUER,
            oidc_token_file_path=str(path),
            sts_endpoint=server.url,
        )
    )
    with pytest.raises(CredentialRefusedError) as caught:
        client.get_credential()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if f"{os.sep}alicred{os.sep}" in frame.filename]
    assert ours
    assert [name for frame in ours for name, text in frame.locals.items() if canary in text] == []


@for_any(st.binary(max_size=50) | st.text(max_size=50).map(str.encode))
def test_whatever_a_file_holds_is_a_token_or_an_error(content):
    """What is sent is one word of printable ASCII."""
    try:
        token = _token_in(content)
    except UnusableFileError:
        return
    assert token == content.strip().decode("ascii")
    assert all("!" <= letter <= "~" for letter in token)
