"""Whatever a file of profiles holds: profiles and credentials, or a `CredentialException`; nothing else."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alicred.config_json import parse as parse_json
from alicred.credentials_ini import parse as parse_ini
from alicred.environment import Environment
from alicred.exceptions import CredentialException
from alicred.modes import MODES
from alicred.parameters import TYPES
from alicred.profile_files import Content, ProfileFile, Stamp
from alicred.profiles import Profile
from alicred.providers.registry import CHAIN
from alicred.transport import NoReply

SECRET = "cAnArY0SeCrEt7"
PLACES = {place.name: place for place in CHAIN}
FIELDS = sorted({field for mode in MODES for names in mode.fields.values() for field in names.split()})
SIGN_IN = {
    "cloud_sso_sign_in_url": "https://signin-cn-shanghai.alibabacloudsso.com/example/login",
    "cloud_sso_account_id": "1234567890123456",
    "cloud_sso_access_config": "ac-00example",
    "access_token": SECRET,
    "cloud_sso_access_token_expire": 1_900_000_000,
    "oauth_site_type": "CN",
    "oauth_access_token": SECRET,
    "oauth_access_token_expire": 1_900_000_000,
    "oauth_refresh_token": SECRET,
    "sts_expiration": 1_800_003_600,
}
KEYS = sorted({name for row in TYPES.values() for names in row for name in names})
# Half of the values are good ones, so that what lies behind the first check is reached.
GOOD = {
    "access_key_id": "LTAIexample",
    "access_key_secret": SECRET,
    "sts_token": SECRET,
    "security_token": SECRET,
    "bearer_token": SECRET,
    "ram_role_arn": "acs:ram::123:role/demo",
    "role_arn": "acs:ram::123:role/demo",
    "oidc_provider_arn": "acs:ram::123:oidc-provider/demo",
    "oidc_token_file": "/nowhere/token",
    "oidc_token_file_path": "/nowhere/token",
    "credentials_uri": "http://127.0.0.1:1/x",
    "private_key": f"-----BEGIN {SECRET}",
    "private_key_file": "/nowhere/key",
    "key_pair_name": "pair",
    "public_key_id": "pair",
    "source_profile": "b",
    "sts_region": "cn-beijing",
    **SIGN_IN,
}
TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["", "true", "900", "a", "b", "x\n", "\ud800"]))
VALUES = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.lists(TEXTS, max_size=2))


class Nobody:
    """A transport behind which nobody is."""

    def open(self, terms, *, now):
        """Begin a conversation."""
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def send(self, *request, **parts):
        """Answer nothing."""
        raise NoReply("could not be connected to.", connected=False)


def mostly(usual, other):
    """Return a strategy of what is usual, eight times out of nine."""
    return st.integers(0, 8).flatmap(lambda number: usual if number else other)


def changed(names, values):
    """Return a strategy of the good values under these names, a few of which are replaced."""
    good = {name: GOOD[name] for name in names if name in GOOD}
    changes = st.dictionaries(st.sampled_from(names), values, max_size=3)
    return mostly(st.just(good), changes.map(lambda some: {**good, **some}))


PROFILES = st.builds(
    lambda name, mode, fields: {**fields, "name": name, "mode": mode},
    mostly(st.just("?"), VALUES),
    mostly(st.sampled_from([mode.name for mode in MODES if mode.name != "External"]), VALUES),
    changed([*FIELDS, *SIGN_IN, "source_profile", "sts_region", "sts_endpoint", "enable_vpc"], VALUES),
)


def document(current, profiles):
    """Return a file; profiles that have no odd name are called a, b and c."""
    for name, profile in zip("abc", profiles if isinstance(profiles, list) else [], strict=False):
        if isinstance(profile, dict) and profile["name"] == "?":
            profile["name"] = name
    return json.dumps({"current": current, "profiles": profiles}).encode()


DOCUMENTS = st.builds(
    document,
    mostly(st.sampled_from(["a", "b"]), VALUES),
    mostly(st.lists(PROFILES, min_size=2, max_size=3), st.lists(PROFILES | VALUES, max_size=3) | VALUES),
)
SECTIONS = st.builds(
    lambda kind, found: "\n".join(["[default]", f"type = {kind}", *(f"{k} = {v}" for k, v in found.items())]),
    mostly(st.sampled_from(sorted(TYPES)), TEXTS),
    changed([*KEYS, "enable", "sts_region", "enable_vpc"], TEXTS),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
LINES = st.sampled_from(
    [b"[default]", b"[a]", b"[", b"]", b"k = v", b"=", b"# c", b"\xff", b"\0", b"\xef\xbb\xbf"]
)


# What is put into a file, and how much of it is taken out there.
WOUNDS = [
    (b"", 1),
    (b"", 7),
    (b"\xff", 0),
    (b"\0", 1),
    (b'"', 0),
    (b"\n", 0),
    (b"]", 1),
    (b"=", 1),
    (b"[{", 0),
]


def wounded(data):
    """Yield a file as it is, and with one wound each, ten in all."""
    yield data
    for number, (inserted, cut) in enumerate(WOUNDS):
        position = (len(data) * (2 * number + 1)) // (2 * len(WOUNDS))
        yield data[:position] + inserted + data[position + cut :]


def fuzzed(examples):
    """Return the settings for a number of files, of which each is tried ten times."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def fetched(monkeypatch, now):
    """Fetch from a place whose file holds these bytes."""
    held = {}
    monkeypatch.setattr(ProfileFile, "stamp", lambda file: Stamp(1, 1, 1))
    monkeypatch.setattr(ProfileFile, "read", lambda file: Content(held["data"], Stamp(1, 1, 1)))

    def fetched(place, data):
        held["data"] = data
        environment = Environment({"HOME": "/home/me"})
        messages, issued = [], None
        try:
            provider = PLACES[place].open(environment, Nobody())
            issued = None if isinstance(provider, str) else provider.fetch(now)
        except CredentialException as error:
            messages.append(str(error))
        assert SECRET not in "".join(messages)
        if issued is not None:
            assert issued.credential.provider_name.startswith(f"{place}/")
            assert issued.credential.has_keys() or issued.credential.bearer_token

    return fetched


def parsed(parse, data):
    """Parse bytes, and return the profiles."""
    try:
        found = parse(data, ProfileFile("/x", place="cli_profile"))
    except CredentialException:
        return
    profiles = found if isinstance(found, dict) else found.profiles
    assert all(isinstance(profile, Profile) and profile.name == name for name, profile in profiles.items())


@fuzzed(400)
@given(data=DOCUMENTS)
def test_any_file_of_aliyun_clis_is_a_credential_or_an_error(fetched, data):
    """Read, chosen, checked, built, fetched: nothing but a `CredentialException` comes out of any of it."""
    for one in wounded(data):
        fetched("cli_profile", one)


@fuzzed(400)
@given(data=SECTIONS)
def test_any_file_of_the_sdks_is_a_credential_or_an_error(fetched, data):
    """The same for sections."""
    for one in wounded(data):
        fetched("profile", one)


@fuzzed(100)
@given(data=st.binary(max_size=64) | DOCUMENTS)
def test_any_bytes_are_a_document_or_an_error(data):
    """The parser alone, with what is no JSON at all."""
    for one in wounded(data):
        parsed(parse_json, one)


@fuzzed(100)
@given(data=st.binary(max_size=64) | st.lists(LINES, max_size=8).map(b"\n".join))
def test_any_bytes_are_sections_or_an_error(data):
    """The parser alone, with what is no INI file at all."""
    for one in wounded(data):
        parsed(parse_ini, one)
