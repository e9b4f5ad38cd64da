"""Alibaba's SDK for Node.js, unmodified, against the fakes over TLS: it speaks nothing else to STS."""

import pytest

pytestmark = pytest.mark.interop


@pytest.fixture
def sts_address(alicred_sts):
    """Where the SDK finds STS; it puts https:// in front."""
    return f"127.0.0.1:{alicred_sts.port}"


@pytest.fixture
def assume_role(alicred_emulator, sts_address):
    """The configuration of a user who assumes the default role."""
    return {
        "type": "ram_role_arn",
        "accessKeyId": alicred_emulator.user.access_key_id,
        "accessKeySecret": alicred_emulator.user.access_key_secret,
        "roleArn": alicred_emulator.role.arn,
        "roleSessionName": "node",
        "stsEndpoint": sts_address,
    }


@pytest.fixture
def assume_role_with_oidc(alicred_emulator, sts_address):
    """The configuration of a pod that assumes the default role."""
    return {
        "type": "oidc_role_arn",
        "oidcProviderArn": alicred_emulator.oidc.provider_arn,
        "oidcTokenFilePath": str(alicred_emulator.oidc.token_file),
        "roleArn": alicred_emulator.role.arn,
        "roleSessionName": "node-pod",
        "stsEndpoint": sts_address,
    }


def test_a_role_is_assumed(node, alicred_emulator, alicred_sts, assume_role):
    """Its V1 signature over a query and a form is verified, and the session is the one that it asked for."""
    credential = node(assume_role)
    issued = alicred_emulator.ledger.get(credential["accessKeyId"])
    assert credential["accessKeySecret"] == issued.access_key_secret
    assert credential["securityToken"] == issued.security_token
    assert issued.principal == alicred_emulator.role.session_arn("node")
    alicred_sts.journal.assert_requests(["POST /"])


def test_a_session_policy_with_spaces_is_signed_rightly(node, alicred_emulator, assume_role):
    """Unlike the SDK for Python it encodes a space as the rule says."""
    policy = '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    issued = alicred_emulator.ledger.get(node({**assume_role, "policy": policy})["accessKeyId"])
    assert issued.policy == policy


def test_a_wrong_secret_is_refused(node, assume_role):
    """The SDK finds its own string to sign in the refusal, and concludes that the secret must be wrong."""
    refused = node({**assume_role, "accessKeySecret": "FakeSecretOfSomebodyElse"})
    assert refused["error"] == "the access key secret is invalid"


def test_a_role_is_assumed_with_an_id_token(node, alicred_emulator, alicred_sts, assume_role_with_oidc):
    """The token of the pod's file is verified, and the session is the pod's."""
    issued = alicred_emulator.ledger.get(node(assume_role_with_oidc)["accessKeyId"])
    assert issued.principal == alicred_emulator.role.session_arn("node-pod")
    assert alicred_sts.journal.count("AssumeRoleWithOIDC") == 1


def test_an_expired_id_token_is_refused(node, alicred_emulator, assume_role_with_oidc):
    """The documented code reaches the application."""
    expired = alicred_emulator.oidc.issue_token(lifetime=-1)
    alicred_emulator.oidc.projected_token.write(expired)
    assert "AuthenticationFail.OIDCToken.Expired" in node(assume_role_with_oidc)["error"]


def test_a_client_that_does_not_trust_the_fakes_is_not_served(node, assume_role):
    """TLS is real: without the bundle there is no session."""
    assert "certificate" in node(assume_role, NODE_EXTRA_CA_CERTS="")["error"]
