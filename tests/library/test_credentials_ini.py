"""The SDKs' credentials.ini: every type, values that other readers cut, and what is wrong with files."""

from pathlib import Path

import pytest

from alicred import testing
from alicred.credentials_ini import parse
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, CredentialRefusedError, NoCredentialError
from alicred.parameters import TYPES
from alicred.profile_files import ProfileFile
from alicred.providers.credentials_profile import has_section

FIXTURE = Path(__file__).parents[2] / "fixtures" / "profiles" / "credentials.ini"
KEY = "access_key_id = LTAIexample\naccess_key_secret = cAnArY0SeCrEt7-secret\n"
AK = f"[default]\ntype = access_key\n{KEY}"
ROLE = f"[default]\ntype = ram_role_arn\n{KEY}role_arn = acs:ram::123:role/demo\n"


@pytest.fixture(autouse=True)
def clock(now):
    """Sources are kept fresh by the time at which the tests take place."""
    testing.use_clock(lambda: now)


@pytest.fixture
def refused(home, now, told, exposed):
    """Fetch in strict mode, and return what the error says, after a look for secrets."""

    def refused(content, **variables):
        home.write(home.credentials_ini, content)
        with pytest.raises(ConfigurationError) as caught:
            home.chain(strict=True, **variables).fetch(now)
        assert caught.value.remedy
        assert str(home.credentials_ini) in caught.value.problem
        assert "cAnArY" not in told(caught.value)
        assert "cAnArY" not in exposed(caught.value)
        assert caught.value.__context__ is None
        return str(caught.value)

    return refused


@pytest.fixture
def read():
    """Return what a text says, by section."""

    def read(text):
        profiles = parse(text.encode(), ProfileFile("/x", place="profile"))
        return {name: dict(profile.fields) for name, profile in profiles.items()}

    return read


# Every type


def test_the_fixture_has_every_type():
    """The tests below go by it."""
    sections = parse(FIXTURE.read_bytes(), ProfileFile("/x", place="profile"))
    assert {profile.text("type") for profile in sections.values()} == set(TYPES)


@pytest.mark.parametrize(
    ("name", "kind", "provider_name"),
    [
        ("default", "access_key", "static_ak"),
        ("session", "sts", "static_sts"),
        ("token", "bearer", "bearer"),
        ("role", "ram_role_arn", "ram_role_arn/static_ak"),
        ("instance", "ecs_ram_role", "ecs_ram_role"),
        ("uri", "credentials_uri", "credential_uri"),
    ],
)
def test_a_section_is_what_its_type_is(home, script, document, granted, now, name, kind, provider_name):
    """It says the parameters of a configuration, under the same names."""
    home.write(home.credentials_ini, FIXTURE.read_bytes())
    answers = {"role": [granted()], "instance": ["t1", document()], "uri": [document()]}
    transport = script(*answers.get(name, []))
    chain = home.chain(transport, strict=True, PROFILE=name, ECS_METADATA_DISABLED="")
    credential = chain.fetch(now).credential
    assert credential.type == kind
    assert credential.provider_name == f"default/profile/{provider_name}"


def test_a_secret_is_taken_whole(home, now):
    """What other readers take for a comment or a reference is part of a value."""
    home.write(home.credentials_ini, FIXTURE.read_bytes())
    assert home.chain().fetch(now).credential.access_key_secret == "example#secret;of%a=user"
    assert home.chain(PROFILE="session").fetch(now).credential.security_token == "example#token%41;x=="


def test_a_role_is_asked_for_with_all_that_the_section_says(home, script, granted, now):
    """Colons separate as well; JSON stands in one line."""
    home.write(home.credentials_ini, FIXTURE.read_bytes())
    transport = script(granted())
    home.chain(transport, PROFILE="role").fetch(now)
    (form,) = transport.forms()
    assert form["RoleArn"] == "acs:ram::1234567890123456:role/deployer"
    assert form["RoleSessionName"] == "laptop"
    assert form["DurationSeconds"] == "900"
    assert form["Policy"].startswith('{"Version": "1", "Statement": [{')


def test_a_pod_and_a_key_pair_read_the_files_that_they_name(home, now):
    """They are opened when they are needed, and told with the section."""
    home.write(home.credentials_ini, FIXTURE.read_bytes())
    for name, field in (("pod", "oidc_token_file_path"), ("key-pair", "private_key_file")):
        with pytest.raises(ConfigurationError, match=f'profile "{name}" of .*: {field} names a file that'):
            home.chain(strict=True, PROFILE=name).fetch(now)


def test_the_sts_may_be_a_regions(home, script, granted, now):
    """As in aliyun-cli's file."""
    home.ini(f"{ROLE}sts_region = cn-beijing\nenable_vpc = True\n")
    transport = script(granted())
    home.chain(transport).fetch(now)
    assert transport.sent[0][1].startswith("https://sts-vpc.cn-beijing.aliyuncs.com/")


def test_hardened_mode_may_be_asked_for(home, script, now):
    """A switch is written out."""
    home.ini("[default]\ntype = ecs_ram_role\ndisable_imds_v1 = true\n")
    transport = script(403)
    with pytest.raises(CredentialRefusedError):
        home.chain(transport, strict=True, ECS_METADATA_DISABLED="").fetch(now)
    assert transport.requests() == ["PUT /latest/api/token"]


# Reading


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k=v", "v"),
        ("k = v", "v"),
        ("k: v", "v"),
        ("  k\t=\tv \r", "v"),
        ("K = v", "v"),
        ("k = a=b", "a=b"),
        ("k = a:b", "a:b"),
        ("k: a=b", "a=b"),
        ("k = a # b", "a"),
        ("k = a#b", "a#b"),
        ("k = #a", ""),
        ("k = a ; b", "a ; b"),
        ("k = %(x)s 50%", "%(x)s 50%"),
        ("k = ${x}", "${x}"),
        ('k = "v"', '"v"'),
        ("k = [v]", "[v]"),
        ("k =", ""),
        ("k = \x0cé\u2028x", "é\u2028x"),
    ],
)
def test_a_value_is_all_that_stands_behind_the_first_separator(read, text, value):
    """Without the white space around it and a comment behind it, and with everything else."""
    assert read(f"[s]\n{text}\n") == {"s": {"k": value}}


@pytest.mark.parametrize("comment", ["# c", "; c", "   # k = v", "", "  \t", "#"])
def test_a_comment_has_a_line_of_its_own(read, comment):
    """Anywhere, also before the first section."""
    assert read(f"{comment}\n[s]\n{comment}\nk = v\n{comment}") == {"s": {"k": "v"}}


@pytest.mark.parametrize("header", ["[s]", "  [ s ]  ", "[s] # c", "[s];c", "\ufeff[s]"])
def test_a_section_begins_with_its_name(read, header):
    """White space and a comment behind it are nothing, and neither is a byte order mark."""
    assert read(f"{header}\r\nk = v") == {"s": {"k": "v"}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"cAnArY", "has a line, number 1, that is neither [section] nor key = value."),
        (b"[default]\n\n= cAnArY", "has a line, number 3, that is neither"),
        (b"[default", "has a line, number 1, that is no section: [name]."),
        (b"[]", "number 1, that is no section"),
        (b"[default] cAnArY", "number 1, that is no section"),
        (b"k = cAnArY\n[default]", "number 1, that stands before the first section."),
        (b"[default]\nk = 1\n[default]", "number 3, that begins section default once more."),
        (b"[default]\nk = cAnArY\nK: cAnArY", "number 3, whose key was there before in its section."),
        (b"[default]\nk = cAnArY\xff", "number 2, that is not UTF-8."),
        (b"[default]\nk = cAnArY\n  cAnArY", "number 3, that goes on with the value before it."),
        (b"\xff\xfe[\x00", "number 1, that is not UTF-8."),
    ],
)
def test_a_line_that_makes_no_sense_is_told_with_its_number(refused, content, words):
    """And nothing of what it says."""
    assert words in refused(content)


# Which section


def test_the_environment_names_the_section(home, now):
    """Otherwise it is the default one."""
    home.ini(f"{AK}[other]\ntype = access_key\n{KEY.replace('LTAIexample', 'LTAIother')}")
    assert home.chain().fetch(now).credential.access_key_id == "LTAIexample"
    assert home.chain(PROFILE="other").fetch(now).credential.access_key_id == "LTAIother"


def test_a_section_is_looked_for_where_a_profile_of_that_name_is_missing(home):
    """Without a home, without a file, and in one that makes no sense, there is none."""
    assert not has_section(Environment({}), "default")
    assert not has_section(home.environment(), "default")
    home.ini(AK)
    assert has_section(home.environment(), "default")
    assert not has_section(home.environment(), "other")
    home.ini("[default")
    assert not has_section(home.environment(), "default")


@pytest.mark.parametrize("text", ["", "# nothing\n", "[other]\ntype = access_key\n"])
def test_a_file_without_the_default_section_is_passed_over_in_silence(home, now, log, text):
    """Nobody has asked for one of its sections."""
    home.ini(text)
    with pytest.raises(NoCredentialError, match=r"profile: .* has no section default\. It has: (none|other)"):
        home.chain(strict=True).fetch(now)
    assert log() == []


def test_a_section_that_the_environment_names_and_that_is_missing_is_told_with_those_that_exist(refused):
    """A slip of the pen is seen at once."""
    message = refused(f"{AK}[b]\n", PROFILE="defualt")
    assert 'has no section "defualt", which ALIBABA_CLOUD_PROFILE names. It has: default, b.' in message


def test_of_many_sections_the_first_are_told(refused):
    """A remedy is read by a person; that there are more is said."""
    many = "".join(f"[s{number:02}]\n" for number in range(30))
    assert refused(many, PROFILE="other").endswith(", s19, and 10 more.")


def test_a_section_that_is_switched_off_is_passed_over_in_silence(home, now, log):
    """As the SDK for Java does; the others do not look."""
    home.write(home.credentials_ini, FIXTURE.read_bytes())
    with pytest.raises(NoCredentialError, match=r'profile "switched-off" of .* says enable = false'):
        home.chain(strict=True, PROFILE="switched-off").fetch(now)
    assert log() == []


@pytest.mark.parametrize("enable", ["", "enable = true\n", "enable = TRUE\n", "enable =\n"])
def test_a_section_that_does_not_say_so_is_switched_on(home, now, enable):
    """Most files do not say it at all."""
    home.ini(AK + enable)
    assert home.chain().fetch(now).credential.access_key_id == "LTAIexample"


# Bad sections


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[default]\n{KEY}", "type is missing. Use one of access_key, sts, "),
        (f"[default]\ntype = cAnArY\n{KEY}", "type is one that is not known. Use one of access_key, sts, "),
        ("[default]\ntype = access_key\naccess_key_id = x\n", "access_key_secret is missing or empty"),
        ("[default]\ntype = access_key\naccess_key_id = x\naccess_key_secret =\n", "access_key_secret is"),
        (f"{AK}enable = perhaps\n", "enable is neither true nor false"),
        (f"{ROLE}role_session_expiration = soon\n", "role_session_expiration is not a whole number"),
        (f"{ROLE}role_session_expiration = -900\n", "role_session_expiration is not a whole number"),
        (f"{ROLE}role_session_expiration = {'9' * 5000}\n", "role_session_expiration is not a whole number"),
        (f"{ROLE}role_session_expiration = 10\n", "role_session_expiration is not a whole number"),
        (f"{ROLE}sts_endpoint = a b\n", "sts_endpoint is not a host"),
        (f"{ROLE}sts_region = a b\n", "sts_region is not the id of a region"),
        ("[default]\ntype = ecs_ram_role\ndisable_imds_v1 = 1\n", "disable_imds_v1 is neither true"),
        (AK.replace("-secret", "\x07"), "access_key_secret begins or ends with white space, or holds"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_right_is_told(home, refused, text, words):
    """With file, section and key, and never with its value."""
    message = refused(text, ECS_METADATA_DISABLED="")
    assert f'profile: profile "default" of {home.credentials_ini}: {words}' in message
