import pytest

from alicred_emulator.keys import KeyMint
from alicred_emulator.ram import Ram


@pytest.fixture
def ram() -> Ram:
    """An empty account."""
    return Ram("1234567890123456", KeyMint("1234567890123456"))


def test_users_have_arns_and_keys(ram: Ram) -> None:
    """A user is found by name, with an ARN of the account and a key pair of its own."""
    alice, bob = ram.add_user("alice"), ram.add_user("bob")
    assert ram.user("alice") is alice
    assert alice.arn == "acs:ram::1234567890123456:user/alice"
    assert alice.access_key_id != bob.access_key_id
    assert alice.access_key_secret not in repr(alice)
    assert alice.access_key_id not in repr(alice)


def test_roles_have_arns_and_sessions(ram: Ram) -> None:
    """A role is found by name; its sessions have the ARN that a caller has."""
    role = ram.add_role("reader", max_session_duration=7200)
    assert ram.role("reader") is role
    assert role.arn == "acs:ram::1234567890123456:role/reader"
    assert role.max_session_duration == 7200
    assert role.session_arn("s1") == "acs:ram::1234567890123456:assumed-role/reader/s1"


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a\n", "x" * 65, "../x"])
def test_malformed_names_are_refused(ram: Ram, name: str) -> None:
    """A name that RAM would not take is not taken here."""
    with pytest.raises(ValueError, match="is no user name; use 1 to 64"):
        ram.add_user(name)
    with pytest.raises(ValueError, match="is no role name; use 1 to 64"):
        ram.add_role(name)


def test_names_are_unique(ram: Ram) -> None:
    """A second user or role of a name is refused."""
    ram.add_role("reader")
    with pytest.raises(ValueError, match="there is a role called 'reader' already"):
        ram.add_role("reader")


@pytest.mark.parametrize("seconds", [0, 3599, 43201])
def test_session_durations_have_bounds(ram: Ram, seconds: int) -> None:
    """A role's longest session is 3600 to 43200 seconds."""
    with pytest.raises(ValueError, match="3600 to 43200"):
        ram.add_role("reader", max_session_duration=seconds)


def test_an_unknown_name_lists_the_known(ram: Ram) -> None:
    """Asking for someone who does not exist says who does."""
    with pytest.raises(LookupError, match="no user is called 'eve'; existing: none"):
        ram.user("eve")
    ram.add_role("reader")
    with pytest.raises(LookupError, match="no role is called 'eve'; existing: reader"):
        ram.role("eve")
