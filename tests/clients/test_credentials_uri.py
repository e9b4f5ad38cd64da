"""The credentials URI, read by Alibaba's SDK and by alicred."""

import pytest

pytestmark = pytest.mark.usefixtures("alicred_on_ecs", "alicred_frozen_process")


def test_the_credential_behind_the_uri_is_read(subject, alicred_emulator, alicred_credentials_uri):
    """One GET brings the credential, whole."""
    read = subject.client(type="credentials_uri", credentials_uri=alicred_credentials_uri.url)
    credential = read()
    issued = alicred_emulator.ledger.get(credential.access_key_id)
    assert issued.origin == "credentials_uri"
    assert credential.security_token == issued.security_token
    assert alicred_credentials_uri.journal.count("GET", "/credentials") == 1


def test_it_is_refreshed_before_its_end(subject, alicred_credentials_uri, alicred_clock):
    """A credential of an hour is asked for again after 45 minutes, by everybody's reckoning."""
    read = subject.client(type="credentials_uri", credentials_uri=alicred_credentials_uri.url)
    first = read()
    alicred_clock.shift(minutes=45, seconds=-1)
    assert read().access_key_id == first.access_key_id
    assert alicred_credentials_uri.journal.count("Credential") == 1
    alicred_clock.shift(seconds=1)
    read()
    assert alicred_credentials_uri.journal.count("Credential") == 2


@pytest.mark.parametrize(
    ("document", "status"),
    [({"Code": "Failed"}, 200), ("<html></html>", 200), ("", 200), (None, 500), (None, 404)],
    ids=["refused", "html", "empty", "500", "404"],
)
def test_an_answer_without_a_credential_is_an_error(subject, alicred_credentials_uri, document, status):
    """Nobody takes anything else for a credential."""
    alicred_credentials_uri.set_response(document, status)
    read = subject.client(type="credentials_uri", credentials_uri=alicred_credentials_uri.url)
    with pytest.raises(Exception):  # noqa: B017, PT011 - the SDK lets any error through
        read()
