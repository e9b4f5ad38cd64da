"""Files of profiles change while a client lives: what is noticed, when, and what that costs."""

import asyncio
import json
import os
import sys
import types

import pytest

from alicred import Client, ConfigurationError, Credential, NoCredentialError, testing
from alicred.exceptions import CredentialException
from alicred.providers.base import Issued
from alicred.refresh import quarter_of_lifetime

KEY = {"access_key_id": "LTAIfirst", "access_key_secret": "secret"}
AK = {"name": "default", "mode": "AK", **KEY}
SECOND = {**AK, "access_key_id": "LTAIsecond"}
ROLE = {
    "name": "default",
    "mode": "RamRoleArn",
    **KEY,
    "ram_role_arn": "acs:ram::123:role/demo",
    "ram_session_name": "session",
}
INI = "[default]\ntype = access_key\naccess_key_id = LTAIini\naccess_key_secret = secret\n"


@pytest.fixture
def clock(now):
    """The time of every client; it moves when a test moves it."""
    moments = [now]
    testing.use_clock(lambda: moments[-1])
    return moments


@pytest.fixture
def client(home, monkeypatch, clock):
    """Build a client of whoever lives in the home directory."""
    monkeypatch.setenv("HOME", str(home.path))
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    return Client


@pytest.fixture
def opened(monkeypatch):
    """Count how often a file is opened for reading."""
    found = []
    real = os.open

    def counting(path, *arguments):
        found.extend([path] if isinstance(path, str) else [])
        return real(path, *arguments)

    monkeypatch.setattr("alicred.profile_files.os.open", counting)
    return found


# A key that does not end


def test_a_changed_key_is_noticed_within_a_minute(home, client, clock):
    """Whoever rotates a key writes the file, and starts nothing anew."""
    home.cli(AK)
    service = client()
    assert service.get_credential().access_key_id == "LTAIfirst"
    home.cli(SECOND)
    clock.append(clock[0] + 59.9)
    assert service.get_credential().access_key_id == "LTAIfirst"
    clock.append(clock[0] + 60)
    assert service.get_credential().access_key_id == "LTAIsecond"


def test_a_changed_key_is_noticed_by_tasks_as_well(home, client, clock):
    """There is one cache for both."""
    home.cli(AK)
    service = client()
    assert asyncio.run(service.get_credential_async()).access_key_id == "LTAIfirst"
    home.cli(SECOND)
    clock.append(clock[0] + 60)
    assert asyncio.run(service.get_credential_async()).access_key_id == "LTAIsecond"


def test_an_unchanged_file_is_looked_at_once_a_minute_and_read_once(home, client, clock, opened, monkeypatch):
    """A look at its state is enough."""
    home.cli(AK)
    service = client()
    service.get_credential()
    assert opened == [str(home.config_json)]
    looks = []
    real = os.stat
    monkeypatch.setattr("alicred.profile_files.os.stat", lambda path: looks.append(path) or real(path))
    for second in range(0, 600, 10):
        clock.append(clock[0] + second)
        service.get_credential()
    assert len(looks) == 9
    assert len(opened) == 1


def test_the_sdks_file_is_looked_after_as_well(home, client, clock):
    """Both hold keys that do not end."""
    home.ini(INI)
    service = client()
    assert service.get_credential().access_key_id == "LTAIini"
    home.ini(INI.replace("LTAIini", "LTAIother"))
    clock.append(clock[0] + 60)
    assert service.get_credential().access_key_id == "LTAIother"


def test_a_key_of_the_environment_is_not_looked_after(client, monkeypatch):
    """The environment counts as it was when the client was built."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIenv")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    service = client()
    service.get_credential()
    assert service._session.held.serve_until == float("inf")


def test_a_clock_that_jumps_back_is_no_reason_to_read_a_file(home, client, clock, opened):
    """It is looked at, and has not changed."""
    home.cli(AK)
    service = client()
    service.get_credential()
    clock.append(clock[0] - 10**6)
    assert service.get_credential().access_key_id == "LTAIfirst"
    assert len(opened) == 1


@pytest.mark.parametrize(
    "content", ["", '{"profiles": [null]}', "{", json.dumps({"current": "x", "profiles": [AK]})]
)
def test_a_key_stays_good_while_its_file_is_broken(home, client, clock, log, content):
    """As while an editor writes it; the log says it once, and that it works again."""
    home.cli(AK)
    service = client()
    service.get_credential()
    home.write(home.config_json, content)
    for minute in range(1, 5):
        clock.append(clock[0] + 61 * minute)
        assert service.get_credential().access_key_id == "LTAIfirst"
    (line,) = log()
    assert line.startswith(f"WARNING cli_profile: {home.config_json} ")
    assert line.endswith("The credential that is held is served, until that works again.")
    home.cli(SECOND)
    clock.append(clock[-1] + 61)
    assert service.get_credential().access_key_id == "LTAIsecond"
    assert log() == ["INFO default: refreshing works again"]


def test_a_removed_file_is_no_longer_configured(home, client, clock, log):
    """The chain is searched again, and what it finds is another identity."""
    home.cli(AK)
    service = client()
    service.get_credential()
    home.ini(INI)
    home.config_json.unlink()
    clock.append(clock[0] + 60)
    assert service.get_credential().provider_name == "default/profile/static_ak"
    (line,) = log()
    assert (
        line
        == f"WARNING cli_profile: {home.config_json} does not exist. The default chain is searched again."
    )


def test_a_profile_that_comes_to_nothing_is_no_longer_configured(home, client, clock):
    """As after aliyun-cli has removed the last one."""
    home.cli(AK)
    service = client()
    service.get_credential()
    home.ini(INI)
    home.cli()
    clock.append(clock[0] + 60)
    assert service.get_credential().access_key_id == "LTAIini"


def test_a_removed_file_with_nothing_to_follow_it_leaves_the_key_good(home, client, clock):
    """Never an error while a valid credential is at hand; and the file may come back."""
    home.cli(AK)
    service = client()
    service.get_credential()
    home.config_json.unlink()
    clock.append(clock[0] + 60)
    assert service.get_credential().access_key_id == "LTAIfirst"
    home.cli(SECOND)
    clock.append(clock[-1] + 61)
    assert service.get_credential().access_key_id == "LTAIsecond"


def test_a_strict_client_moves_on_from_what_is_no_longer_configured_too(home, client, clock):
    """It stops at what is broken, and this is not."""
    home.cli(AK)
    service = client(strict=True)
    service.get_credential()
    home.ini(INI)
    home.config_json.unlink()
    clock.append(clock[0] + 60)
    assert service.get_credential().access_key_id == "LTAIini"


def test_a_key_that_a_service_refused_is_read_again(home, client):
    """At once, for the file may have changed since."""
    home.cli(AK)
    service = client()
    first = service.get_credential()
    home.cli(SECOND)
    service.invalidate(first)
    assert service.get_credential().access_key_id == "LTAIsecond"


def test_a_removed_file_that_a_variable_names_is_broken(home, client, clock, monkeypatch):
    """Somebody wants it read, so nothing else takes its place while its key is good."""
    home.cli(AK)
    home.ini(INI)
    monkeypatch.setenv("ALIBABA_CLOUD_CONFIG_FILE", str(home.config_json))
    service = client()
    service.get_credential()
    home.config_json.unlink()
    clock.append(clock[0] + 60)
    assert service.get_credential().access_key_id == "LTAIfirst"


# A session


def test_a_changed_profile_is_noticed_at_the_next_refresh(home, script, granted, now):
    """What was issued before stays good until it is due."""
    home.cli(ROLE)
    transport = script(granted(), granted())
    chain = home.chain(transport)
    testing.use_clock(lambda: now)
    chain.fetch(now)
    home.cli({**ROLE, "ram_role_arn": "acs:ram::123:role/other"})
    chain.fetch(now + 1, holding=True)
    assert [form["RoleArn"] for form in transport.forms()] == [
        "acs:ram::123:role/demo",
        "acs:ram::123:role/other",
    ]


def test_a_session_is_not_looked_after_before_its_refresh(home, script, granted, now):
    """Only what does not end is."""
    home.cli(ROLE)
    testing.use_clock(lambda: now)
    issued = home.chain(script(granted())).fetch(now)
    assert issued.good_for_seconds == float("inf")


def test_a_change_elsewhere_in_the_file_leaves_a_provider_what_it_knows(home, script, document, now):
    """Its token is kept, though another profile was added."""
    instance = {"name": "default", "mode": "EcsRamRole", "ram_role_name": "EcsRole"}
    home.cli(instance)
    transport = script("t1", document(), document())
    chain = home.chain(transport, ECS_METADATA_DISABLED="")
    chain.fetch(now)
    home.cli(instance, {**AK, "name": "other"}, meta_path="x")
    chain.fetch(now + 1)
    assert [request.partition(" ")[0] for request in transport.requests()] == ["PUT", "GET", "GET"]


def test_a_changed_source_is_a_change_of_the_profile(home, script, granted, now):
    """The role is assumed with the new key."""
    testing.use_clock(lambda: now)
    chained = {**ROLE, "mode": "ChainableRamRoleArn", "source_profile": "base"}
    home.cli(chained, {**AK, "name": "base"})
    transport = script(granted(), granted())
    chain = home.chain(transport)
    chain.fetch(now)
    home.cli(chained, {**SECOND, "name": "base"})
    chain.fetch(now + 1)
    keys = [
        headers["Authorization"].partition("Credential=")[2].partition(",")[0]
        for *_, headers in transport.sent
    ]
    assert keys == ["LTAIfirst", "LTAIsecond"]


@pytest.mark.parametrize("mode", ["Newer", 7, ""])
def test_a_source_whose_mode_nobody_knows_any_more_is_told(home, script, granted, now, mode):
    """It may be one of a newer aliyun-cli; the role is not assumed with the key of before."""
    testing.use_clock(lambda: now)
    chained = {**ROLE, "mode": "ChainableRamRoleArn", "source_profile": "base"}
    home.cli(chained, {**AK, "name": "base"})
    chain = home.chain(script(granted()), strict=True)
    chain.fetch(now)
    home.cli(chained, {"name": "base", "mode": mode, "access_key_id": "LTAIfirst"})
    with pytest.raises(CredentialException, match='profile "base" of'):
        chain.fetch(now + 1)


def test_a_file_that_is_broken_when_a_session_has_ended_is_searched_beyond(home, script, granted, now, log):
    """As every element that is configured and broken."""
    testing.use_clock(lambda: now)
    home.cli(ROLE)
    home.ini(INI)
    chain = home.chain(script(granted()))
    chain.fetch(now)
    home.write(home.config_json, "{")
    with pytest.raises(ConfigurationError):
        chain.fetch(now + 1, holding=True)
    assert chain.fetch(now + 3600).credential.access_key_id == "LTAIini"
    assert log()[-1].endswith("The default chain is searched again.")


# What a sign-in issues


class External:
    """A provider whose credential does not end."""

    name = "external"

    def __init__(self, good_for):
        self.fetches = 0
        self.good_for = good_for

    def fetch(self, now, *, holding=False):
        """Bring the next key."""
        self.fetches += 1
        credential = Credential(
            type="access_key", provider_name="external", access_key_id=f"LTAI{self.fetches}"
        )
        return Issued(credential, quarter_of_lifetime, self.good_for)


@pytest.mark.parametrize(("good_for", "fetches"), [(float("inf"), 1), (600, 1), (90, 2), (30, 3)])
def test_a_provider_says_itself_how_long_it_need_not_be_asked(home, monkeypatch, now, good_for, fetches):
    """A look at the file is no reason to run a program again."""
    external = External(good_for)
    module = types.SimpleNamespace(build_profile=lambda *_: external)
    monkeypatch.setitem(sys.modules, "alicred.providers.external", module)
    home.cli({"name": "default", "mode": "External", "process_command": "x"})
    chain = home.chain()
    for later in (0, 60, 120):
        issued = chain.fetch(now + later, holding=later > 0)
        assert issued.good_for_seconds == min(60, good_for)
    assert external.fetches == fetches
    assert issued.credential.provider_name == "default/cli_profile/external"


@pytest.mark.parametrize(
    ("change", "built"),
    [
        ({"access_key_id": "LTAIx", "sts_expiration": 7}, 1),
        ({"process_command": "y"}, 2),
        ({"mode": "AK"}, 1),
    ],
)
def test_what_a_provider_writes_back_is_no_change_for_it(home, monkeypatch, now, change, built):
    """It knows that already; a program that has changed is another provider."""
    built_by = []

    def build_profile(profile, *_):
        built_by.append(profile)
        return External(0)

    module = types.SimpleNamespace(build_profile=build_profile)
    monkeypatch.setitem(sys.modules, "alicred.providers.external", module)
    profile = {"name": "default", "mode": "External", "process_command": "x", **KEY}
    home.cli(profile)
    chain = home.chain()
    chain.fetch(now)
    home.cli({**profile, **change})
    credential = chain.fetch(now + 60, holding=True).credential
    assert len(built_by) == built
    assert credential.provider_name.endswith("static_ak" if "mode" in change else "external")


def test_a_credential_that_is_no_longer_held_is_fetched_anew(home, monkeypatch, now):
    """A service refused it, so the same one is of no use."""
    external = External(float("inf"))
    module = types.SimpleNamespace(build_profile=lambda *_: external)
    monkeypatch.setitem(sys.modules, "alicred.providers.external", module)
    home.cli({"name": "default", "mode": "External", "process_command": "x"})
    chain = home.chain()
    first, second = (chain.fetch(now).credential for _ in range(2))
    assert first.access_key_id != second.access_key_id


def test_a_bug_in_a_provider_of_a_profile_surfaces(home, monkeypatch, now):
    """Only alicred's own errors move the chain on."""

    def build_profile(*_):
        raise TypeError("oops")

    module = types.SimpleNamespace(build_profile=build_profile)
    monkeypatch.setitem(sys.modules, "alicred.providers.external", module)
    home.cli({"name": "default", "mode": "External", "process_command": "x"})
    with pytest.raises(TypeError, match="oops"):
        home.chain().fetch(now)


def test_an_error_of_a_profile_keeps_what_it_carries(home, monkeypatch, now):
    """Its class, its code, and whether it may pass; and one mention of the profile is enough."""

    def fetch(now, *, holding=False):
        raise ConfigurationError(f'profile "default" of {home.config_json}: told.', provider="x", absent=True)

    provider = types.SimpleNamespace(name="x", fetch=fetch)
    module = types.SimpleNamespace(build_profile=lambda *_: provider)
    monkeypatch.setitem(sys.modules, "alicred.providers.external", module)
    home.cli({"name": "default", "mode": "External", "process_command": "x"})
    with pytest.raises(CredentialException) as caught:
        home.chain(strict=True).fetch(now)
    assert type(caught.value) is ConfigurationError
    assert str(caught.value) == f'x: profile "default" of {home.config_json}: told.'
    assert not caught.value.absent
    with pytest.raises(NoCredentialError):
        home.chain().fetch(now)
