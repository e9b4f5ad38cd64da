"""The documentation's example of a long-running program: one client, product calls over more than an hour.

Its timers are replaced by moves of the clock; everything else is what its reader would write, with the real
product SDK of ECS, and with alicred and Alibaba's own credential client in turn.
"""

import pytest
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_ecs20140526.models import DescribeRegionsRequest
from alibabacloud_tea_openapi.models import Config as OpenApiConfig

import alicred


def with_alicred(**parameters):
    return alicred.Client(alicred.Config(**parameters))


def with_the_sdk(**parameters):
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.models import Config

    return Client(Config(**parameters))


@pytest.fixture(params=[with_alicred, with_the_sdk], ids=["alicred", "sdk"])
def credentials_client(request, alicred_on_ecs, alicred_frozen_process):
    """A client that assumes the default role for an hour at a time."""
    return request.param(
        type="ram_role_arn",
        access_key_id=alicred_on_ecs.user.access_key_id,
        access_key_secret=alicred_on_ecs.user.access_key_secret,
        role_arn=alicred_on_ecs.role.arn,
        role_session_name="scheduled",
        role_session_expiration=3600,
    )


def describe_regions(**config):
    client = EcsClient(OpenApiConfig(region_id="cn-hangzhou", **config))
    return client.describe_regions(DescribeRegionsRequest()).status_code


def test_calls_over_more_than_an_hour_never_meet_an_expired_credential(
    credentials_client, alicred_emulator, alicred_clock
):
    """Calls at 0 and 600 s use one credential, those at 4200 and 4300 s another; the first is dead then."""
    statuses, ends, keys = [], [0, 600, 4200, 4300], []
    first = credentials_client.get_credential()
    for before, now in zip([0, *ends], ends, strict=False):
        alicred_clock.shift(seconds=now - before)
        statuses.append(describe_regions(credential=credentials_client))
        keys.append(credentials_client.get_credential().access_key_id)

    assert statuses == [200, 200, 200, 200]
    assert keys[0] == keys[1] == first.access_key_id
    assert keys[2] == keys[3] != first.access_key_id
    assert [one.uses for one in alicred_emulator.ledger.credentials] == [2, 2]
    assert alicred_emulator.sts.journal.count("AssumeRole") == 2

    kept_by_hand = {
        "access_key_id": first.access_key_id,
        "access_key_secret": first.access_key_secret,
        "security_token": first.security_token,
    }
    with pytest.raises(Exception, match=r"InvalidSecurityToken\.Expired"):
        describe_regions(**kept_by_hand)
