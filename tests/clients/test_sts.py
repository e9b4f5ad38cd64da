"""Sessions of roles and of key pairs, obtained by Alibaba's SDK and by alicred through the same fakes.

Nothing is told to the clients but what their documentation asks for: they ask sts.aliyuncs.com over TLS.
"""

import pytest

from alicred_emulator import trust_policy

pytestmark = pytest.mark.usefixtures("alicred_on_ecs", "alicred_frozen_process")

COMPACT_POLICY = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
SPACED_POLICY = '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


@pytest.fixture
def as_user(alicred_emulator):
    """The parameters of a user who assumes the default role."""
    return {
        "type": "ram_role_arn",
        "access_key_id": alicred_emulator.user.access_key_id,
        "access_key_secret": alicred_emulator.user.access_key_secret,
        "role_arn": alicred_emulator.role.arn,
        "role_session_name": "tester",
    }


@pytest.fixture
def as_pod(alicred_emulator):
    """The parameters of a pod that assumes the default role."""
    return {
        "type": "oidc_role_arn",
        "oidc_provider_arn": alicred_emulator.oidc.provider_arn,
        "oidc_token_file_path": str(alicred_emulator.oidc.token_file),
        "role_arn": alicred_emulator.role.arn,
        "role_session_name": "pod",
    }


@pytest.fixture
def as_key_pair(alicred_emulator, tmp_path):
    """The parameters of the holder of an RSA key pair."""
    file = tmp_path / "private-key.pem"
    file.write_text(alicred_emulator.key_pair.private_key_pem)
    return {
        "type": "rsa_key_pair",
        "public_key_id": alicred_emulator.key_pair.public_key_id,
        "private_key_file": str(file),
    }


def issued(emulator, credential):
    return emulator.ledger.get(credential.access_key_id)


def test_a_user_assumes_a_role(subject, alicred_emulator, as_user):
    """The session is the role's, whole, and lasts an hour."""
    credential = subject.client(**as_user)()
    session = issued(alicred_emulator, credential)
    assert credential.access_key_secret == session.access_key_secret
    assert credential.security_token == session.security_token
    assert session.principal == alicred_emulator.role.session_arn("tester")
    assert (session.expires_at - session.issued_at).total_seconds() == 3600


def test_the_session_lasts_as_long_as_was_asked_for(subject, alicred_emulator, as_user):
    """`role_session_expiration` is in seconds, and the role allows it."""
    alicred_emulator.role.max_session_duration = 7200
    session = issued(alicred_emulator, subject.client(**as_user, role_session_expiration=7200)())
    assert (session.expires_at - session.issued_at).total_seconds() == 7200


def test_a_longer_session_than_the_role_allows_is_refused(subject, as_user):
    """The documented code reaches the application."""
    with pytest.raises(Exception, match=r"InvalidParameter\.DurationSeconds"):
        subject.client(**as_user, role_session_expiration=7200)()


def test_a_session_policy_is_kept_with_the_session(subject, alicred_emulator, as_user):
    """What narrows the session is there to be looked at."""
    session = issued(alicred_emulator, subject.client(**as_user, policy=COMPACT_POLICY)())
    assert session.policy == COMPACT_POLICY


def test_a_policy_with_spaces(subject, alicred_emulator, alicred_sts, as_user):
    """The SDK signs a space as `+`, which is wrong: it is refused, unless the fake is told to let it pass."""
    read = subject.client(**as_user, policy=SPACED_POLICY)
    if subject.library == "sdk":
        with pytest.raises(Exception, match="SignatureDoesNotMatch"):
            read()
        alicred_sts.accepts_plus_for_space = True
    assert issued(alicred_emulator, read()).policy == SPACED_POLICY


@pytest.mark.parametrize(
    ("external_id", "admitted"), [("customer-42", True), ("customer-43", False), (None, False)]
)
def test_an_external_id_opens_the_role_that_asks_for_it(
    subject, alicred_emulator, as_user, external_id, admitted
):
    """The right one does, another or none does not."""
    condition = {"StringEquals": {"sts:ExternalId": "customer-42"}}
    alicred_emulator.role.trust_policy = trust_policy(ram=alicred_emulator.user.arn, conditions=condition)
    read = subject.client(**as_user, **({"external_id": external_id} if external_id else {}))
    if admitted:
        assert issued(alicred_emulator, read()).principal == alicred_emulator.role.session_arn("tester")
    else:
        with pytest.raises(Exception, match="NoPermission"):
            read()


def test_a_session_assumes_another_role(subject, alicred_emulator, as_user):
    """A session token is a source like any other: roles can be chained."""
    first = subject.client(**as_user)()
    other = alicred_emulator.ram.add_role("other")
    key = {name: getattr(first, name) for name in ("access_key_id", "access_key_secret", "security_token")}
    session = issued(alicred_emulator, subject.client(**{**as_user, **key, "role_arn": other.arn})())
    assert session.principal == other.session_arn("tester")
    assert issued(alicred_emulator, first).uses == 1


def test_the_wrong_secret_is_refused(subject, as_user):
    """The fake really verifies signatures."""
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        subject.client(**{**as_user, "access_key_secret": "FakeSecretOfSomebodyElse"})()


def test_an_hour_is_renewed_fifteen_minutes_before_its_end(subject, alicred_emulator, alicred_clock, as_user):
    """The refresh point of an hour is the same for both: the same key a second before, another one at it."""
    read = subject.client(**as_user)
    first = read()
    alicred_clock.shift(minutes=45, seconds=-1)
    assert read().access_key_id == first.access_key_id
    alicred_clock.shift(seconds=1)
    assert read().access_key_id != first.access_key_id


def test_the_shortest_session_is_not_renewed_at_each_read(subject, alicred_sts, alicred_clock, as_user):
    """alicred's window is a quarter of the lifetime; the SDK's is as long as the whole session of 900 s."""
    read = subject.client(**as_user, role_session_expiration=900)
    for _ in range(3):
        read()
    assert alicred_sts.journal.count("AssumeRole") == (1 if subject.library == "alicred" else 3)


def test_a_pod_assumes_a_role(subject, alicred_emulator, as_pod):
    """The token of the pod's file is verified, and the session is the role's."""
    session = issued(alicred_emulator, subject.client(**as_pod)())
    assert session.principal == alicred_emulator.role.session_arn("pod")


def test_a_rotated_token_is_read_again(subject, alicred_emulator, alicred_clock, as_pod):
    """The kubelet replaces the file before its token ends; a refresh after that end sends the new token."""
    read = subject.client(**as_pod)
    first = read()
    alicred_clock.shift(hours=2)
    second = read()
    assert issued(alicred_emulator, second).is_valid(alicred_clock.now())
    assert second.access_key_id != first.access_key_id


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"lifetime": -1}, "AuthenticationFail.OIDCToken.Expired"),
        ({"audience": "somebody-else"}, "AuthenticationFail.OIDCToken.AudienceNotMatch"),
        ({"issuer": "https://elsewhere.example"}, "AuthenticationFail.OIDCToken.IssuerNotMatch"),
        ({"foreign_key": True}, "AuthenticationFail.OIDCToken.Invalid"),
    ],
    ids=["expired", "audience", "issuer", "key"],
)
def test_a_token_that_is_wrong_is_refused_with_its_code(subject, alicred_emulator, as_pod, how, code):
    """Each of the documented reasons reaches the application."""
    wrong = alicred_emulator.oidc.issue_token(**how)
    alicred_emulator.oidc.projected_token.write(wrong)
    with pytest.raises(Exception, match=code.replace(".", r"\.")) as caught:
        subject.client(**as_pod)()
    if subject.library == "alicred":
        assert wrong not in str(caught.value)


def test_another_service_account_is_refused(subject, alicred_emulator, as_pod):
    """The trust policy says whose token opens the role."""
    oidc = alicred_emulator.oidc
    claims = {
        "oidc:iss": oidc.issuer,
        "oidc:aud": "sts.aliyuncs.com",
        "oidc:sub": "system:serviceaccount:shop:checkout",
    }
    condition = {"StringEquals": claims}
    alicred_emulator.role.trust_policy = trust_policy(federated=oidc.provider_arn, conditions=condition)
    with pytest.raises(Exception, match=r"AuthenticationFail\.NoPermission"):
        subject.client(**as_pod)()
    oidc.projected_token.write(oidc.issue_token("system:serviceaccount:shop:checkout"))
    assert issued(alicred_emulator, subject.client(**as_pod)()).principal.endswith("/pod")


def test_a_key_pair_has_sessions(subject, alicred_emulator, alicred_sts, as_key_pair):
    """alicred signs with the key; the SDK takes its text for a secret, as the fake must be told."""
    read = subject.client(**as_key_pair)
    if subject.library == "sdk":
        with pytest.raises(Exception, match="SignatureDoesNotMatch"):
            read()
        alicred_sts.accepts_hmac_for_key_pairs = True
    session = issued(alicred_emulator, read())
    assert session.principal == alicred_emulator.user.arn
    assert session.access_key_id.startswith("TMPSK.")
