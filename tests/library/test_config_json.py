"""aliyun-cli's config.json: every mode as it writes it, and what is wrong with files as people have them."""

import json
import shlex
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alicred import testing
from alicred.config_json import parse
from alicred.exceptions import ConfigurationError, CredentialRefusedError, NoCredentialError
from alicred.modes import MODES
from alicred.profile_files import ProfileFile
from alicred.transport import NoReply

FIXTURES = Path(__file__).parents[2] / "fixtures" / "profiles"
FILE = (FIXTURES / "config.json").read_text(encoding="utf-8")
PROFILES = {profile["name"]: profile for profile in json.loads(FILE)["profiles"]}
SECRET = "cAnArY0SeCrEt7-secret"
KEY = {"access_key_id": "LTAIexample", "access_key_secret": SECRET}
AK = {"name": "default", "mode": "AK", **KEY}
ROLE = {"ram_role_arn": "acs:ram::123:role/demo", "ram_session_name": "session"}
HOUR = 3600


@pytest.fixture(autouse=True)
def clock(now):
    """The time by which sources are kept fresh; it moves when a test moves it."""
    moments = [now]
    testing.use_clock(lambda: moments[-1])
    return moments


@pytest.fixture
def fetched(home, now):
    """Write profiles and fetch with the first one; variables are named without their prefix."""

    def fetched(transport, *profiles, **variables):
        home.cli(*profiles)
        name = profiles[0]["name"]
        return home.chain(transport, strict=True, **{"PROFILE": name, **variables}).fetch(now).credential

    return fetched


@pytest.fixture
def refused(home, now, told, exposed):
    """Fetch in strict mode, and return what the error says, after a look for secrets."""

    def refused(*, transport=None, **variables):
        with pytest.raises(ConfigurationError) as caught:
            home.chain(transport, strict=True, **variables).fetch(now)
        assert caught.value.remedy
        assert str(home.config_json) in caught.value.problem
        assert "cAnArY" not in told(caught.value)
        assert "cAnArY" not in exposed(caught.value)
        assert caught.value.__context__ is None
        return str(caught.value)

    return refused


# Every mode


def test_the_fixture_has_every_mode():
    """It is what aliyun-cli writes, and what the tests below go by."""
    assert {profile["mode"] for profile in PROFILES.values()} == {mode.name for mode in MODES}


@pytest.mark.parametrize(
    ("name", "kind", "provider_name", "requests"),
    [
        ("default", "access_key", "static_ak", []),
        ("session", "sts", "static_sts", []),
        ("role", "ram_role_arn", "ram_role_arn/static_ak", ["sts.cn-hangzhou.aliyuncs.com"]),
        ("role-of-session", "ram_role_arn", "ram_role_arn/static_sts", ["sts.aliyuncs.com"]),
        ("instance", "ecs_ram_role", "ecs_ram_role", ["100.100.100.200"] * 2),
        ("any-instance", "ecs_ram_role", "ecs_ram_role", ["100.100.100.200"] * 3),
        (
            "role-of-instance",
            "ram_role_arn",
            "ram_role_arn/ecs_ram_role",
            ["100.100.100.200", "100.100.100.200", "sts.aliyuncs.com"],
        ),
        ("chained", "ram_role_arn", "ram_role_arn/static_ak", ["sts.aliyuncs.com"]),
        ("twice-chained", "ram_role_arn", "ram_role_arn/ram_role_arn/static_ak", ["sts.aliyuncs.com"] * 2),
        ("uri", "credentials_uri", "credential_uri", ["127.0.0.1:6666"]),
        ("bearer", "bearer", "bearer", []),
    ],
)
def test_a_mode_is_what_its_type_is(
    home, script, document, granted, now, name, kind, provider_name, requests
):
    """The profile is translated into the configuration of a type, and its provider does the rest."""
    home.write(home.config_json, FILE)
    answers = [granted() if host.startswith("sts") else document() for host in requests]
    if name in ("instance", "any-instance", "role-of-instance"):
        answers[0] = "t1"
    if name == "any-instance":
        answers[1] = "EcsRole"
    transport = script(*answers)
    provider = home.chain(transport, strict=True, PROFILE=name, ECS_METADATA_DISABLED="")
    credential = provider.fetch(now).credential
    assert credential.type == kind
    assert credential.provider_name == f"default/cli_profile/{provider_name}"
    assert [urlsplit(url).netloc for _, url, _ in transport.sent] == requests


def test_a_current_profile_is_used_where_nobody_names_another(home, now):
    """ALIBABA_CLOUD_PROFILE comes before current."""
    home.cli(AK, {"name": "other", "mode": "AK", **KEY, "access_key_id": "LTAIother"}, current="other")
    assert home.chain().fetch(now).credential.access_key_id == "LTAIother"
    assert home.chain(PROFILE="default").fetch(now).credential.access_key_id == "LTAIexample"


def test_a_session_says_its_token(fetched):
    """Key and token belong together."""
    credential = fetched(None, PROFILES["session"])
    assert (credential.access_key_id, credential.security_token) == ("STS.exampleKeyId1234", "example-token")


def test_a_role_is_asked_for_with_all_that_the_profile_says(script, granted, fetched):
    """Session name, length, policy and external id."""
    transport = script(granted())
    policy = '{"Version": "1"}'
    fetched(transport, {**PROFILES["role"], "policy": policy})
    (form,) = transport.forms()
    ((_, _, headers),) = transport.sent
    assert headers["x-acs-action"] == "AssumeRole"
    assert "Credential=LTAIexampleKeyId1234," in headers["Authorization"]
    assert form["RoleArn"] == "acs:ram::1234567890123456:role/deployer"
    assert form["RoleSessionName"] == "laptop"
    assert form["DurationSeconds"] == "900"
    assert form["ExternalId"] == "partner-7"
    assert form["Policy"] == policy


def test_the_key_of_a_role_may_be_that_of_a_session(script, granted, fetched):
    """As aliyun-cli alone does."""
    transport = script(granted())
    fetched(transport, PROFILES["role-of-session"])
    assert transport.sent[0][2]["x-acs-security-token"] == "example-token"


def test_a_role_that_says_no_length_lasts_an_hour(script, granted, fetched):
    """Nought is what aliyun-cli takes for nothing."""
    for seconds in (None, 0):
        transport = script(granted())
        fetched(transport, {"name": "x", "mode": "RamRoleArn", **KEY, **ROLE, "expired_seconds": seconds})
        assert transport.forms()[0]["DurationSeconds"] == "3600"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"ram_session_name": "cli"}, "cli"),
        ({"role_session_name": "sdk"}, "sdk"),
        ({"ram_session_name": "cli", "role_session_name": "sdk"}, "cli"),
    ],
)
def test_a_pods_session_has_its_name_under_either_field(script, granted, fetched, tmp_path, names, expected):
    """Alibaba's SDK for Python reads one that aliyun-cli does not write."""
    token = tmp_path / "token"
    token.write_text("a.b.c")
    profile = {**PROFILES["pod"], "oidc_token_file": str(token), "expired_seconds": 1200}
    del profile["ram_session_name"]
    transport = script(granted())
    credential = fetched(transport, {**profile, **names})
    assert credential.provider_name == "default/cli_profile/oidc_role_arn"
    (form,) = transport.forms()
    assert (form["RoleSessionName"], form["DurationSeconds"]) == (expected, "1200")
    assert form["OIDCToken"] == "a.b.c"


@pytest.fixture(scope="module")
def private_key():
    """The private key of a pair; making one takes a while."""
    return rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize("form", ["pem", "base64", "file"])
def test_a_private_key_stands_in_the_profile_or_in_a_file(script, now, fetched, private_key, tmp_path, form):
    """As PEM, as the Base64 that the SDKs once took, or as the path that today's aliyun-cli takes it for."""

    def written(encoding):
        return private_key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())

    path = tmp_path / "key.pem"
    path.write_bytes(written(Encoding.PEM))
    key = {
        "pem": written(Encoding.PEM).decode(),
        "base64": b64encode(written(Encoding.DER)).decode(),
        "file": str(path),
    }[form]
    session = {
        "SessionAccessKeyId": "TMPSK.x",
        "SessionAccessKeySecret": SECRET,
        "Expiration": "2027-01-15T09:00:00Z",
    }
    transport = script(json.dumps({"SessionAccessKey": session}))
    credential = fetched(transport, {**PROFILES["key-pair"], "private_key": key})
    assert credential.provider_name == "default/cli_profile/rsa_key_pair"
    assert transport.forms()[0]["AccessKeyId"] == "example-key-pair"


@pytest.mark.parametrize("key", ["MIIcAnArY0SeCrEt7", "-----BEGIN cAnArY0SeCrEt7", "MII\ud800cAnArY"])
def test_a_private_key_that_is_none_is_told_with_its_field(home, refused, key):
    """Nothing of it is shown."""
    home.cli({"name": "default", "mode": "RsaKeyPair", "key_pair_name": "pair", "private_key": key})
    assert "private_key is not an RSA key" in refused()


@pytest.mark.parametrize("mode", ["ak", "AK", "Ak"])
def test_a_mode_is_known_in_any_case(fetched, mode):
    """As aliyun-cli knows it."""
    assert fetched(None, {**AK, "mode": mode}).provider_name == "default/cli_profile/static_ak"


@pytest.mark.parametrize(
    ("fields", "provider_name"),
    [
        (KEY, "static_ak"),
        ({**KEY, "sts_token": "token"}, "static_sts"),
        ({**KEY, **ROLE}, "ram_role_arn/static_ak"),
        ({**KEY, **ROLE, "sts_token": "token"}, "static_sts"),
        ({"bearer_token": "token"}, "bearer"),
        ({"ram_role_name": "EcsRole"}, "ecs_ram_role"),
    ],
)
@pytest.mark.parametrize("mode", [{}, {"mode": ""}, {"mode": None}], ids=str)
def test_a_mode_that_is_missing_is_guessed_as_aliyun_cli_does(
    script, granted, document, fetched, fields, provider_name, mode
):
    """From the fields that are there."""
    answers = {"ram_role_arn/static_ak": [granted()], "ecs_ram_role": ["t1", document()]}
    transport = script(*answers.get(provider_name, []))
    credential = fetched(transport, {"name": "x", **mode, **fields}, ECS_METADATA_DISABLED="")
    assert credential.provider_name == f"default/cli_profile/{provider_name}"


def test_a_profile_that_aliyun_cli_has_only_begun_is_passed_over_in_silence(home, now, log):
    """It writes one without a mode before anybody has configured anything."""
    home.write(home.config_json, (FIXTURES / "config.not-configured.json").read_bytes())
    with pytest.raises(NoCredentialError, match=r'profile "default" of .* has not been configured yet'):
        home.chain(strict=True).fetch(now)
    assert log() == []


@pytest.fixture
def signed_in():
    """An answer of CloudSSO, a session of one hour."""
    session = {
        "AccessKeyId": "STS.exampleKeyId1234",
        "AccessKeySecret": SECRET,
        "SecurityToken": "example-token",
        "Expiration": "2027-01-15T09:00:00Z",
    }
    return json.dumps({"CloudCredential": session})


def test_a_sign_in_is_left_to_its_module(home, script, now, signed_in):
    """CloudSSO, OAuth and External renew themselves by other means than a configuration."""
    home.write(home.config_json, FILE)
    transport = script(signed_in)
    credential = home.chain(transport, strict=True, PROFILE="sso").fetch(now).credential
    assert credential.provider_name == "default/cli_profile/cloud_sso"
    assert urlsplit(transport.sent[0][1]).netloc == "signin-cn-shanghai.alibabacloudsso.com"
    # What aliyun-cli has left in the file is good for another hour.
    credential = home.chain(script(), strict=True, PROFILE="oauth").fetch(now).credential
    assert credential.provider_name == "default/cli_profile/oauth"


def test_a_program_is_run_for_a_profile_that_names_one(fetched, tmp_path):
    """Where it says no mode, its command is enough."""
    program = tmp_path / "program.py"
    program.write_text(f"print({json.dumps(json.dumps({'mode': 'AK', **KEY}))})")
    command = shlex.join([sys.executable, str(program)])
    credential = fetched(None, {"name": "x", "process_command": command})
    assert credential.provider_name == "default/cli_profile/external"


def test_what_a_program_gave_is_not_taken_for_what_its_profile_is_about(home, now, tmp_path):
    """Its session is written back, and without a mode beside it the profile would be one of mode StsToken."""
    ends = {"sts_token": "token", "expiration": "2027-01-15T09:00:00Z", "mode": "StsToken"}
    program = tmp_path / "program.py"
    program.write_text(f"print({json.dumps(json.dumps({**ends, **KEY}))})")
    home.cli({"name": "default", "process_command": shlex.join([sys.executable, str(program)])})
    for _ in range(2):
        credential = home.chain(strict=True).fetch(now).credential
        assert credential.provider_name == "default/cli_profile/external"
        assert credential.expiration is not None
    [profile] = json.loads(home.config_json.read_text())["profiles"]
    assert (profile["mode"], profile["sts_token"]) == ("External", "token")


def test_a_sign_in_may_be_a_source(home, script, granted, now, signed_in):
    """The role is assumed with the session of the one who has signed in."""
    home.write(home.config_json, FILE)
    chain = home.chain(script(signed_in, granted()), strict=True, PROFILE="role-by-sso")
    assert chain.fetch(now).credential.provider_name == "default/cli_profile/ram_role_arn/cloud_sso"


@pytest.mark.parametrize(
    ("mode", "field"), [("CloudSSO", "cloud_sso_sign_in_url"), ("External", "process_command")]
)
def test_what_a_sign_in_lacks_is_told_with_its_field(home, refused, mode, field):
    """The profile stands in the message once."""
    home.cli({"name": "default", "mode": mode})
    message = refused()
    assert f": {field} is missing or empty." in message
    assert message.count('profile "default"') == 1


# Which STS


@pytest.mark.parametrize(
    ("fields", "variables", "host"),
    [
        ({}, {}, "sts.aliyuncs.com"),
        ({"sts_region": "cn-beijing"}, {}, "sts.cn-beijing.aliyuncs.com"),
        ({"sts_region": "cn-beijing"}, {"STS_REGION": "eu-central-1"}, "sts.cn-beijing.aliyuncs.com"),
        ({}, {"STS_REGION": "eu-central-1"}, "sts.eu-central-1.aliyuncs.com"),
        ({"sts_region": "cn-beijing", "enable_vpc": True}, {}, "sts-vpc.cn-beijing.aliyuncs.com"),
        ({"sts_region": "cn-beijing", "enable_vpc": "true"}, {}, "sts-vpc.cn-beijing.aliyuncs.com"),
        ({"enable_vpc": True}, {"STS_REGION": "eu-central-1"}, "sts-vpc.eu-central-1.aliyuncs.com"),
        ({"sts_region": "cn-beijing"}, {"VPC_ENDPOINT_ENABLED": "true"}, "sts-vpc.cn-beijing.aliyuncs.com"),
        (
            {"sts_region": "cn-beijing", "enable_vpc": False},
            {"VPC_ENDPOINT_ENABLED": "true"},
            "sts.cn-beijing.aliyuncs.com",
        ),
        ({"enable_vpc": False}, {}, "sts.aliyuncs.com"),
        ({"sts_region": "cn-beijing"}, {"STS_ENDPOINT": "sts.example"}, "sts.example"),
        ({"sts_endpoint": "sts.here.example"}, {"STS_ENDPOINT": "sts.example"}, "sts.here.example"),
        ({"sts_endpoint": "https://sts.here.example/"}, {}, "sts.here.example"),
        ({"sts_endpoint": "http://sts.here.example/"}, {}, "sts.here.example"),
        ({"sts_endpoint": "http://127.0.0.1:8100"}, {}, "127.0.0.1:8100"),
    ],
    ids=str,
)
def test_the_sts_is_the_profiles_then_the_environments(script, granted, fetched, fields, variables, host):
    """Each before a region's; the scheme of an address is dropped as aliyun-cli drops it."""
    transport = script(granted())
    fetched(transport, {"name": "x", "mode": "RamRoleArn", **KEY, **ROLE, **fields}, **variables)
    url = urlsplit(transport.sent[0][1])
    assert url.netloc == host
    assert url.scheme == ("http" if host.startswith("127") else "https")


@pytest.mark.parametrize(
    ("fields", "variables", "words"),
    [
        ({"sts_region": "evil.example/"}, {}, "sts_region is not the id of a region"),
        ({"enable_vpc": True}, {"STS_REGION": "e/"}, "ALIBABA_CLOUD_STS_REGION is not the id of a region"),
        (
            {"enable_vpc": True},
            {},
            "enable_vpc asks for the STS of a VPC, and no region is set. Add sts_region",
        ),
        ({"enable_vpc": 1}, {}, "enable_vpc is neither true nor false"),
        ({"sts_endpoint": "a b"}, {}, "sts_endpoint is not a host"),
        ({"sts_endpoint": ["x"]}, {}, "sts_endpoint is not a text"),
    ],
)
def test_an_sts_that_there_is_not_is_told_with_the_field(home, refused, fields, variables, words):
    """Before anything is sent."""
    home.cli({"name": "default", "mode": "RamRoleArn", **KEY, **ROLE, **fields})
    assert words in refused(**variables)


# Sources


def chained(name, source):
    """Return a profile over another one."""
    return {"name": name, "mode": "ChainableRamRoleArn", "source_profile": source, **ROLE}


def test_a_chain_of_sources_may_be_long(script, granted, fetched):
    """Each role is assumed with the session of the one below."""
    transport = script(*[granted()] * 20)
    below = [chained(f"p{n}", f"p{n + 1}") for n in range(20)]
    credential = fetched(transport, *below, {**AK, "name": "p20"})
    assert credential.provider_name == "default/cli_profile/" + "ram_role_arn/" * 20 + "static_ak"
    assert len(transport.sent) == 20


def test_a_source_is_kept_fresh_by_itself(home, script, granted, clock, now):
    """The session below is asked for anew when it is due, and not before."""
    home.cli(chained("default", "middle"), chained("middle", "base"), {**AK, "name": "base"})
    last = granted(Expiration="2027-01-15T12:00:00Z")
    transport = script(granted(), granted(), granted(), last, last)
    provider = home.chain(transport)
    for minutes, requests in ((0, 2), (40, 3), (50, 5)):
        clock.append(now + 60 * minutes)
        provider.fetch(clock[-1])
        assert len(transport.sent) == requests


def test_an_instance_may_be_a_source(script, granted, document, fetched):
    """Any mode that has a key may be."""
    transport = script("t1", document(), granted())
    credential = fetched(transport, chained("x", "instance"), PROFILES["instance"], ECS_METADATA_DISABLED="")
    assert credential.provider_name == "default/cli_profile/ram_role_arn/ecs_ram_role"


def test_a_circle_of_sources_is_told_with_its_path(home, refused):
    """Whoever reads it sees where to break it."""
    home.cli(chained("default", "a"), chained("a", "b"), chained("b", "a"))
    assert 'profile "default"' in refused()
    assert "source_profile leads in a circle: a -> b -> a." in refused()


def test_a_profile_that_is_its_own_source_is_a_circle(home, refused):
    """The shortest one."""
    home.cli(chained("default", "default"))
    assert "circle: default -> default." in refused()


@pytest.mark.parametrize(
    ("profiles", "words"),
    [
        (
            [chained("default", "gone"), AK | {"name": "a"}],
            'source_profile names "gone", which is none. It has: d',
        ),
        ([chained("default", "")], "source_profile is missing or empty"),
        (
            [chained("default", "b"), {"name": "b", "mode": "BearerToken", "bearer_token": "t"}],
            "signs nothing",
        ),
        ([chained("default", "b"), {"name": "b", "mode": ""}], 'profile "b" of'),
        ([chained("default", "b"), {"name": "b", "mode": "AK"}], 'profile "b" of'),
        (
            [chained(f"p{n}", f"p{n + 1}") for n in range(40)]
            + [chained("default", "p0"), chained("p40", "x")],
            "leads through more than 32 profiles",
        ),
    ],
    ids=["gone", "empty", "bearer", "unconfigured", "incomplete", "endless"],
)
def test_a_source_that_cannot_be_one_is_told(home, refused, profiles, words):
    """With the profile that is wrong."""
    home.cli(*profiles)
    assert words in refused()


def test_what_a_source_is_refused_is_told_with_the_profile(home, script, refusal, now):
    """The code is kept, and so is the class of the error."""
    home.cli(chained("default", "base"), {**AK, "name": "base"})
    with pytest.raises(CredentialRefusedError, match=r'profile "default" of .*NoPermission') as caught:
        home.chain(script(refusal("NoPermission", 403)), strict=True).fetch(now)
    assert caught.value.code == "NoPermission"
    assert caught.value.provider == "ram_role_arn"


# Bad profiles


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.type and mode.name != "EcsRamRole"])
def test_what_a_mode_needs_is_told_with_its_field(home, refused, mode):
    """Under the name that it has in the file."""
    profile = next(profile for profile in PROFILES.values() if profile["mode"] == mode.name)
    home.cli({"name": "default", "mode": mode.name, "source_profile": "a"}, {**AK, "name": "a"})
    message = refused()
    assert 'cli_profile: profile "default" of ' in message
    assert any(f": {field} is missing or empty." in message for field in profile)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"access_key_id": 7}, "access_key_id is not a text"),
        ({"access_key_secret": [SECRET]}, "access_key_secret is not a text"),
        ({"access_key_secret": f"{SECRET}\n"}, "access_key_secret begins or ends with white space"),
        ({"access_key_secret": None}, "access_key_secret is missing or empty"),
        ({"mode": "cAnArY"}, "mode is one that is not known. Use one of AK, StsToken, "),
        ({"mode": 7}, "mode is not a text"),
        ({"mode": "", "access_key_secret": ""}, "mode is missing, and cannot be guessed. Use one of AK"),
        ({"mode": "RamRoleArn", "ram_role_arn": "cAnArY"}, "ram_role_arn is not the ARN of a role"),
        ({"mode": "RamRoleArn", **ROLE, "expired_seconds": 10}, "expired_seconds is not a whole number"),
        ({"mode": "RamRoleArn", **ROLE, "expired_seconds": "900"}, "expired_seconds is not a whole number"),
        ({"mode": "RamRoleArn", **ROLE, "expired_seconds": True}, "expired_seconds is not a whole number"),
        ({"mode": "RamRoleArn", **ROLE, "policy": "cAnArY"}, "policy is not a JSON object"),
        ({"mode": "RamRoleArn", **ROLE, "external_id": "cAnArY!"}, "external_id is not a text of 2"),
        ({"mode": "EcsRamRole", "ram_role_name": "../cAnArY"}, "ram_role_name is not the name of a RAM role"),
        ({"mode": "CredentialsURI", "credentials_uri": "ftp://cAnArY"}, "credentials_uri is not a URL"),
        ({"mode": "OIDC", **ROLE, "oidc_provider_arn": "x", "oidc_token_file": "x"}, "oidc_provider_arn is"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_right_is_told(home, refused, change, words):
    """With file, profile and field, and never with its value."""
    home.cli({**AK, **change})
    message = refused(ECS_METADATA_DISABLED="")
    assert f'profile "default" of {home.config_json}: {words}' in message


def test_a_token_file_that_is_not_there_is_told_with_the_profile(home, refused):
    """Which is found out when the token is needed."""
    home.cli({**PROFILES["pod"], "name": "default", "oidc_token_file": "/nowhere/cAnArY"})
    assert 'profile "default"' in refused()
    assert ": oidc_token_file names a file that does not exist." in refused()


@pytest.mark.parametrize("value", ["1", "true", "TRUE"])
def test_a_uri_that_a_profile_names_may_be_forbidden(home, refused, value):
    """By the variable that forbids programs to aliyun-cli."""
    home.cli({**PROFILES["uri"], "name": "default"})
    assert "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids" in refused(DISABLE_EXTERNAL_PROCESS=value)


def test_an_instance_that_a_profile_names_and_that_is_not_there_is_broken(home, script, now, log):
    """Somebody has written down that this is one, so nobody passes it over in silence."""
    home.cli({"name": "default", "mode": "EcsRamRole"})
    nobody = NoReply("could not be connected to.", connected=False)
    with pytest.raises(NoCredentialError):
        home.chain(script(nobody, nobody), ECS_METADATA_DISABLED="").fetch(now)
    (line,) = log()
    assert line.startswith('WARNING ecs_ram_role: profile "default" of ')


# Bad files


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON: line 1, column 1: Expecting value."),
        (b'{"current": "a",\n "profiles": [],}', "is not JSON: line 2, column 1"),
        (b"{'current': 'cAnArY'}", "is not JSON: line 1, column 2: "),
        (b'{"a": "cAnArY\n"}', "is not JSON: line 1, column 14: Invalid control character at."),
        (b"[" * 100_000, "is not JSON of a reasonable size"),
        (b'{"a": ' + b"7" * 5000 + b"}", "is not JSON of a reasonable size"),
        (b"\xff\xfe{\x00}\x00", "is not UTF-8: line 1, column 1."),
        (b'{"a": \n "cAnArY\xff"}', "is not UTF-8: line 2, column 9."),
        (b"[]", "is JSON, but not an object with current and profiles."),
        (b"null", "is JSON, but not an object"),
        (b'{"profiles": {"cAnArY": 1}}', "has profiles that are not a list."),
        (b'{"profiles": [null]}', "has an entry of profiles, number 1, that is not an object."),
        (b'{"profiles": [{"name": "a"}, "cAnArY"]}', "number 2, that is not an object."),
        (b'{"profiles": [{"mode": "cAnArY"}]}', "number 1, whose name is missing or no text."),
        (b'{"profiles": [{"name": 7}]}', "number 1, whose name is missing or no text."),
        (b'{"profiles": [{"name": "a"}, {"name": "a"}]}', 'two profiles named "a". Rename or remove one.'),
        (b'{"current": 7, "profiles": [{"name": "a"}]}', "has a current that is not a text."),
        (b'{"profiles": [{"name": "a"}, {"name": "b"}]}', "current is missing or empty."),
        (b'{"current": "", "profiles": [{"name": "a"}]}', "ALIBABA_CLOUD_PROFILE. It has: a."),
        (b'{"current": "c", "profiles": [{"name": "a"}]}', 'no profile "c", which current names. It has: a.'),
    ],
)  # fmt: skip
def test_a_file_that_is_broken_is_told_with_the_place(home, refused, content, words):
    """File, then line and column or the entry; nothing of what it holds."""
    home.write(home.config_json, content)
    assert f"cli_profile: {home.config_json} " in refused()
    assert words in refused()


@pytest.mark.parametrize("beside", [None, "text", {"mode": "AK"}, {"name": 7}])
def test_what_is_wrong_with_another_entry_is_nothing_to_a_profile_that_is_sound(home, now, log, beside):
    """Nobody has asked for it."""
    home.write(home.config_json, json.dumps({"current": "default", "profiles": [beside, AK, beside]}))
    assert home.chain().fetch(now).credential.access_key_id == "LTAIexample"
    assert log() == []


def test_of_two_profiles_with_one_name_neither_is_taken_and_others_are(home, now, refused):
    """Whoever means one of the two has to say which."""
    twin = {**AK, "name": "twin"}
    home.write(home.config_json, json.dumps({"current": "default", "profiles": [twin, AK, twin, twin]}))
    assert home.chain().fetch(now).credential.access_key_id == "LTAIexample"
    assert 'has two profiles named "twin". Rename or remove one.' in refused(PROFILE="twin")


def test_a_profile_that_is_missing_may_be_the_one_that_has_lost_its_name(home, refused):
    """So that is what is told."""
    home.write(home.config_json, json.dumps({"current": "gone", "profiles": [AK, {"mode": "AK"}]}))
    assert "number 2, whose name is missing" in refused()


def test_a_byte_order_mark_is_nothing(home, now):
    """Windows editors write one."""
    home.write(
        home.config_json, b"\xef\xbb\xbf" + json.dumps({"current": "default", "profiles": [AK]}).encode()
    )
    assert home.chain().fetch(now).credential.access_key_id == "LTAIexample"


def test_a_file_without_profiles_is_passed_over_in_silence(home, now, log):
    """There is nothing in it that could be broken."""
    home.write(home.config_json, "{}")
    with pytest.raises(NoCredentialError, match=r"cli_profile: .*config\.json has no profile\."):
        home.chain(strict=True).fetch(now)
    assert log() == []


def test_a_profile_that_the_environment_names_and_that_is_missing_is_told_with_those_that_exist(
    home, refused
):
    """A slip of the pen is seen at once."""
    home.cli(AK, *({"name": f"p{n}"} for n in range(30)))
    message = refused(PROFILE="defualt")
    assert 'has no profile "defualt", which ALIBABA_CLOUD_PROFILE names. It has: default, p0, p1,' in message
    assert message.endswith(", p18, and 11 more.")


def test_odd_names_of_profiles_are_told_in_one_line(home, refused):
    """Whoever writes a file does not write the log."""
    home.cli(AK, {"name": "a\nb" + "c" * 100})
    message = refused(PROFILE="\x1b[2J")
    assert '"\\x1b[2J"' in message
    assert "a\\nbccc" in message
    assert message.isprintable()


def test_nothing_shows_what_a_profile_says():
    """Not even to whoever prints local variables in a traceback."""
    document = parse(FILE.encode(), ProfileFile("/x", place="cli_profile"))
    shown = repr(document) + repr(list(document.profiles.values()))
    shown += repr([profile.fields for profile in document.profiles.values()])
    assert "example-" not in shown.replace("example-key-pair", "")
    assert "access_key_secret" in shown
