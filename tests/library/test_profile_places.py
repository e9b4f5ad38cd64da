"""Which file of profiles is read, what is passed over and what is broken, and who may read it besides."""

import os

import pytest

from alicred import Client, testing
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, NoCredentialError
from alicred.profile_files import ProfileFile

KEY = {"access_key_id": "LTAIcli", "access_key_secret": "cAnArY0SeCrEt7-secret"}
AK = {"name": "default", "mode": "AK", **KEY}
INI = "[default]\ntype = access_key\naccess_key_id = LTAIini\naccess_key_secret = cAnArY0SeCrEt7-secret\n"
PLACES = {"cli_profile": "LTAIcli", "profile": "LTAIini"}


def winner(provider, now):
    """Return the place and the key id of what a chain finds."""
    credential = provider.fetch(now).credential
    return credential.provider_name, credential.access_key_id


# Which file


def test_aliyun_clis_file_comes_before_the_sdks(home, now):
    """And both before the instance."""
    home.ini(INI)
    assert winner(home.chain(ECS_METADATA_DISABLED=""), now) == ("default/profile/static_ak", "LTAIini")
    home.cli(AK)
    assert winner(home.chain(ECS_METADATA_DISABLED=""), now) == ("default/cli_profile/static_ak", "LTAIcli")


def test_a_key_in_the_environment_comes_before_the_files(home, now):
    """They are not even opened."""
    home.cli("broken")
    chain = home.chain(strict=True, ACCESS_KEY_ID="LTAIenv", ACCESS_KEY_SECRET="secret")
    assert winner(chain, now) == ("default/env", "LTAIenv")


@pytest.mark.parametrize("value", ["true", "TRUE"])
def test_aliyun_clis_file_may_be_forbidden(home, now, value):
    """ALIBABA_CLOUD_CLI_PROFILE_DISABLED takes it out of the chain, broken or not."""
    home.cli("broken")
    home.ini(INI)
    assert winner(home.chain(strict=True, CLI_PROFILE_DISABLED=value), now)[1] == "LTAIini"


@pytest.mark.parametrize(
    ("place", "variable"), [("cli_profile", "CONFIG_FILE"), ("profile", "CREDENTIALS_FILE")]
)
def test_a_variable_names_another_file(home, now, place, variable, tmp_path):
    """It comes before the one in the home directory."""
    if place == "cli_profile":
        home.cli(AK).replace(tmp_path / "elsewhere")
        home.cli({**AK, "access_key_id": "LTAIhome"})
    else:
        home.ini(INI).replace(tmp_path / "elsewhere")
        home.ini(INI.replace("LTAIini", "LTAIhome"))
    assert winner(home.chain(**{variable: str(tmp_path / "elsewhere")}), now)[1] == PLACES[place]


@pytest.mark.parametrize(
    ("place", "variable"), [("cli_profile", "CONFIG_FILE"), ("profile", "CREDENTIALS_FILE")]
)
def test_a_file_that_a_variable_names_and_that_is_missing_is_broken(home, now, log, place, variable):
    """Somebody wants it read."""
    words = f"{place}: /nowhere/x does not exist. ALIBABA_CLOUD_{variable} names it: correct or unset that."
    with pytest.raises(ConfigurationError, match=words):
        home.chain(strict=True, **{variable: "/nowhere/x"}).fetch(now)
    with pytest.raises(NoCredentialError):
        home.chain(**{variable: "/nowhere/x"}).fetch(now)
    (line,) = log()
    assert line.startswith(f"WARNING {place}: ")


@pytest.mark.parametrize("name", ["credentials", "credentials.ini"])
def test_the_sdks_file_has_two_names(home, now, name):
    """The SDKs for Python and Java know the one, those for Go and Node.js the other."""
    home.write(home.credentials_ini.with_name(name), INI)
    assert winner(home.chain(), now)[1] == "LTAIini"


def test_of_the_sdks_two_files_the_one_of_the_sdk_for_python_counts(home, now):
    """A program that moves from it finds the same credential."""
    home.write(home.credentials_ini.with_name("credentials"), INI.replace("LTAIini", "LTAIother"))
    home.ini(INI)
    assert winner(home.chain(), now)[1] == "LTAIini"


@pytest.mark.parametrize(
    ("variables", "home"),
    [
        ({"HOME": "/home/me", "USERPROFILE": "C:\\Users\\me"}, "/home/me"),
        ({"USERPROFILE": "C:\\Users\\me", "HOMEPATH": "\\x"}, "C:\\Users\\me"),
        ({"HOMEDRIVE": "C:", "HOMEPATH": "\\Users\\me"}, "C:\\Users\\me"),
        ({"HOMEPATH": "C:\\Users\\me"}, "C:\\Users\\me"),
        ({"HOMEDRIVE": "C:"}, None),
        ({"HOME": ""}, None),
    ],
)
def test_the_home_directory_is_what_the_environment_says(variables, home):
    """HOME, or what Windows calls it."""
    assert Environment(variables).home() == home


def test_without_files_both_places_say_where_they_looked(home, now, log):
    """It is nothing that anybody has to be warned of."""
    with pytest.raises(NoCredentialError) as caught:
        home.chain(strict=True).fetch(now)
    lines = str(caught.value).splitlines()
    assert f"  cli_profile: {home.config_json} does not exist." in lines
    assert f"  profile: {home.credentials_ini} does not exist." in lines
    assert log() == []


def test_a_profile_that_only_the_sdks_file_has_is_no_fault_of_aliyun_clis(home, now, log):
    """One variable names the profile in both."""
    home.cli(AK)
    home.ini(INI.replace("default", "other"))
    assert winner(home.chain(strict=True, PROFILE="other"), now)[1] == "LTAIini"
    assert log() == []


def test_a_profile_that_neither_file_has_is_told_of_both(home, now, log):
    """Each says which names there are."""
    home.cli(AK)
    home.ini(INI)
    with pytest.raises(NoCredentialError):
        home.chain(PROFILE="other").fetch(now)
    first, second = log()
    assert 'config.json has no profile "other", which ALIBABA_CLOUD_PROFILE names. It has: default.' in first
    assert 'credentials.ini has no section "other", which ALIBABA_CLOUD_PROFILE names.' in second


# Broken


def test_a_file_that_is_broken_is_passed_over_with_a_warning(home, now, log):
    """The identity becomes another, so the log says why; strict stops there instead."""
    home.write(home.config_json, '{"profiles": [null]}')
    home.ini(INI)
    assert winner(home.chain(), now)[1] == "LTAIini"
    (line,) = log()
    assert line.startswith(f"WARNING cli_profile: {home.config_json} has an entry of profiles, number 1,")
    assert line.endswith("The default chain goes on.")
    with pytest.raises(ConfigurationError):
        home.chain(strict=True).fetch(now)


@pytest.fixture(params=["cli_profile", "profile"])
def path(request, home):
    """Where the file of a place is."""
    return home.config_json if request.param == "cli_profile" else home.credentials_ini


@pytest.fixture
def refused(home, now, told):
    """Return what the error says in strict mode."""

    def refused():
        with pytest.raises(ConfigurationError) as caught:
            home.chain(strict=True).fetch(now)
        assert caught.value.__context__ is None
        assert "cAnArY" not in told(caught.value)
        return str(caught.value)

    return refused


def test_a_directory_is_no_file(path, refused):
    """As a wrong mount in a container makes one."""
    path.mkdir(parents=True)
    assert f"{path} is not a file." in refused()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_waited_for(path, refused):
    """Nobody may ever write into it."""
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert f"{path} is not a file." in refused()


def test_a_file_without_an_end_is_not_read(path, refused, home):
    """No file of profiles is larger than a megabyte."""
    home.write(path, b" " * (1024 * 1024 + 1))
    assert f"{path} is larger than 1024 KiB." in refused()


def test_a_file_of_just_a_megabyte_is_read(home, now):
    """The limit itself is allowed."""
    home.ini(INI.ljust(1024 * 1024))
    assert winner(home.chain(), now)[1] == "LTAIini"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (PermissionError(13, "cAnArY"), "may not be read by this process"),
        (OSError(5, "cAnArY"), "cannot be read"),
    ],
    ids=["forbidden", "disk"],
)
def test_a_file_that_cannot_be_read_is_broken(path, refused, home, monkeypatch, failure, words):
    """It is there, and says something to somebody else; what the system says is not repeated."""
    home.write(path, INI)
    real = os.open

    def failing(opened, *arguments):
        if opened == str(path):
            raise failure
        return real(opened, *arguments)

    monkeypatch.setattr("alicred.profile_files.os.open", failing)
    assert f"{path} {words}." in refused()


@pytest.mark.parametrize("name", ["a\0b", "a\udc80\ud800b"])
def test_a_path_that_no_file_can_have_is_a_configuration_error(home, now, name):
    """It may be read from anywhere."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        home.chain(strict=True, CONFIG_FILE=name).fetch(now)
    assert "cannot be read" in ProfileFile(name, place="cli_profile").read()


def test_a_home_directory_that_may_not_be_looked_into_may_as_well_be_empty(home, now, log, monkeypatch):
    """A service that was started with another user's HOME has configured nothing by that."""
    home.cli(AK)

    def forbidden(path, *_):
        raise PermissionError(13, path)

    monkeypatch.setattr("alicred.profile_files.os.open", forbidden)
    monkeypatch.setattr("alicred.profile_files.os.stat", forbidden)
    with pytest.raises(NoCredentialError, match=r"config\.json may not be read by this process"):
        home.chain(strict=True).fetch(now)
    assert log() == []
    with pytest.raises(ConfigurationError, match="may not be read by this process"):
        home.chain(strict=True, CONFIG_FILE=str(home.config_json)).fetch(now)


# Permissions


@pytest.mark.skipif(os.name != "posix", reason="permissions say something else here")
def test_the_next_test_is_warned_as_well(home, now, log):
    """alicred.testing.reset() makes it begin anew."""
    home.cli(AK).chmod(0o644)
    for _ in range(2):
        home.chain().fetch(now)
        assert len(log()) == 1
        testing.reset()


@pytest.mark.skipif(os.name != "posix", reason="permissions say something else here")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_others_who_may_read_a_secret_are_warned_of_once(home, now, log, mode):
    """Per file and process, whoever reads it and however often."""
    home.cli(AK).chmod(mode)
    for _ in range(3):
        assert winner(home.chain(strict=True), now)[1] == "LTAIcli"
    (line,) = log()
    assert (
        line
        == f"WARNING cli_profile: {home.config_json} holds a secret, and others may read it: chmod 600 it."
    )


@pytest.mark.parametrize(
    ("profile", "mode"), [(AK, 0o600), (AK, 0o622), ({"name": "default", "mode": ""}, 0o644)]
)
def test_a_file_that_only_its_owner_reads_or_that_holds_no_secret_is_fine(home, now, log, profile, mode):
    """Nothing is said about it."""
    home.cli(profile).chmod(mode)
    home.ini(INI)
    home.chain().fetch(now)
    assert log() == []


# Through a client


def test_a_client_finds_the_profile(home, monkeypatch):
    """Client() does what aliyun-cli does on the same machine."""
    home.cli(AK)
    monkeypatch.setenv("HOME", str(home.path))
    assert Client().get_credential().access_key_id == "LTAIcli"


def test_the_environment_counts_as_it_was_when_the_client_was_built(home, monkeypatch):
    """The file counts as it is when it is reached."""
    monkeypatch.setenv("HOME", str(home.path))
    client = Client()
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "other")
    home.cli(AK)
    assert client.get_credential().access_key_id == "LTAIcli"
