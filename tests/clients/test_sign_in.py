"""Profiles of aliyun-cli whose user has signed in, read by Alibaba's SDK through its default chain.

Nothing is told to the SDK but what stands in `~/.aliyun/config.json`: it asks the real hosts, over TLS.
"""

import asyncio
import json
from pathlib import Path

import pytest
from alibabacloud_credentials.client import Client
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_ecs20140526.models import DescribeRegionsRequest
from alibabacloud_tea_openapi.models import Config as OpenApiConfig

from alicred_emulator import Fault

pytestmark = pytest.mark.usefixtures("alicred_on_ecs", "alicred_frozen_process")


@pytest.fixture(params=["sync", "async"])
def read(request, alicred_emulator):
    """Make a client of the default chain, and return what reads its credential."""
    # On an instance the chain would find that in the end, whatever became of the profile.
    alicred_emulator.instance.role = None

    def read():
        client = Client()
        if request.param == "sync":
            return client.get_credential
        return lambda: asyncio.run(client.get_credential_async())

    return read


def config_file():
    return Path.home() / ".aliyun" / "config.json"


def write_profile(**fields):
    """Write the file as aliyun-cli does, with one profile."""
    profile = {
        "name": "signed-in",
        "region_id": "cn-hangzhou",
        "output_format": "json",
        "language": "en",
        **fields,
    }
    content = {"current": "signed-in", "profiles": [profile], "meta_path": ""}
    config_file().parent.mkdir(exist_ok=True)
    config_file().write_text(json.dumps(content, indent="\t"), encoding="utf-8")
    config_file().chmod(0o600)


def profile():
    [only] = json.loads(config_file().read_text(encoding="utf-8"))["profiles"]
    return only


def sign_in_to_cloud_sso(emulator, url=None, **lifetime):
    token = emulator.cloud_sso.issue_access_token(**lifetime)
    write_profile(
        mode="CloudSSO",
        cloud_sso_sign_in_url=url or emulator.cloud_sso.sign_in_url,
        cloud_sso_account_id=emulator.cloud_sso.account_id,
        cloud_sso_access_config=emulator.cloud_sso.access_configuration_id,
        access_token=token.text,
        cloud_sso_access_token_expire=token.expires_at_seconds,
    )
    return token


def sign_in_with_oauth(emulator, site="CN", **lifetimes):
    pair = emulator.oauth.issue_tokens(site, **lifetimes)
    write_profile(
        mode="OAuth",
        oauth_site_type=site,
        oauth_access_token=pair.access.text,
        oauth_access_token_expire=pair.access.expires_at_seconds,
        oauth_refresh_token=pair.refresh.text,
    )
    return pair


def issued(emulator, credential):
    return emulator.ledger.get(credential.access_key_id)


def regions_are_described_with(credential):
    """Call ECS with a credential, and tell whether it was accepted."""
    config = OpenApiConfig(
        region_id="cn-hangzhou",
        access_key_id=credential.access_key_id,
        access_key_secret=credential.access_key_secret,
        security_token=credential.security_token,
    )
    return EcsClient(config).describe_regions(DescribeRegionsRequest()).status_code == 200


# --- CloudSSO -----------------------------------------------------------------------------------------------


def test_cloud_sso_is_entered(read, alicred_emulator):
    """The session is of the role in the account, and ECS accepts it."""
    sign_in_to_cloud_sso(alicred_emulator)
    credential = read()()
    session = issued(alicred_emulator, credential)
    assert (session.origin, session.security_token) == ("cloud_sso", credential.security_token)
    assert session.principal.endswith("/demo-sso-user")
    assert credential.provider_name == "default/cli_profile/cloud_sso"
    assert regions_are_described_with(credential)
    alicred_emulator.cloud_sso.journal.assert_requests(["POST /cloud-credentials"])


def test_cloud_sso_is_reached_on_loopback_as_well(read, alicred_emulator):
    """The SDK takes scheme, host and port from the profile's URL."""
    sign_in_to_cloud_sso(alicred_emulator, alicred_emulator.cloud_sso.loopback_sign_in_url)
    assert issued(alicred_emulator, read()()).origin == "cloud_sso"


def test_cloud_sso_is_entered_again_before_the_session_ends(read, alicred_emulator, alicred_clock):
    """The same session a second before the SDK's refresh point, another at it, with the same token."""
    sign_in_to_cloud_sso(alicred_emulator)
    again = read()
    first = again().access_key_id
    alicred_clock.shift(minutes=45, seconds=-1)
    assert again().access_key_id == first
    alicred_clock.shift(seconds=1)
    assert again().access_key_id != first


def test_cloud_sso_is_not_asked_with_a_token_that_has_ended(read, alicred_emulator, alicred_clock):
    """The SDK sees from the profile that the user has to sign in again."""
    sign_in_to_cloud_sso(alicred_emulator, lifetime=60)
    alicred_clock.shift(seconds=60)
    with pytest.raises(Exception, match="CloudSSO access token is empty or expired"):
        read()()
    assert len(alicred_emulator.cloud_sso.journal) == 0


def test_cloud_sso_refuses_a_token_that_ends_meanwhile(read, alicred_emulator, alicred_clock):
    """A client that was made in time is refused by the service, which says why."""
    sign_in_to_cloud_sso(alicred_emulator, lifetime=600)
    again = read()
    again()
    alicred_clock.shift(hours=1)
    with pytest.raises(Exception, match=r"InvalidToken\.Expired"):
        again()


def test_cloud_sso_refuses_a_revoked_token(read, alicred_emulator):
    """What the administrator has ended is not for the profile to know."""
    alicred_emulator.cloud_sso.revoke(sign_in_to_cloud_sso(alicred_emulator))
    with pytest.raises(Exception, match="InvalidToken"):
        read()()


# --- OAuth --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["CN", "INTL"])
def test_an_access_token_is_exchanged(read, alicred_emulator, site):
    """The session is the user's who has signed in, ECS accepts it, and it is kept in the profile."""
    pair = sign_in_with_oauth(alicred_emulator, site)
    credential = read()()
    session = issued(alicred_emulator, credential)
    assert (session.origin, session.principal) == ("oauth", alicred_emulator.user.arn)
    assert credential.provider_name == "default/cli_profile/oauth"
    assert regions_are_described_with(credential)
    alicred_emulator.oauth.journal.assert_requests(["POST /v1/exchange"])
    assert profile()["sts_token"] == credential.security_token
    assert profile()["sts_expiration"] == int(session.expires_at.timestamp())
    assert profile()["oauth_refresh_token"] == pair.refresh.text


@pytest.mark.parametrize("site", ["CN", "INTL"])
@pytest.mark.parametrize("left", [1200, -1], ids=["about to end", "ended"])
def test_an_access_token_that_ends_is_refreshed(read, alicred_emulator, site, left):
    """The refresh token rotates, and the next one is written back, of which the next process lives."""
    pair = sign_in_with_oauth(alicred_emulator, site, access_lifetime=left)
    read()()
    alicred_emulator.oauth.journal.assert_requests(["POST /v1/token", "POST /v1/exchange"])
    kept = profile()
    assert kept["oauth_refresh_token"] != pair.refresh.text
    assert kept["oauth_access_token"] != pair.access.text
    assert kept["oauth_access_token_expire"] - pair.access.expires_at_seconds == 3600 - left


def test_an_access_token_that_is_good_for_longer_is_not_refreshed(read, alicred_emulator):
    """The SDK's margin is 20 minutes."""
    sign_in_with_oauth(alicred_emulator, access_lifetime=1201)
    read()()
    assert alicred_emulator.oauth.journal.count("Token") == 0


def test_one_client_lives_of_its_refresh_tokens(read, alicred_emulator, alicred_clock):
    """Hour after hour it refreshes and exchanges, each time with the token that the last one has brought."""
    sign_in_with_oauth(alicred_emulator)
    again = read()
    keys = set()
    for _ in range(3):
        keys.add(again().access_key_id)
        alicred_clock.shift(hours=1)
    assert len(keys) == 3
    assert alicred_emulator.oauth.journal.count("Token") == 2


def test_the_next_process_goes_on_where_the_last_one_ended(read, alicred_emulator, alicred_clock):
    """It uses the kept session to its end, and then the kept refresh token."""
    sign_in_with_oauth(alicred_emulator)
    first = read()().access_key_id
    assert read()().access_key_id == first
    alicred_clock.shift(hours=1)
    second = read()().access_key_id
    alicred_clock.shift(hours=1)
    assert len({first, second, read()().access_key_id}) == 3


def test_without_rotation_the_refresh_token_stays(read, alicred_emulator):
    """Whichever the real service does, the SDK is served."""
    alicred_emulator.oauth.rotates_refresh_tokens = False
    pair = sign_in_with_oauth(alicred_emulator, access_lifetime=60)
    read()()
    assert profile()["oauth_refresh_token"] == pair.refresh.text


@pytest.mark.parametrize("how", ["revoked", "used", "ended"])
def test_a_refresh_token_that_is_good_no_more_is_refused(read, alicred_emulator, how):
    """The user has to sign in again, and the error says so in the words of the service."""
    lifetime = -1 if how == "ended" else None
    pair = sign_in_with_oauth(alicred_emulator, access_lifetime=60, refresh_lifetime=lifetime)
    if how == "revoked":
        alicred_emulator.oauth.revoke(pair.refresh)
    elif how == "used":
        pair.refresh.withdrawn = True
    with pytest.raises(Exception, match="invalid_grant"):
        read()()
    assert profile()["oauth_refresh_token"] == pair.refresh.text


def test_an_access_token_without_refresh_token_ends(read, alicred_emulator):
    """With nothing to refresh with, the SDK offers what it has, and is refused."""
    sign_in_with_oauth(alicred_emulator, access_lifetime=-1)
    write_profile(**{**profile(), "oauth_refresh_token": ""})
    with pytest.raises(Exception, match="expired_token"):
        read()()


def test_the_sdk_reads_the_spelling_with_capitals(read, alicred_emulator):
    """Without it the SDK finds no session: what it is written for is not what five other clients read."""
    alicred_emulator.oauth.expect_request("/v1/exchange").respond_with_json({"accessKeyId": "STS.x"})
    sign_in_with_oauth(alicred_emulator)
    with pytest.raises(Exception, match="error retrieving credentials from OAuth"):
        read()()


@pytest.mark.parametrize("field", ["AccessKeyId", "SecurityToken"])
def test_a_partial_session_is_none(read, alicred_emulator, field):
    """Neither service's answer is taken for a credential if a part of it is missing."""
    alicred_emulator.faults.add(Fault.partial(field))
    for sign_in in (sign_in_to_cloud_sso, sign_in_with_oauth):
        sign_in(alicred_emulator)
        with pytest.raises(Exception, match="error retrieving credentials from"):
            read()()
