"""Who may assume a role, as its trust policy says."""

from typing import Any

import pytest

from alicred_emulator import trust_policy
from alicred_emulator.ram.trust import TrustPolicy, merged

ROOT, USER, ROLE = (f"acs:ram::1234567890123456:{name}" for name in ("root", "user/alice", "role/reader"))
AS_ALICE = frozenset({ROOT, USER})


def allows(policy: dict[str, object], names: Any = AS_ALICE, kind: str = "RAM", **context: Any) -> bool:
    """Ask a policy; the context's keys have `__` for their colon."""
    asked = {key.replace("__", ":"): value for key, value in context.items()}
    return TrustPolicy(policy).allows(kind, names, asked)


@pytest.mark.parametrize("named", [ROOT, USER, [ROLE, USER], "*"])
def test_a_user_is_trusted_by_name_or_with_the_account(named: Any) -> None:
    """A text or a list, the user or the root of the account, or everybody."""
    assert allows(trust_policy(ram=named))


@pytest.mark.parametrize("named", [ROLE, [ROLE], "acs:ram::2234567890123456:root", f"{USER}-2"])
def test_a_user_is_not_trusted_as_somebody_else(named: Any) -> None:
    """Another role, account or user is not this one."""
    assert not allows(trust_policy(ram=named))


def test_kinds_of_principals_are_kept_apart() -> None:
    """A service is no user, whatever it is called."""
    assert allows(trust_policy(service="ecs.aliyuncs.com"), {"ecs.aliyuncs.com"}, "Service")
    assert not allows(trust_policy(service="ecs.aliyuncs.com"), {"ecs.aliyuncs.com"}, "RAM")
    assert not allows(trust_policy(ram="*"), {"ecs.aliyuncs.com"}, "Service")
    assert allows(
        trust_policy(federated="acs:ram::1:oidc-provider/x"), {"acs:ram::1:oidc-provider/x"}, "Federated"
    )


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "met"),
    [
        ("StringEquals", "42", ["42"], True),
        ("StringEquals", ["41", "42"], ["42"], True),
        ("StringEquals", "42", ["43"], False),
        ("StringEquals", "42", [], False),
        ("StringEquals", "b", ["a", "b"], True),
        ("StringEquals", "A", ["a"], False),
        ("StringEqualsIgnoreCase", "A", ["a"], True),
        ("StringLike", "4*", ["42"], True),
        ("StringLike", "4?", ["42"], True),
        ("StringLike", "4?", ["423"], False),
        ("StringLike", "[4]2", ["42"], False),
        ("StringLike", "[4]2", ["[4]2"], True),
        ("StringLike", "*", ["two\nlines"], True),
        ("StringNotEquals", "42", ["43"], True),
        ("StringNotEquals", "42", ["42"], False),
        ("StringNotEquals", "42", [], True),
        ("StringNotLike", "4*", ["42"], False),
        ("StringNotEqualsIgnoreCase", "A", ["a"], False),
    ],
)
def test_conditions_compare_texts(operator: str, wanted: Any, given: list[str], met: bool) -> None:
    """One of the values has to fit; a negation holds where none does, the key that is not there included."""
    policy = trust_policy(ram=USER, conditions={operator: {"sts:ExternalId": wanted}})
    assert allows(policy, sts__ExternalId=given) is met


def test_all_conditions_have_to_be_met() -> None:
    """Of several keys and several operators, each."""
    conditions = {
        "StringEquals": {"oidc:iss": "https://issuer.example", "oidc:aud": "sts.aliyuncs.com"},
        "StringLike": {"oidc:sub": "system:serviceaccount:shop:*"},
    }
    policy = trust_policy(federated="provider", conditions=conditions)
    good = {
        "oidc__iss": ["https://issuer.example"],
        "oidc__aud": ["sts.aliyuncs.com"],
        "oidc__sub": ["system:serviceaccount:shop:checkout"],
    }
    assert allows(policy, {"provider"}, "Federated", **good)
    for key in good:
        assert not allows(policy, {"provider"}, "Federated", **{**good, key: ["another"]})
        assert not allows(policy, {"provider"}, "Federated", **{**good, key: []})


def test_one_statement_is_enough_and_a_denial_wins() -> None:
    """Wherever it stands."""
    denied = trust_policy(ram=USER, effect="Deny")
    assert allows(merged(trust_policy(ram=ROLE), trust_policy(ram=ROOT)))
    assert not allows(merged(trust_policy(ram=ROOT), denied))
    assert not allows(merged(denied, trust_policy(ram=ROOT)))
    assert not allows(denied)


@pytest.mark.parametrize(
    ("action", "concerned"), [("sts:*", True), (["sts:AssumeRole"], True), ("ecs:*", False)]
)
def test_only_the_action_counts_that_assumes_a_role(action: Any, concerned: bool) -> None:
    """A statement about something else allows nothing here."""
    statement = {"Effect": "Allow", "Action": action, "Principal": {"RAM": USER}}
    assert allows({"Version": "1", "Statement": [statement]}) is concerned


def test_a_policy_may_be_written_as_text() -> None:
    """As RAM's API takes it."""
    text = (
        '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"RAM":"*"}}],"Version":"1"}'
    )
    assert TrustPolicy(text).allows("RAM", AS_ALICE, {})


STATEMENT: dict[str, object] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": USER}}


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "a trust policy is an object, not list"),
        ("no JSON", "a trust policy is a JSON object; this text is no JSON: Expecting value"),
        pytest.param("[" * 100_000, "this text is no JSON", id="too deep"),
        ("[]", "a trust policy is an object, not list"),
        (None, "a trust policy is an object, not NoneType"),
        ({"Statement": [STATEMENT]}, 'the Version "1" and a list called Statement'),
        ({"Version": "2", "Statement": [STATEMENT]}, 'the Version "1"'),
        ({"Version": "1", "Statement": []}, "a list called Statement"),
        ({"Version": "1", "Statement": STATEMENT}, "a list called Statement"),
        ({"Version": "1", "Statement": ["x"]}, "a statement of a trust policy is an object, not str"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Resource": "*"}]}, "has no Resource"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Effect": "allow"}]}, "Effect is Allow or Deny"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Effect": ["Allow"]}]}, "Effect is Allow or Deny"),
        ({"Version": "1", "Statement": [{**STATEMENT, 5: "x"}]}, "has no 5 that"),
        (
            {"Version": "1", "Statement": [{**STATEMENT, "Action": 1}]},
            "a statement's Action is a text or a list of texts, not 1",
        ),
        ({"Version": "1", "Statement": [{**STATEMENT, "Action": None}]}, "Action is a text .* not None"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Action": {"sts:*": 1}}]}, "Action is a text"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Action": ["sts:*", 1]}]}, "Action is a text"),
        (
            {"Version": "1", "Statement": [{**STATEMENT, "Principal": {"RAM": True}}]},
            "principal RAM is a text",
        ),
        ({"Version": "1", "Statement": [{**STATEMENT, "Principal": "*"}]}, "Principal is an object, not str"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Principal": {}}]}, "not nobody"),
        ({"Version": "1", "Statement": [{**STATEMENT, "Principal": {"AWS": "*"}}]}, "not AWS"),
        (
            {"Version": "1", "Statement": [{**STATEMENT, "Principal": {"RAM": []}}]},
            "a text or a list of texts",
        ),
        ({"Version": "1", "Statement": [{**STATEMENT, "Condition": []}]}, "Condition is an object, not list"),
        (
            {"Version": "1", "Statement": [{**STATEMENT, "Condition": {"IpAddress": {}}}]},
            "does not know the condition operator IpAddress; it knows StringEquals",
        ),
        (
            {
                "Version": "1",
                "Statement": [{**STATEMENT, "Condition": {"StringLike": {"acs:SourceIp": "*"}}}],
            },
            "does not know the condition key acs:SourceIp; it knows sts:ExternalId",
        ),
        (
            {"Version": "1", "Statement": [{**STATEMENT, "Condition": {"StringLike": {"oidc:sub": 5}}}]},
            "the condition oidc:sub is a text or a list of texts, not 5",
        ),
        (
            {"Version": "1", "Statement": [{**STATEMENT, "Condition": {"StringEquals": "x"}}]},
            "the condition StringEquals is an object, not str",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_when_it_is_set(document: Any, complaint: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(ValueError, match=complaint):
        TrustPolicy(document)


def test_a_role_keeps_its_policy_when_another_cannot_be_judged(small_world: Any) -> None:
    """What was refused has no effect."""
    before = small_world.role.trust_policy
    with pytest.raises(ValueError, match="Effect is Allow or Deny"):
        small_world.role.trust_policy = trust_policy(ram="*", effect="Perhaps")
    assert small_world.role.trust_policy == before


def test_a_policy_that_names_nobody_is_not_written() -> None:
    """It would be one that RAM does not take."""
    with pytest.raises(ValueError, match="names RAM, Service or Federated, not nobody"):
        TrustPolicy(trust_policy())


def test_a_policy_is_what_it_was_when_it_was_set(small_world: Any, draft: Any) -> None:
    """A new one decides from the next call on."""
    assert draft().ask().status == 200
    small_world.role.trust_policy = trust_policy(ram=small_world.ram.add_user("other").arn)
    assert draft().ask().content["Code"] == "NoPermission"
    small_world.role.trust_policy = trust_policy(ram=small_world.user.arn)
    assert draft().ask().status == 200


@pytest.mark.parametrize(
    ("subject", "granted"), [("system:serviceaccount:shop:a", True), ("system:x", False)]
)
def test_a_subject_may_be_wanted_by_pattern(
    small_world: Any, draft: Any, subject: str, granted: bool
) -> None:
    """RRSA's policies name the service accounts of a namespace so."""
    conditions = {"StringLike": {"oidc:sub": "system:serviceaccount:shop:*"}}
    provider = small_world.oidc_provider.arn
    small_world.role.trust_policy = trust_policy(federated=provider, conditions=conditions)
    call = draft("AssumeRoleWithOIDC")
    call.id_token = {"subject": subject}
    assert (call.ask().status == 200) is granted


def test_a_source_identity_may_be_wanted(small_world: Any, draft: Any) -> None:
    """Whether it was said in this call or is kept from the one before."""
    wanted = trust_policy(
        ram=small_world.ram.root.arn, conditions={"StringLike": {"sts:SourceIdentity": "al*"}}
    )
    role = small_world.ram.add_role("wanting", trust_policy=wanted)
    assert draft().say(RoleArn=role.arn).ask().content["Code"] == "NoPermission"
    assert draft().say(RoleArn=role.arn, SourceIdentity="alice").ask().status == 200
    issued = draft().say(SourceIdentity="alice").ask().content["Credentials"]
    session = small_world.ledger.get(issued["AccessKeyId"])
    assert draft().signed_by(session).say(RoleArn=role.arn).ask().status == 200


@pytest.mark.parametrize(
    "recipient", ["https://signin.aliyun.com/saml-role/sso", "https://signin.aliyun.com/saml-role/SSO"]
)
def test_a_recipient_is_the_same_in_either_spelling(draft: Any, recipient: str) -> None:
    """Policies want the one (documented), the published answer shows the other."""
    call = draft("AssumeRoleWithSAML")
    call.assertion = {"recipient": recipient}
    assert call.ask().status == 200
