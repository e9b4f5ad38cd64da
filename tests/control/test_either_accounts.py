"""Accounts and those who vouch for their users, here and elsewhere."""

import base64
import json
from datetime import timedelta

import pytest

from alicred import Client, Config, CredentialException
from alicred_emulator import trust_policy


def config_of(world, user, role, **more):
    """Return what a client needs to be a user who assumes a role."""
    return Config(
        type="ram_role_arn",
        access_key_id=user.access_key_id,
        access_key_secret=user.access_key_secret,
        role_arn=role.arn,
        sts_endpoint=world.sts.url,
        **more,
    )


def test_a_client_assumes_a_role(world):
    """Users and roles of an account work for a client, and stop to where they are changed."""
    user = world.ram.add_user("auditor")
    condition = {"StringEquals": {"sts:ExternalId": "42"}}
    role = world.ram.add_role("audited", trust_policy=trust_policy(ram=user.arn, conditions=condition))
    with pytest.raises(CredentialException, match="NoPermission"):
        Client(config_of(world, user, role)).get_credential()
    credential = Client(config_of(world, user, role, external_id="42")).get_credential()
    issued = world.ledger.get(credential.access_key_id)
    assert issued.holder.role_id == role.role_id
    assert issued.principal.startswith(role.session_arn(""))
    assert role.session("s").arn == role.session_arn("s")
    role.trust_policy = world.ram.default_trust_policy()
    assert role.trust_policy == world.ram.default_trust_policy()
    role.max_session_duration = 7200
    assert role.max_session_duration == 7200
    user.may_assume_roles = False
    with pytest.raises(CredentialException, match="NoPermission"):
        Client(config_of(world, user, role)).get_credential()


def test_keys_of_a_user(world):
    """They are made, deactivated, deleted, and speak for the user."""
    user = world.ram.user(world.user.name)
    [first] = user.access_keys
    second = user.add_access_key()
    assert second.holder == user.principal
    assert [key.access_key_id for key in user.access_keys] == [first.access_key_id, second.access_key_id]
    first.status = "Inactive"
    assert (user.access_key_id, user.access_key_secret) == (second.access_key_id, second.access_key_secret)
    second.delete()
    second.delete()
    assert (first.exists, second.exists) == (True, False)
    with pytest.raises(LookupError, match="active"):
        _ = user.access_key_id
    pair = user.add_key_pair()
    assert pair.holder == user.principal
    assert "PRIVATE KEY" in pair.private_key_pem
    assert "PUBLIC KEY" in pair.public_key_pem
    assert pair.private_key_pem not in repr(pair)
    assert world.key_pair.public_key_id != pair.public_key_id
    assert user.add_bearer_token() != user.add_bearer_token()
    assert world.ram.root.add_access_key().holder.kind == "Account"
    assert len(world.ram.root.access_keys) == 1
    assert world.ram.root.arn == world.ram.root.principal.arn


def test_accounts(world):
    """Another account is made and found, and one that is not there is not."""
    other = world.add_account("2345678901234567")
    assert other.add_user("somebody").arn == "acs:ram::2345678901234567:user/somebody"
    assert world.account("2345678901234567").user("somebody").name == "somebody"
    for find in (world.account, world.ram.user, world.ram.role, world.ram.oidc_provider):
        with pytest.raises(LookupError, match="nobody"):
            find("nobody")
    with pytest.raises(ValueError, match="already"):
        world.add_account("2345678901234567")


def test_identity_providers(world):
    """They are registered, read and changed."""
    oidc = world.ram.add_oidc_provider("forge", issuer_url="https://forge.example.com", client_ids=("a",))
    oidc.issuance_limit, oidc.fingerprints, oidc.keys = timedelta(hours=1), ["ab"], {"keys": []}
    oidc.client_ids, oidc.issuer_url = ["b"], "https://forge.example.com/2"
    again = world.ram.oidc_provider("forge")
    assert (again.arn, list(again.client_ids)) == (
        f"acs:ram::{world.account_id}:oidc-provider/forge",
        ["b"],
    )
    assert (again.issuance_limit, again.fingerprints, again.keys) == (
        timedelta(hours=1),
        ["ab"],
        {"keys": []},
    )
    pem = world.saml.certificate_pem
    saml = world.ram.add_saml_provider("office", entity_id="https://office", certificates=lambda: [pem])
    assert list(saml.certificates()) == [pem]
    saml.entity_id = "https://office/2"
    saml.certificates = list
    again = world.ram.saml_provider("office")
    assert (again.entity_id, list(again.certificates()), again.name) == ("https://office/2", [], "office")


def claims_of(token):
    """Return what an ID token claims."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_the_oidc_issuer(world, read):
    """Tokens good and bad, keys, and the file of a pod."""
    token = world.oidc.issue_token(
        "system:serviceaccount:a:b", audience=("x", "y"), lifetime=60, claims={"z": 1}
    )
    claims = claims_of(token)
    assert (claims["iss"], claims["aud"], claims["z"]) == (world.oidc.issuer, ["x", "y"], 1)
    assert claims["exp"] - claims["iat"] == 60
    keys = f"{world.oidc.issuer}/openid/v1/jwks"
    before = read(keys, verify=str(world.ca_bundle)).json()
    world.oidc.rotate_keys()
    assert len(read(keys, verify=str(world.ca_bundle)).json()["keys"]) == len(before["keys"]) + 1
    assert claims_of(world.oidc.token_file.read_text())["iss"] == world.oidc.issuer
    file = world.oidc.projected_token
    assert file.path == world.oidc.token_file
    file.write(b"\xff")
    assert file.path.read_bytes() == b"\xff"
    file.renew()
    file.lifetime = timedelta(minutes=10)
    claims = claims_of(file.path.read_text())
    assert claims["exp"] - claims["iat"] == file.lifetime.total_seconds() == 600
    assert world.oidc.provider_arn == world.env("rrsa")["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"]


def test_the_saml_provider(world):
    """It makes assertions under a name that may be changed."""
    world.saml.entity_id = "https://other.example.com"
    assertion = world.saml.issue_assertion(
        world.role.arn,
        world.saml_provider_arn,
        further_roles=[("a", "b")],
        lifetime=timedelta(minutes=1),
        session_lifetime=60,
    )
    assert b"https://other.example.com" in base64.b64decode(assertion)


def test_the_sign_in_services(world):
    """Tokens as after a sign-in, revoked again, and how long they are good."""
    token = world.cloud_sso.issue_access_token(timedelta(hours=1))
    assert token.given
    assert token.expires_at > world.clock.now()
    world.cloud_sso.revoke(token)
    made = world.cloud_sso.add_access_configuration("auditors", accounts=[world.ram], session_duration=900)
    made.session_duration = 1800
    assert (made.name, made.description, made.session_duration) == ("auditors", "", 1800)
    assert list(made.roles) == [world.account_id]
    default = world.cloud_sso.access_configuration
    assert default.id == world.cloud_sso.access_configuration_id
    assert [one.id for one in world.cloud_sso.access_configurations] == [default.id, made.id]
    assert world.cloud_sso.loopback_sign_in_url.startswith(world.cloud_sso.url)
    world.oauth.principal = world.role.session("s")
    world.oauth.access_token_lifetime = timedelta(minutes=15)
    world.oauth.rotates_refresh_tokens = False
    pair = world.oauth.issue_tokens("INTL", refresh_lifetime=-60)
    assert pair.access.given.principal == world.role.session("s")
    assert pair.refresh.expires_at < world.clock.now() < pair.access.expires_at
    world.oauth.revoke(pair.access)
    assert world.oauth.rotates_refresh_tokens is False
    with pytest.raises(ValueError, match="INTL"):
        world.oauth.issue_tokens("EU")


def test_what_sts_lets_pass(world):
    """Its leniencies are off until they are asked for."""
    assert not world.sts.accepts_plus_for_space
    world.sts.accepts_plus_for_space = world.sts.accepts_hmac_for_key_pairs = True
    assert world.sts.accepts_plus_for_space
    assert world.sts.accepts_hmac_for_key_pairs
