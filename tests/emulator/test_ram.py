import pytest

from alicred_emulator.keys import KeyMint
from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.accounts import Accounts

ACCOUNT = "1234567890123456"


@pytest.fixture
def accounts() -> Accounts:
    """No account yet."""
    return Accounts(KeyMint(ACCOUNT))


@pytest.fixture
def ram(accounts: Accounts) -> Ram:
    """An empty account."""
    return accounts.add(ACCOUNT)


def test_users_have_arns_and_keys(ram: Ram) -> None:
    """A user is found by name, with an ARN of the account and a key pair of its own."""
    alice, bob = ram.add_user("alice"), ram.add_user("bob")
    assert ram.user("alice") is alice
    assert alice.arn == "acs:ram::1234567890123456:user/alice"
    assert alice.access_key_id != bob.access_key_id
    assert alice.access_key_secret not in repr(alice)
    assert alice.access_key_id not in repr(alice)


def test_a_user_may_have_several_keys(ram: Ram) -> None:
    """The first active one is the user's; what was deleted is gone."""
    alice = ram.add_user("alice")
    first, second = *alice.access_keys, alice.add_access_key()
    assert alice.access_key_id == first.access_key_id
    first.status = "Inactive"
    assert (alice.access_key_id, alice.access_key_secret) == (second.access_key_id, second.access_key_secret)
    assert alice.access_keys == (first, second)
    second.delete()
    second.delete()
    assert alice.access_keys == (first,)
    with pytest.raises(LookupError, match=r"alice has no active access key; call add_access_key"):
        _ = alice.access_key_secret
    first.status = "Active"
    assert alice.access_key_id == first.access_key_id


def test_a_key_has_one_of_two_states(ram: Ram) -> None:
    """The words are those of RAM."""
    [key] = ram.add_user("alice").access_keys
    with pytest.raises(ValueError, match="'Active' or 'Inactive', not 'inactive'"):
        key.status = "inactive"


def test_the_root_has_no_key_until_it_is_given_one(ram: Ram) -> None:
    """As it should be in an account."""
    assert ram.root.access_keys == ()
    key = ram.root.add_access_key()
    assert key.holder.kind == "Account"
    assert key.holder.arn == f"acs:ram::{ACCOUNT}:root"


def test_nothing_shows_a_secret(ram: Ram) -> None:
    """A key, a key pair, a user and a root name themselves by four characters at most."""
    alice = ram.add_user("alice")
    [key], pair = alice.access_keys, alice.add_key_pair()
    for shown in map(repr, (key, pair, alice, ram.root, ram)):
        assert key.access_key_secret not in shown
        assert key.access_key_id not in shown
        assert pair.public_key_id not in shown
        assert "PRIVATE KEY" not in shown


def test_key_pairs_differ_and_their_halves_fit(ram: Ram) -> None:
    """Whatever is signed with the private key is good by the public one."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    alice = ram.add_user("alice")
    first, second = alice.add_key_pair(), alice.add_key_pair()
    assert first.public_key_id != second.public_key_id
    assert first.private_key_pem != second.private_key_pem
    private = load_pem_private_key(first.private_key_pem.encode(), password=None)
    signature = private.sign(b"text", PKCS1v15(), SHA256())  # type: ignore[call-arg,union-attr]
    for public in (first.public_key, load_pem_public_key(first.public_key_pem.encode())):
        public.verify(signature, b"text", PKCS1v15(), SHA256())  # type: ignore[call-arg,union-attr]


def test_roles_have_arns_and_sessions(ram: Ram) -> None:
    """A role is found by name; its sessions have the ARN that a caller has."""
    role = ram.add_role("reader", max_session_duration=7200)
    assert ram.role("reader") is role
    assert role.arn == "acs:ram::1234567890123456:role/reader"
    assert role.max_session_duration == 7200
    assert role.session_arn("s1") == "acs:ram::1234567890123456:assumed-role/reader/s1"
    session = role.session("s1")
    assert (session.arn, session.role_id) == (role.session_arn("s1"), role.role_id)
    assert session.principal_id == f"{role.role_id}:s1"


def test_users_and_roles_have_ids_of_18_digits(ram: Ram) -> None:
    """They are the same in every run, and no two are alike."""
    ids = [ram.add_user("a").user_id, ram.add_user("b").user_id, ram.add_role("a").role_id]
    assert all(len(one) == 18 and one.isdigit() for one in ids)
    assert len(set(ids)) == 3
    assert Accounts(KeyMint(ACCOUNT)).add(ACCOUNT).add_user("a").user_id == ids[0]


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a\n", "x" * 129, "../x"])
def test_malformed_names_are_refused(ram: Ram, name: str) -> None:
    """A name that RAM would not take is not taken here."""
    with pytest.raises(ValueError, match="is no user name; use 1 to 64"):
        ram.add_user(name)
    with pytest.raises(ValueError, match="is no role name; use 1 to 64"):
        ram.add_role(name)
    with pytest.raises(ValueError, match="is no OIDC provider name; use 1 to 128"):
        ram.add_oidc_provider(name, issuer_url="https://issuer.example")
    with pytest.raises(ValueError, match="is no SAML provider name; use 1 to 128"):
        ram.add_saml_provider(name, entity_id="https://idp.example", certificates=())


def test_providers_may_have_longer_names(ram: Ram) -> None:
    """Up to 128 characters, twice as long as a role's."""
    ram.add_oidc_provider("x" * 128, issuer_url="https://issuer.example")
    with pytest.raises(ValueError, match="is no role name"):
        ram.add_role("x" * 65)


def test_names_are_unique(ram: Ram) -> None:
    """A second user or role of a name is refused."""
    ram.add_role("reader")
    with pytest.raises(ValueError, match="there is a role called 'reader' already"):
        ram.add_role("reader")


@pytest.mark.parametrize("seconds", [0, 3599, 43201])
def test_session_durations_have_bounds(ram: Ram, seconds: int) -> None:
    """A role's longest session is 3600 to 43200 seconds, from the beginning and later."""
    with pytest.raises(ValueError, match="3600 to 43200"):
        ram.add_role("reader", max_session_duration=seconds)
    role = ram.add_role("writer")
    with pytest.raises(ValueError, match="3600 to 43200"):
        role.max_session_duration = seconds


def test_an_unknown_name_lists_the_known(ram: Ram) -> None:
    """Asking for someone who does not exist says who does."""
    with pytest.raises(LookupError, match="no user is called 'eve'; existing: none"):
        ram.user("eve")
    ram.add_role("reader")
    with pytest.raises(LookupError, match="no role is called 'eve'; existing: reader"):
        ram.role("eve")


def test_accounts_are_unique_and_have_16_digits(accounts: Accounts, ram: Ram) -> None:
    """An id that is none, or taken, is refused."""
    with pytest.raises(ValueError, match="there is an account 1234567890123456 already"):
        accounts.add(ram.account_id)
    with pytest.raises(ValueError, match="16 digits, not '123'"):
        accounts.add("123")


def test_an_arn_names_what_is_in_its_account(accounts: Accounts, ram: Ram) -> None:
    """Across accounts, and nothing but what it says."""
    role = ram.add_role("reader")
    oidc = ram.add_oidc_provider("issuer", issuer_url="https://issuer.example")
    saml = ram.add_saml_provider("idp", entity_id="https://idp.example", certificates=["PEM"])
    other = accounts.add("2234567890123456").add_role("reader")
    assert accounts.role(role.arn) is role
    assert accounts.role(other.arn) is other
    assert accounts.oidc_provider(oidc.arn) is oidc
    assert accounts.saml_provider(saml.arn) is saml
    assert saml.certificates() == ["PEM"]
    for arn in ("", "reader", f"{role.arn}-2", role.arn.replace("role", "user"), "acs:ram::9:role/reader"):
        assert accounts.role(arn) is None
    assert accounts.oidc_provider(saml.arn) is None
    assert accounts.saml_provider(oidc.arn) is None


def test_who_may_assume_roles_is_asked_at_each_call(accounts: Accounts, ram: Ram) -> None:
    """A permission that is taken away concerns sessions that exist already."""
    user, role = ram.add_user("alice"), ram.add_role("reader")
    session = role.session("s1")
    assert accounts.may_assume_roles(user.principal)
    assert accounts.may_assume_roles(session)
    user.may_assume_roles = role.may_assume_roles = False
    assert not accounts.may_assume_roles(user.principal)
    assert not accounts.may_assume_roles(session)
    assert not accounts.may_assume_roles(ram.root.principal)
