"""Profiles of aliyun-cli whose user has signed in, or who runs a program, read by alicred's default chain.

Nothing is told to alicred but what stands in `~/.aliyun/config.json`: it asks the real hosts, over TLS.
"""

import asyncio
import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alicred import Client
from alicred.exceptions import ConfigurationError, CredentialRefusedError, ServiceUnreachableError
from alicred_emulator import Fault

pytestmark = pytest.mark.usefixtures("alicred_on_ecs")


@pytest.fixture(params=["sync", "async"])
def read(request):
    """Make a client of the default chain, and return what reads its credential."""

    def read():
        client = Client(strict=True)
        if request.param == "sync":
            return client.get_credential
        return lambda: asyncio.run(client.get_credential_async())

    return read


def config_file():
    return Path.home() / ".aliyun" / "config.json"


def write_profiles(*profiles):
    """Write the file as aliyun-cli does; the first profile is the current one."""
    content = {"current": profiles[0]["name"], "profiles": profiles, "meta_path": ""}
    config_file().parent.mkdir(exist_ok=True)
    config_file().write_text(json.dumps(content, indent="\t"), encoding="utf-8")
    config_file().chmod(0o600)


def profile():
    return json.loads(config_file().read_text(encoding="utf-8"))["profiles"][-1]


def cloud_sso_profile(emulator, url=None, **lifetime):
    token = emulator.cloud_sso.issue_access_token(**lifetime)
    return {
        "name": "signed-in",
        "mode": "CloudSSO",
        "cloud_sso_sign_in_url": url or emulator.cloud_sso.sign_in_url,
        "cloud_sso_account_id": emulator.cloud_sso.account_id,
        "cloud_sso_access_config": emulator.cloud_sso.access_configuration_id,
        "access_token": token.text,
        "cloud_sso_access_token_expire": token.expires_at_seconds,
    }


def oauth_profile(emulator, site="CN", **lifetimes):
    pair = emulator.oauth.issue_tokens(site, **lifetimes)
    return {
        "name": "signed-in",
        "mode": "OAuth",
        "oauth_site_type": site,
        "oauth_access_token": pair.access.text,
        "oauth_access_token_expire": pair.access.expires_at_seconds,
        "oauth_refresh_token": pair.refresh.text,
    }


def origin(emulator, credential):
    return emulator.ledger.get(credential.access_key_id).origin


# --- CloudSSO -----------------------------------------------------------------------------------------------


def test_cloud_sso_is_entered(read, alicred_emulator):
    """With one request to the host of the sign-in URL."""
    write_profiles(cloud_sso_profile(alicred_emulator))
    credential = read()()
    assert origin(alicred_emulator, credential) == "cloud_sso"
    assert credential.provider_name == "default/cli_profile/cloud_sso"
    alicred_emulator.cloud_sso.journal.assert_requests(["POST /cloud-credentials"])


def test_cloud_sso_is_reached_on_loopback_as_well(read, alicred_emulator):
    """In the clear, and on any port."""
    write_profiles(cloud_sso_profile(alicred_emulator, alicred_emulator.cloud_sso.loopback_sign_in_url))
    assert origin(alicred_emulator, read()()) == "cloud_sso"


def test_cloud_sso_is_entered_again_in_the_last_quarter(read, alicred_emulator, alicred_clock):
    """The same session a second before, another from then on, with the same token."""
    write_profiles(cloud_sso_profile(alicred_emulator))
    again = read()
    first = again().access_key_id
    alicred_clock.shift(minutes=45, seconds=-1)
    assert again().access_key_id == first
    alicred_clock.shift(seconds=1)
    assert again().access_key_id != first


def test_cloud_sso_is_not_asked_with_a_token_that_has_ended(read, alicred_emulator, alicred_clock):
    """Until the user has signed in again, which the client notices."""
    write_profiles(cloud_sso_profile(alicred_emulator, lifetime=60))
    alicred_clock.shift(seconds=60)
    again = read()
    with pytest.raises(ConfigurationError, match="Sign in again: aliyun configure --mode CloudSSO"):
        again()
    assert len(alicred_emulator.cloud_sso.journal) == 0
    write_profiles(cloud_sso_profile(alicred_emulator))
    assert origin(alicred_emulator, again()) == "cloud_sso"


def test_cloud_sso_refuses_a_revoked_token(read, alicred_emulator):
    """What the administrator has ended is not for the profile to know."""
    write_profiles(cloud_sso_profile(alicred_emulator))
    token = profile()["access_token"]
    alicred_emulator.cloud_sso.revoke(token)
    with pytest.raises(CredentialRefusedError, match=r"InvalidToken.*Sign in again") as caught:
        read()()
    assert token not in str(caught.value)


# --- OAuth --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["CN", "INTL"])
def test_an_access_token_is_exchanged(read, alicred_emulator, site):
    """And the session is left in the profile."""
    write_profiles(oauth_profile(alicred_emulator, site))
    before = profile()
    credential = read()()
    assert origin(alicred_emulator, credential) == "oauth"
    assert credential.provider_name == "default/cli_profile/oauth"
    alicred_emulator.oauth.journal.assert_requests(["POST /v1/exchange"])
    assert profile() == {
        **before,
        "access_key_id": credential.access_key_id,
        "access_key_secret": credential.access_key_secret,
        "sts_token": credential.security_token,
        "sts_expiration": int(credential.expiration.timestamp()),
    }
    assert config_file().read_text(encoding="utf-8").startswith('{\n\t"current"')
    assert config_file().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("site", ["CN", "INTL"])
@pytest.mark.parametrize("left", [1200, -1], ids=["about to end", "ended"])
def test_an_access_token_that_ends_is_renewed(read, alicred_emulator, site, left):
    """The refresh token rotates, and the next one is written back."""
    write_profiles(oauth_profile(alicred_emulator, site, access_lifetime=left))
    before = profile()
    assert origin(alicred_emulator, read()()) == "oauth"
    alicred_emulator.oauth.journal.assert_requests(["POST /v1/token", "POST /v1/exchange"])
    assert profile()["oauth_refresh_token"] != before["oauth_refresh_token"]


def test_one_client_lives_of_its_refresh_tokens(read, alicred_emulator, alicred_clock):
    """Hour after hour, each time with the token that the last one has brought."""
    write_profiles(oauth_profile(alicred_emulator))
    again = read()
    keys = set()
    for _ in range(4):
        keys.add(again().access_key_id)
        alicred_clock.shift(hours=1)
    assert len(keys) == 4
    assert alicred_emulator.oauth.journal.count("Token") == 3


def test_the_next_process_goes_on_where_the_last_one_ended(read, alicred_emulator, alicred_clock):
    """With the session that is there, and then with the refresh token."""
    write_profiles(oauth_profile(alicred_emulator))
    first = read()().access_key_id
    assert read()().access_key_id == first
    assert alicred_emulator.oauth.journal.count("Exchange") == 1
    alicred_clock.shift(hours=1)
    assert read()().access_key_id != first
    assert alicred_emulator.oauth.journal.count("Token") == 1


def test_many_clients_of_one_profile_renew_once(alicred_emulator):
    """The service takes each refresh token once, and nobody is locked out."""
    write_profiles(oauth_profile(alicred_emulator, access_lifetime=-1))
    clients = [Client(strict=True) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda client: client.get_credential().access_key_id, clients))
    assert len(keys) == 1
    alicred_emulator.oauth.journal.assert_requests(["POST /v1/token", "POST /v1/exchange"])


@pytest.mark.parametrize("how", ["revoked", "ended"])
def test_a_refresh_token_that_is_good_no_more_means_signing_in_again(read, alicred_emulator, how):
    """And the client goes on with what the user has signed in with then."""
    lifetime = -1 if how == "ended" else None
    write_profiles(oauth_profile(alicred_emulator, access_lifetime=-1, refresh_lifetime=lifetime))
    if how == "revoked":
        alicred_emulator.oauth.revoke(profile()["oauth_refresh_token"])
    again = read()
    with pytest.raises(CredentialRefusedError, match=r"invalid_grant.*Sign in again") as caught:
        again()
    assert profile()["oauth_refresh_token"] not in str(caught.value)
    write_profiles(oauth_profile(alicred_emulator))
    assert origin(alicred_emulator, again()) == "oauth"


def test_a_service_that_is_down_costs_nothing_while_the_session_is_good(
    read, alicred_emulator, alicred_clock
):
    """And afterwards an error that says who has to act."""
    write_profiles(oauth_profile(alicred_emulator))
    again = read()
    first = again()
    alicred_emulator.faults.add(Fault.status(503), service="oauth")
    alicred_clock.shift(minutes=50)
    assert again() == first
    alicred_clock.shift(minutes=10)
    with pytest.raises(ServiceUnreachableError):
        again()


def test_a_session_that_a_service_refuses_is_not_taken_from_the_file_again(alicred_emulator):
    """Whoever says so wants another one."""
    write_profiles(oauth_profile(alicred_emulator))
    client = Client(strict=True)
    first = client.get_credential()
    client.invalidate(first)
    assert client.get_credential().access_key_id != first.access_key_id


def test_a_signed_in_user_may_assume_a_role(read, alicred_emulator):
    """As the source of a profile of its own."""
    role = {
        "name": "role",
        "mode": "ChainableRamRoleArn",
        "source_profile": "signed-in",
        "ram_role_arn": alicred_emulator.role.arn,
        "ram_session_name": "demo",
    }
    write_profiles(role, oauth_profile(alicred_emulator))
    credential = read()()
    assert origin(alicred_emulator, credential) == "sts/AssumeRole"
    assert credential.provider_name == "default/cli_profile/ram_role_arn/oauth"
    assert profile()["sts_token"]


@pytest.mark.usefixtures("alicred_frozen_process")
def test_alibabas_sdk_and_alicred_go_on_where_the_other_ended(alicred_emulator, alicred_clock):
    """They share session and refresh token through the file, and neither locks the other out."""
    from alibabacloud_credentials.client import Client as SdkClient

    alicred_emulator.instance.role = None
    write_profiles(oauth_profile(alicred_emulator, access_lifetime=60))
    keys = []
    for client in (Client, SdkClient, Client, SdkClient):
        keys += [client().get_credential().access_key_id for client in (client, Client, SdkClient)]
        alicred_clock.shift(hours=1)
    assert [len(set(keys[n : n + 3])) for n in range(0, 12, 3)] == [1, 1, 1, 1]
    assert len(set(keys)) == 4
    assert alicred_emulator.oauth.journal.count("Token") == 4
    assert alicred_emulator.oauth.journal.count("Exchange") == 4


# --- External -----------------------------------------------------------------------------------------------


def test_a_program_is_run(read, alicred_emulator):
    """Its key is a user's, and is left in the profile."""
    user = alicred_emulator.user
    key = {
        "mode": "AK",
        "access_key_id": user.access_key_id,
        "access_key_secret": user.access_key_secret,
    }
    command = shlex.join([sys.executable, "-Ic", f"print({json.dumps(key)!r})"])
    write_profiles({"name": "program", "mode": "External", "process_command": command})
    credential = read()()
    assert credential.access_key_id == user.access_key_id
    assert credential.provider_name == "default/cli_profile/external"
    assert profile()["access_key_id"] == user.access_key_id
