"""The product SDK of STS, which signs with ACS3: the calls that an application makes itself."""

import asyncio

import pytest
from alibabacloud_credentials.client import Client as SdkCredentials
from alibabacloud_credentials.models import Config as SdkConfig
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_ecs20140526.models import DescribeRegionsRequest
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_sts20150401.models import AssumeRoleRequest
from alibabacloud_tea_openapi.models import Config as OpenApiConfig

import alicred

pytestmark = pytest.mark.usefixtures("alicred_on_ecs", "alicred_frozen_process")


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Call an action by its name, synchronously or from a task; return the body of the answer."""

    def call(client, action, *parts):
        if request.param == "sync":
            return getattr(client, action)(*parts).body
        return asyncio.run(getattr(client, f"{action}_async")(*parts)).body

    return call


def sts(**config):
    return StsClient(OpenApiConfig(endpoint="sts.aliyuncs.com", **config))


@pytest.fixture
def user_key(alicred_emulator):
    """The AccessKey pair of the default user."""
    return {
        "access_key_id": alicred_emulator.user.access_key_id,
        "access_key_secret": alicred_emulator.user.access_key_secret,
    }


def session_key(credentials):
    return {
        "access_key_id": credentials.access_key_id,
        "access_key_secret": credentials.access_key_secret,
        "security_token": credentials.security_token,
    }


@pytest.mark.parametrize("algorithm", [None, "v2"], ids=["ACS3", "V1"])
def test_a_role_is_assumed(call, alicred_emulator, user_key, algorithm):
    """In both of its signatures, a policy with spaces included, which this package encodes rightly."""
    policy = '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    request = AssumeRoleRequest(
        role_arn=alicred_emulator.role.arn,
        role_session_name="by-hand",
        policy=policy,
        duration_seconds=1000,
    )
    answer = call(sts(**user_key, signature_algorithm=algorithm), "assume_role", request)
    issued = alicred_emulator.ledger.get(answer.credentials.access_key_id)
    assert answer.assumed_role_user.arn == f"{alicred_emulator.role.arn}/by-hand"
    assert answer.assumed_role_user.assumed_role_id == f"{alicred_emulator.role.role_id}:by-hand"
    assert answer.credentials.expiration == issued.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert issued.policy == policy


def test_a_caller_learns_who_it_is(call, alicred_emulator, user_key):
    """A user has a user id, and a session a role id."""
    me = call(sts(**user_key), "get_caller_identity")
    assert (me.identity_type, me.arn) == ("RAMUser", alicred_emulator.user.arn)
    assert (me.user_id, me.role_id) == (alicred_emulator.user.user_id, None)

    request = AssumeRoleRequest(role_arn=alicred_emulator.role.arn, role_session_name="session")
    answer = call(sts(**user_key), "assume_role", request)
    me = call(sts(**session_key(answer.credentials)), "get_caller_identity")
    assert (me.identity_type, me.arn) == ("AssumedRoleUser", alicred_emulator.role.session_arn("session"))
    assert (me.user_id, me.role_id) == (None, alicred_emulator.role.role_id)
    assert me.principal_id == f"{alicred_emulator.role.role_id}:session"


def test_a_role_that_does_not_exist(call, alicred_emulator, user_key):
    """The code and the HTTP status reach the application."""
    request = AssumeRoleRequest(role_arn=f"{alicred_emulator.role.arn}-gone", role_session_name="session")
    with pytest.raises(Exception, match=r"EntityNotExist\.Role") as caught:
        call(sts(**user_key), "assume_role", request)
    assert caught.value.status_code == 404


def test_a_role_is_assumed_with_an_id_token(call, alicred_emulator):
    """This call is not signed at all; the token vouches for the caller."""
    from alibabacloud_sts20150401.models import AssumeRoleWithOIDCRequest

    request = AssumeRoleWithOIDCRequest(
        oidcprovider_arn=alicred_emulator.oidc.provider_arn,
        oidctoken=alicred_emulator.oidc.issue_token(),
        role_arn=alicred_emulator.role.arn,
        role_session_name="pod",
    )
    answer = call(sts(), "assume_role_with_oidc", request)
    assert answer.oidctoken_info.issuer == alicred_emulator.oidc.issuer
    assert alicred_emulator.ledger.get(answer.credentials.access_key_id).principal.endswith("/pod")


@pytest.mark.parametrize("library", ["alicred", "sdk"])
def test_a_bearer_token_is_accepted_where_it_is_known(call, alicred_emulator, library):
    """ECS and STS accept it from whoever holds it, and refuse one that they do not know."""
    for token, good in ((alicred_emulator.user.add_bearer_token(), True), ("FakeBearerOfNobody", False)):
        parameters = {"type": "bearer", "bearer_token": token}
        client = (
            alicred.Client(alicred.Config(**parameters))
            if library == "alicred"
            else SdkCredentials(SdkConfig(**parameters))
        )
        ecs = EcsClient(OpenApiConfig(region_id="cn-hangzhou", credential=client))
        if good:
            assert call(ecs, "describe_regions", DescribeRegionsRequest()).regions.region
            me = call(sts(credential=client), "get_caller_identity")
            assert me.arn == alicred_emulator.user.arn
        else:
            with pytest.raises(Exception, match="InvalidBearerToken"):
                call(ecs, "describe_regions", DescribeRegionsRequest())


def test_the_credential_of_the_instance_works_at_ecs(call, alicred_emulator, alicred_clock):
    """What the metadata service handed out is accepted until the second of its end."""
    credential = alicred.Client().get_credential()
    ecs = EcsClient(OpenApiConfig(region_id="cn-hangzhou", **session_key(credential)))
    assert call(ecs, "describe_regions", DescribeRegionsRequest()).regions.region
    alicred_clock.move_to(credential.expiration)
    with pytest.raises(Exception, match=r"InvalidSecurityToken\.Expired"):
        call(ecs, "describe_regions", DescribeRegionsRequest())
    assert alicred_emulator.ledger.get(credential.access_key_id).uses == 1
