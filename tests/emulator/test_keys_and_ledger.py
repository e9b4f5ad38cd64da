import re
from datetime import timedelta

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.keys import KeyMint, tail
from alicred_emulator.ledger import IssuedCredential, Ledger


def issue(ledger: Ledger, clock: EmulatorClock) -> IssuedCredential:
    """Issue a credential for an hour."""
    return ledger.issue(
        principal="acs:ram::1:role/x", origin="imds", issued_at=clock.now(), lifetime=timedelta(hours=1)
    )


def test_keys_look_real_and_say_that_they_are_fake() -> None:
    """Ids, secrets and tokens have the shape of real ones and a word that tells."""
    mint = KeyMint("1234567890123456")
    key_id, secret, token = mint.session_key()
    assert re.fullmatch(r"STS\.[A-Za-z0-9]{24}", key_id)
    assert re.fullmatch(r"[A-Za-z0-9]{44}", secret)
    assert token.startswith("CAIS")
    user_id, user_secret = mint.user_key()
    assert re.fullmatch(r"LTAI[A-Za-z0-9]{20}", user_id)
    assert all("fake" in text.lower() for text in (key_id, secret, token, user_id, user_secret))


def test_keys_are_the_same_in_every_run() -> None:
    """The n-th key of a world is always the same, and another world's is another."""
    first, second = KeyMint("a"), KeyMint("a")
    assert [first.session_key(), first.user_key()] == [second.session_key(), second.user_key()]
    assert KeyMint("b").session_key() != KeyMint("a").session_key()


def test_no_two_keys_share_their_last_four_characters() -> None:
    """What a log may show of a key tells it from every other."""
    mint = KeyMint("a")
    tails = {mint.session_key()[0][-4:] for _ in range(5000)}
    assert len(tails) == 5000


def test_tails_repeat_only_when_all_are_used_up() -> None:
    """Keys far apart differ in their last four characters too."""
    assert len({tail(number) for number in range(0, 62**4, 62**3)}) == 62
    assert tail(1) == tail(1 + 62**4)


def test_the_ledger_knows_what_was_issued(clock: EmulatorClock) -> None:
    """Every credential is found by its id, in the order of issue; an unknown id is None."""
    ledger = Ledger(KeyMint("a"))
    first, second = issue(ledger, clock), issue(ledger, clock)
    assert ledger.credentials == (first, second)
    assert ledger.get(first.access_key_id) is first
    assert ledger.get("STS.unknown") is None
    assert (first.principal, first.origin) == ("acs:ram::1:role/x", "imds")
    assert first.expires_at - first.issued_at == timedelta(hours=1)


def test_a_credential_is_dead_at_its_expiry(clock: EmulatorClock) -> None:
    """It is valid up to the last microsecond before its end, and not at the end."""
    credential = issue(Ledger(KeyMint("a")), clock)
    assert credential.is_valid(clock.now())
    assert credential.is_valid(credential.expires_at - timedelta(microseconds=1))
    assert not credential.is_valid(credential.expires_at)
    assert not credential.is_valid(credential.issued_at - timedelta(microseconds=1))


def test_uses_are_counted(clock: EmulatorClock) -> None:
    """The ledger counts who was shown which credential."""
    ledger = Ledger(KeyMint("a"))
    credential = issue(ledger, clock)
    ledger.record_use(credential.access_key_id)
    ledger.record_use(credential.access_key_id)
    assert credential.uses == 2
    with pytest.raises(KeyError):
        ledger.record_use("STS.unknown")


def test_repr_shows_four_characters(clock: EmulatorClock) -> None:
    """A credential's repr holds its last four characters and nothing else of its keys."""
    credential = issue(Ledger(KeyMint("a")), clock)
    shown = repr(credential)
    assert credential.access_key_id[-4:] in shown
    for secret in (credential.access_key_id, credential.access_key_secret, credential.security_token):
        assert secret not in shown


def test_the_document_has_the_documented_fields(clock: EmulatorClock) -> None:
    """The six fields come in the documented order, with dates to the second."""
    document = issue(Ledger(KeyMint("a")), clock).document()
    assert list(document) == [
        "AccessKeyId",
        "AccessKeySecret",
        "Expiration",
        "SecurityToken",
        "LastUpdated",
        "Code",
    ]
    assert document["LastUpdated"] == "2026-01-02T03:04:05Z"
    assert document["Expiration"] == "2026-01-02T04:04:05Z"
    assert document["Code"] == "Success"
