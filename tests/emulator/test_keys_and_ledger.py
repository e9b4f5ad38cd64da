import re
from datetime import timedelta

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.keys import KeyMint, tail
from alicred_emulator.ledger import IssuedCredential, Ledger
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remembered import KEPT_ENDED

HOLDER = Principal(
    kind="AssumedRoleUser",
    arn="acs:ram::1:assumed-role/x/y",
    entity_arn="acs:ram::1:role/x",
    account_id="1",
    principal_id="3:y",
    role_id="3",
)


@pytest.fixture
def ledger(clock: EmulatorClock) -> Ledger:
    """An empty ledger."""
    return Ledger(KeyMint("a"), clock)


def issue(ledger: Ledger, clock: EmulatorClock, hours: float = 1) -> IssuedCredential:
    """Issue a credential, for an hour unless it is said otherwise."""
    return ledger.issue(holder=HOLDER, origin="imds", issued_at=clock.now(), lifetime=timedelta(hours=hours))


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


def test_the_ledger_knows_what_was_issued(ledger: Ledger, clock: EmulatorClock) -> None:
    """Every credential is found by its id, in the order of issue; an unknown id is None."""
    first, second = issue(ledger, clock), issue(ledger, clock)
    assert ledger.credentials == (first, second)
    assert ledger.get(first.access_key_id) is first
    assert ledger.get("STS.unknown") is None
    assert (first.principal, first.origin) == ("acs:ram::1:assumed-role/x/y", "imds")
    assert first.expires_at - first.issued_at == timedelta(hours=1)


def test_a_credential_is_dead_at_its_expiry(ledger: Ledger, clock: EmulatorClock) -> None:
    """It is valid up to the last microsecond before its end, and not at the end."""
    credential = issue(ledger, clock)
    assert credential.is_valid(clock.now())
    assert credential.is_valid(credential.expires_at - timedelta(microseconds=1))
    assert not credential.is_valid(credential.expires_at)
    assert not credential.is_valid(credential.issued_at - timedelta(microseconds=1))


def test_uses_are_counted(ledger: Ledger, clock: EmulatorClock) -> None:
    """The ledger counts how often a credential was granted something."""
    credential = issue(ledger, clock)
    ledger.record_use(credential.access_key_id)
    ledger.record_use(credential.access_key_id)
    assert credential.uses == 2
    with pytest.raises(KeyError):
        ledger.record_use("STS.unknown")


def test_repr_shows_four_characters(ledger: Ledger, clock: EmulatorClock) -> None:
    """A credential's repr holds its last four characters and nothing else of its keys."""
    credential = issue(ledger, clock)
    shown = repr(credential)
    assert credential.access_key_id[-4:] in shown
    for secret in (credential.access_key_id, credential.access_key_secret, credential.security_token):
        assert secret not in shown


def test_the_document_has_the_documented_fields(ledger: Ledger, clock: EmulatorClock) -> None:
    """The six fields come in the documented order, with dates to the second."""
    document = issue(ledger, clock).document()
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


def test_a_session_of_a_key_pair_has_no_token(ledger: Ledger, clock: EmulatorClock) -> None:
    """It is named as such sessions are."""
    session = ledger.issue(
        holder=HOLDER, origin="sts", issued_at=clock.now(), lifetime=timedelta(hours=1), with_token=False
    )
    assert session.access_key_id.startswith("TMPSK.FAKE")
    assert session.security_token == ""


def test_the_ledger_forgets_the_oldest_of_what_has_ended(ledger: Ledger, clock: EmulatorClock) -> None:
    """A server that issues for days keeps a bounded memory, and everything that is valid."""
    valid = issue(ledger, clock, hours=24)
    first = issue(ledger, clock)
    clock.shift(hours=2)
    for _ in range(2 * KEPT_ENDED):
        last = issue(ledger, clock, hours=0)
    assert ledger.get(valid.access_key_id) is valid
    assert ledger.get(first.access_key_id) is None
    assert ledger.get(last.access_key_id) is last
    assert KEPT_ENDED < len(ledger.credentials) <= 2 * KEPT_ENDED


def test_the_ledger_forgets_nothing_that_is_valid(ledger: Ledger, clock: EmulatorClock) -> None:
    """However many there are, and those that begin later too."""
    issued = [issue(ledger, clock) for _ in range(2 * KEPT_ENDED)]
    clock.shift(seconds=-1)
    issued.append(issue(ledger, clock))
    clock.shift(minutes=59)
    issued.append(issue(ledger, clock))
    assert ledger.credentials == tuple(issued)


def test_request_ids_are_uuids_in_upper_case() -> None:
    """No two are alike, and they are the same in every run."""
    mint = KeyMint("a")
    ids = [mint.request_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", one) for one in ids)
    assert KeyMint("a").request_id() == ids[0]
