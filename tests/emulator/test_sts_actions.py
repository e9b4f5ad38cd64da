"""What the actions of STS answer, and what the ledger knows of it afterwards."""

import re
from datetime import timedelta
from typing import Any

import pytest

from alicred_emulator.clock import wire_time
from alicred_emulator.ram.trust import trust_policy
from alicred_emulator.world import World

ACCOUNT = "1234567890123456"
OTHER_ACCOUNT = "6543210987654321"
POLICY = '{"Version": "1", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
CREDENTIAL_KEYS = ["SecurityToken", "Expiration", "AccessKeySecret", "AccessKeyId"]
FORMATS = ["JSON", "XML"]


def session(draft: Any, **said: str) -> Any:
    """Assume the default role as its user, and return what the ledger knows of it."""
    answer = draft().say(**said).ask()
    assert answer.status == 200, answer.content
    return issued_in(draft().world, answer)


def issued_in(world: World, answer: Any) -> Any:
    """Return what the ledger knows of an answer's credential, which must say the same."""
    told = answer.content["Credentials"]
    issued = world.ledger.get(told["AccessKeyId"])
    assert issued is not None
    assert told == {
        "SecurityToken": issued.security_token,
        "Expiration": wire_time(issued.expires_at),
        "AccessKeySecret": issued.access_key_secret,
        "AccessKeyId": issued.access_key_id,
    }
    return issued


# --- AssumeRole ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", FORMATS)
def test_assume_role_answers_as_the_published_sample(draft, small_world, wanted):
    """RequestId, the session as ARN and id, and the credential, in the order of the sample."""
    answer = draft().say(Format=wanted, SourceIdentity="alice").ask()
    content, role_id = answer.content, small_world.role.role_id
    assert list(content) == ["RequestId", "AssumedRoleUser", "Credentials", "SourceIdentity"]
    assert list(content["AssumedRoleUser"]) == ["AssumedRoleId", "Arn"]
    assert list(content["Credentials"]) == CREDENTIAL_KEYS
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", content["RequestId"])
    assert re.fullmatch(r"3[0-9]{17}", role_id)
    assert content["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:alice",
        "Arn": f"acs:ram::{ACCOUNT}:role/demo-role/alice",
    }
    assert content["SourceIdentity"] == "alice"
    issued = issued_in(small_world, answer)
    assert re.fullmatch(r"STS\.[A-Za-z0-9]{24}", issued.access_key_id)
    assert re.fullmatch(r"CAIS[A-Za-z0-9+/=]+", issued.security_token)


def test_an_answer_has_no_blank_that_it_could_do_without(draft):
    """JSON is compact; XML has a declaration, the action's name as its root, and nothing between elements."""
    json_text = draft().ask().reply.payload.decode()
    assert ", " not in json_text
    assert '": ' not in json_text
    xml_text = draft().say(Format="XML").ask().reply.payload.decode()
    assert xml_text.startswith('<?xml version="1.0" encoding="UTF-8"?><AssumeRoleResponse><RequestId>')
    assert xml_text.endswith("</Credentials></AssumeRoleResponse>")
    assert not re.search(r">\s+<", xml_text)


def test_a_refusal_answers_as_the_published_sample(draft):
    """RequestId, HostId, Code, Message and Recommend, in that order; XML has the last in CDATA."""
    in_json, in_xml = draft().say(RoleArn="x").ask(), draft().say(RoleArn="x", Format="XML").ask()
    for answer in (in_json, in_xml):
        assert list(answer.content) == ["RequestId", "HostId", "Code", "Message", "Recommend"]
        assert answer.content["HostId"] == "sts.aliyuncs.com"
        assert answer.content["Recommend"] == (
            "https://api.aliyun.com/troubleshoot?q=InvalidParameter.RoleArn&product=Sts"
            f"&requestId={answer.content['RequestId']}"
        )
    text = in_xml.reply.payload.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?><Error><RequestId>')
    assert "<Recommend><![CDATA[https://" in text


def test_every_answer_has_a_request_id_of_its_own(draft):
    """Granted or refused, no two answers have the same."""
    calls = [draft(), draft().say(RoleArn="x"), draft("GetCallerIdentity"), draft("DescribeRegions")]
    ids = {call.ask().content["RequestId"] for call in calls * 5}
    assert len(ids) == 20


@pytest.mark.parametrize("action", ["AssumeRole", "AssumeRoleWithOIDC", "AssumeRoleWithSAML"])
@pytest.mark.parametrize(("said", "seconds"), [(None, 3600), ("900", 900), ("3600", 3600), ("43200", 43200)])
@pytest.mark.parametrize("wanted", FORMATS)
def test_a_session_lasts_as_long_as_was_asked_for(draft, small_world, action, said, seconds, wanted):
    """From the emulator's present second, an hour unless said otherwise, up to the role's maximum."""
    small_world.role.max_session_duration = 43200
    small_world.clock.shift(timedelta(days=100, microseconds=999_999))
    answer = draft(action).say(DurationSeconds=said, Format=wanted).ask()
    issued = issued_in(small_world, answer)
    assert issued.issued_at == small_world.clock.now().replace(microsecond=0)
    assert issued.expires_at - issued.issued_at == timedelta(seconds=seconds)
    assert issued.origin == f"sts/{action}"


def test_the_roles_own_maximum_is_what_counts(draft, small_world):
    """A duration above one role's maximum may be good for another's."""
    longer = small_world.ram.add_role("longer", max_session_duration=7200)
    assert draft().say(DurationSeconds="7200").ask().status == 400
    assert draft().say(DurationSeconds="7200", RoleArn=longer.arn).ask().status == 200


def test_several_sessions_of_one_role_are_good_at_once(draft):
    """Each until its own end; a new one ends none."""
    sessions = [session(draft, RoleSessionName="alice") for _ in range(3)]
    assert len({one.access_key_id for one in sessions}) == 3
    for one in sessions:
        assert draft("GetCallerIdentity").signed_by(one).ask().status == 200


@pytest.mark.parametrize("action", ["AssumeRole", "AssumeRoleWithOIDC", "AssumeRoleWithSAML"])
def test_a_session_policy_is_kept(draft, small_world, action):
    """The ledger has the text that the session was narrowed by, as it was sent."""
    issued = issued_in(small_world, draft(action).say(Policy=POLICY).ask())
    assert issued.policy == POLICY
    assert issued_in(small_world, draft(action).ask()).policy is None


@pytest.mark.parametrize("size", [2047, 2048])
def test_a_policy_may_have_2048_bytes(draft, size):
    """The documented limit is one that is good."""
    filling = "x" * (size - len(POLICY))
    policy = POLICY.replace('"Resource": "*"', f'"Resource": "{filling}*"')
    assert len(policy) == size
    assert draft().say(Policy=policy).ask().status == 200


@pytest.mark.parametrize(
    "statement",
    [
        '[{"Effect":"Allow","Action":["ecs:*","oss:Get*"],"Resource":["*"]}]',
        '[{"Effect":"Deny","NotAction":"ecs:*","NotResource":"acs:ecs:*:*:*","Sid":"x"}]',
        '[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"acs:MFAPresent":"true"}}}]',
        '{"Effect":"Allow","Action":"*","Resource":"*"}',
    ],
)
def test_policies_of_the_documented_grammar_are_taken(draft, statement):
    """One action or several, negations, conditions, and a statement that stands alone."""
    assert draft().say(Policy=f'{{"Version":"1","Statement":{statement}}}').ask().status == 200


@pytest.mark.parametrize(
    "statement",
    [
        "null",
        '[{"Effect":"Maybe","Action":"*","Resource":"*"}]',
        '[{"Effect":"Allow","Resource":"*"}]',
        '[{"Effect":"Allow","Action":"*"}]',
        '[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]',
        '[{"Effect":"Allow","Action":[],"Resource":"*"}]',
        '[{"Effect":"Allow","Action":[1],"Resource":"*"}]',
        '[{"Effect":"Allow","Action":"*","Resource":"*","Condition":"x"}]',
        '[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]',
        "[5]",
    ],
)
def test_policies_of_another_grammar_are_refused(draft, statement):
    """A statement says Allow or Deny, to which actions on which resources, and knows no other word."""
    answer = draft().say(Policy=f'{{"Version":"1","Statement":{statement}}}').ask()
    assert answer.content["Code"] == "InvalidParameter.PolicyGrammar"


@pytest.mark.parametrize("head", ['"Version":"2"', '"Version":1', '"Id":"x"', '"Version":"1","Id":"x"'])
def test_a_policy_is_of_version_1(draft, head):
    """It says so in text, and has statements and nothing else besides (documented)."""
    statement = '"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]'
    answer = draft().say(Policy=f"{{{head},{statement}}}").ask()
    assert answer.content["Code"] == "InvalidParameter.PolicyGrammar"
    assert draft().say(Policy=f'{{"Version":"1",{statement}}}').ask().status == 200


@pytest.mark.parametrize("length", [2, 64])
def test_names_may_have_2_to_64_characters(draft, small_world, length):
    """The documented limits are names that are good, with all characters that there are."""
    name = ("aZ9.@-_" * 10)[:length]
    identity = ("aZ9=,.@-_" * 10)[:length]
    issued = session(draft, RoleSessionName=name, SourceIdentity=identity)
    assert issued.principal == f"acs:ram::{ACCOUNT}:assumed-role/demo-role/{name}"
    assert issued.source_identity == identity


@pytest.mark.parametrize("external_id", ["aZ", "_+=,.@:/-", "x" * 1224])
def test_an_external_id_that_is_right_is_what_the_role_wants(draft, small_world, external_id):
    """A role that wants an ExternalId is assumed with it, and with no other and not without."""
    conditions = {"StringEquals": {"sts:ExternalId": external_id}}
    small_world.role.trust_policy = trust_policy(ram=small_world.ram.root.arn, conditions=conditions)
    assert draft().say(ExternalId=external_id).ask().status == 200
    for other in (external_id.swapcase() + "x", None):
        content = draft().say(ExternalId=other).ask().content
        if content["Code"] != "InvalidParameter.ExternalId":
            assert content["Code"] == "NoPermission"
            assert content["AccessDeniedDetail"] == {
                "AuthAction": "sts:AssumeRole",
                "NoPermissionType": "ImplicitDeny",
                "PolicyType": "AssumeRolePolicy",
                "AuthPrincipalOwnerId": ACCOUNT,
                "AuthPrincipalType": "RAMUser",
            }


def test_an_external_id_that_nobody_wants_does_no_harm(draft):
    """It is looked at where a role asks for it."""
    assert draft().say(ExternalId="anything").ask().status == 200


def test_names_of_roles_keep_their_case(draft, small_world):
    """The ARN is that of the role as it was created; another case is another role."""
    role = small_world.ram.add_role("Admin.Role-1_x")
    answer = draft().say(RoleArn=role.arn).ask()
    assert answer.content["AssumedRoleUser"]["Arn"] == f"acs:ram::{ACCOUNT}:role/Admin.Role-1_x/alice"
    content = draft().say(RoleArn=role.arn.lower()).ask().content
    assert content["Message"] == f"The role not exists: {role.arn.lower()}. "


# --- Chains of roles ----------------------------------------------------------------------------------------


def test_a_session_may_assume_a_role(draft, small_world):
    """Role chaining: the next session speaks for the next role, with its own maximum."""
    role = small_world.ram.add_role("next", max_session_duration=43200)
    first = session(draft)
    answer = draft().signed_by(first).say(RoleArn=role.arn, DurationSeconds="43200").ask()
    second = issued_in(small_world, answer)
    assert second.principal == f"acs:ram::{ACCOUNT}:assumed-role/next/alice"
    assert first.uses == 1
    assert second.expires_at - second.issued_at == timedelta(hours=12)


def test_a_session_may_assume_a_role_of_another_account_that_trusts_it(draft, small_world):
    """By the role's own ARN or by its account's root; a session of another role is not meant."""
    account = small_world.accounts.add(OTHER_ACCOUNT)
    first = session(draft)
    by_role = account.add_role("by-role", trust_policy=trust_policy(ram=small_world.role.arn))
    by_root = account.add_role("by-root", trust_policy=trust_policy(ram=small_world.ram.root.arn))
    closed = account.add_role("closed")
    for role in (by_role, by_root):
        answer = draft().signed_by(first).say(RoleArn=role.arn).ask()
        assert answer.content["AssumedRoleUser"]["Arn"] == f"acs:ram::{OTHER_ACCOUNT}:role/{role.name}/alice"
        assert issued_in(small_world, answer).holder.account_id == OTHER_ACCOUNT
    assert draft().signed_by(first).say(RoleArn=closed.arn).ask().content["Code"] == "NoPermission"
    assert draft().say(RoleArn=by_role.arn).ask().content["Code"] == "NoPermission"


def test_a_session_needs_the_permission_of_its_role(draft, small_world):
    """A role whose policies do not allow sts:AssumeRole begins no chain, whoever may."""
    first = session(draft)
    small_world.role.may_assume_roles = False
    content = draft().signed_by(first).ask().content
    assert content["Message"] == "You are not authorized to do this action. You should be authorized by RAM."
    assert "AccessDeniedDetail" not in content
    assert draft().ask().status == 200


def test_a_source_identity_is_kept_along_a_chain(draft, small_world):
    """Once set it stays, may be said again, and cannot be changed; the ledger shows it."""
    first = session(draft, SourceIdentity="alice")
    again = draft().signed_by(first).say(SourceIdentity="alice").ask()
    silent = draft().signed_by(first).ask()
    assert again.content["SourceIdentity"] == silent.content["SourceIdentity"] == "alice"
    third = draft().signed_by(issued_in(small_world, silent)).ask()
    assert issued_in(small_world, third).source_identity == "alice"
    assert draft().signed_by(first).say(SourceIdentity="bob").ask().content["Code"] == "NoPermission"


def test_a_source_identity_may_be_set_in_the_middle_of_a_chain(draft, small_world):
    """A session without one is free to name one; an answer without one does not mention it."""
    first = session(draft)
    assert "SourceIdentity" not in draft().signed_by(first).ask().content
    answer = draft().signed_by(first).say(SourceIdentity="alice").ask()
    assert issued_in(small_world, answer).source_identity == "alice"


# --- AssumeRoleWithOIDC, AssumeRoleWithSAML -----------------------------------------------------------------


@pytest.mark.parametrize("wanted", FORMATS)
def test_assume_role_with_oidc_tells_what_the_token_said(draft, small_world, wanted):
    """OIDCTokenInfo comes before the session, with the moments of the token as dates."""
    call = draft("AssumeRoleWithOIDC").say(Format=wanted)
    call.id_token = {"audience": ["sts.aliyuncs.com", "other"], "lifetime": 600}
    content = call.ask().content
    assert list(content) == ["RequestId", "OIDCTokenInfo", "AssumedRoleUser", "Credentials"]
    assert list(content["OIDCTokenInfo"].items()) == [
        ("Subject", "system:serviceaccount:default:demo-service-account"),
        ("Issuer", small_world.oidc.url),
        ("ClientIds", "sts.aliyuncs.com,other"),
        ("ExpirationTime", "2026-01-02T03:14:05Z"),
        ("IssuanceTime", "2026-01-02T03:04:05Z"),
        ("VerificationInfo", "Success"),
    ]
    assert content["AssumedRoleUser"]["Arn"] == f"acs:ram::{ACCOUNT}:role/demo-role/alice"
    assert content["AssumedRoleUser"]["AssumedRoleId"] == f"{small_world.role.role_id}:alice"


@pytest.mark.parametrize("wanted", FORMATS)
def test_what_a_token_does_not_say_is_not_told(draft, wanted):
    """A token without a subject is answered without one, and not with a word for nothing."""
    call = draft("AssumeRoleWithOIDC").say(Format=wanted)
    call.id_token = {"claims": {"sub": None}}
    assert "Subject" not in call.ask().content["OIDCTokenInfo"]


@pytest.mark.parametrize("subject", ["\x00\x01\x1f", "<a>&]]>", "\ufffe\uffff", "😀", "a\r\nb"])
def test_any_subject_can_be_told_in_xml(draft, subject):
    """What XML has no way to write is replaced, so that the answer can be read."""
    call = draft("AssumeRoleWithOIDC").say(Format="XML")
    call.id_token = {"subject": subject}
    told = call.ask().content["OIDCTokenInfo"]["Subject"]
    assert len(told) == len(subject.replace("\r\n", "\n"))
    if subject.isprintable() and "\ufffe" not in subject:
        assert told == subject


@pytest.mark.parametrize("wanted", FORMATS)
def test_assume_role_with_saml_tells_what_the_assertion_said(draft, small_world, wanted):
    """SAMLAssertionInfo comes before the session, whose ARN has the other shape (documented)."""
    call = draft("AssumeRoleWithSAML").say(Format=wanted)
    call.assertion = {"session_name": "bob@example.com", "subject": "bob", "subject_type": "transient"}
    answer = call.ask()
    assert list(answer.content) == ["RequestId", "SAMLAssertionInfo", "AssumedRoleUser", "Credentials"]
    assert list(answer.content["SAMLAssertionInfo"].items()) == [
        ("SubjectType", "transient"),
        ("Subject", "bob"),
        ("Recipient", "https://signin.aliyun.com/saml-role/sso"),
        ("Issuer", small_world.saml.entity_id),
    ]
    assert answer.content["AssumedRoleUser"] == {
        "AssumedRoleId": f"{small_world.role.role_id}:bob@example.com",
        "Arn": f"acs:sts::{ACCOUNT}:assumed-role/demo-role/bob@example.com",
    }
    issued = issued_in(small_world, answer)
    assert issued.principal == f"acs:ram::{ACCOUNT}:assumed-role/demo-role/bob@example.com"


@pytest.mark.parametrize(("ends_in", "seconds"), [(1200, 1200), (7200, 3600)])
def test_a_saml_session_ends_when_the_assertion_ends_it(draft, small_world, ends_in, seconds):
    """SessionNotOnOrAfter shortens a session, and does not lengthen it."""
    call = draft("AssumeRoleWithSAML")
    call.assertion = {"session_lifetime": ends_in}
    issued = issued_in(small_world, call.ask())
    assert issued.expires_at - issued.issued_at == timedelta(seconds=seconds)


def test_an_assertion_is_nothing_to_other_actions(draft, small_world):
    """A parameter that an action does not know is signed and has no meaning."""
    world = small_world
    terms = {"role_arn": world.role.arn, "provider_arn": world.saml_provider.arn, "session_lifetime": 60}
    issued = session(draft, SAMLAssertion=world.saml.issue_assertion(**terms))
    assert issued.expires_at - issued.issued_at == timedelta(hours=1)


# --- GenerateSessionAccessKey -------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("seconds", [900, 3600])
def test_a_key_pair_gets_a_session_key_without_a_token(draft, small_world, wanted, seconds):
    """The key speaks for the user, for as long as was asked; no security token goes with it."""
    answer = draft("GenerateSessionAccessKey").say(Format=wanted, DurationSeconds=str(seconds)).ask()
    assert list(answer.content) == ["RequestId", "SessionAccessKey"]
    key = answer.content["SessionAccessKey"]
    assert list(key) == ["SessionAccessKeyId", "SessionAccessKeySecret", "Expiration"]
    issued = small_world.ledger.get(key["SessionAccessKeyId"])
    assert issued.access_key_id.startswith("TMPSK.")
    assert issued.security_token == ""
    assert issued.access_key_secret == key["SessionAccessKeySecret"]
    assert wire_time(issued.expires_at) == key["Expiration"]
    assert issued.expires_at - issued.issued_at == timedelta(seconds=seconds)
    identity = draft("GetCallerIdentity").signed_by(issued).ask()
    assert identity.content["Arn"] == small_world.user.arn


def test_each_key_pair_has_a_key_of_its_own(draft, small_world):
    """What one pair signed is not good for another."""
    second = small_world.user.add_key_pair()
    assert draft("GenerateSessionAccessKey").signed_by(second).ask().status == 200
    call = draft("GenerateSessionAccessKey").say(AccessKeyId=second.public_key_id)
    assert call.ask().content["Code"] == "SignatureDoesNotMatch"


# --- GetCallerIdentity --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("style", ["V1 GET", "V1 POST", "ACS3", "BEARER"])
def test_a_user_is_told_who_it_is(draft, small_world, wanted, style):
    """Its own id is its principal's; the keys come in the order of the sample."""
    content = draft("GetCallerIdentity", style).say(Format=wanted).ask().content
    request_id, user_id = content["RequestId"], small_world.user.user_id
    assert re.fullmatch(r"2[0-9]{17}", user_id)
    assert list(content.items()) == [
        ("IdentityType", "RAMUser"),
        ("AccountId", ACCOUNT),
        ("RequestId", request_id),
        ("PrincipalId", user_id),
        ("UserId", user_id),
        ("Arn", f"acs:ram::{ACCOUNT}:user/demo-user"),
    ]


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("style", ["V1 GET", "ACS3", "BEARER"])
def test_a_root_is_told_who_it_is(draft, small_world, wanted, style):
    """Its ids are the account's."""
    root = small_world.ram.root.add_access_key()
    content = draft("GetCallerIdentity", style).say(Format=wanted).signed_by(root).ask().content
    assert content | {"RequestId": ""} == {
        "IdentityType": "Account",
        "AccountId": ACCOUNT,
        "RequestId": "",
        "PrincipalId": ACCOUNT,
        "UserId": ACCOUNT,
        "Arn": f"acs:ram::{ACCOUNT}:root",
    }


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("style", ["V1 GET", "ACS3"])
def test_a_session_is_told_who_it_is(draft, small_world, wanted, style):
    """It has a role's id and no user's; its ARN has the shape of a caller's."""
    first, role_id = session(draft, RoleSessionName="bob"), small_world.role.role_id
    content = draft("GetCallerIdentity", style).say(Format=wanted).signed_by(first).ask().content
    assert list(content) == ["IdentityType", "AccountId", "RequestId", "PrincipalId", "Arn", "RoleId"]
    assert content | {"RequestId": ""} == {
        "IdentityType": "AssumedRoleUser",
        "AccountId": ACCOUNT,
        "RequestId": "",
        "PrincipalId": f"{role_id}:bob",
        "Arn": f"acs:ram::{ACCOUNT}:assumed-role/demo-role/bob",
        "RoleId": role_id,
    }


def test_nobody_needs_a_permission_to_ask_who_it_is(draft, small_world):
    """A user that may do nothing may do this."""
    user = small_world.ram.add_user("nobody", may_assume_roles=False)
    call = draft("GetCallerIdentity").signed_by(user.access_keys[0])
    assert call.ask().content["Arn"] == f"acs:ram::{ACCOUNT}:user/nobody"
    assert draft().signed_by(user.access_keys[0]).ask().content["Code"] == "NoPermission"


def test_a_bearer_may_assume_a_role(draft, small_world):
    """A bearer token speaks for its user wherever a key would."""
    answer = draft("AssumeRole", "BEARER").ask()
    assert issued_in(small_world, answer).principal.endswith("assumed-role/demo-role/alice")


def test_uses_are_counted_where_something_was_granted(draft, small_world):
    """A call that is refused, for whatever reason, is no use of a credential."""
    first = session(draft)
    draft("GetCallerIdentity").signed_by(first).ask()
    draft("DescribeRegions").signed_by(first).ask()
    call = draft("GetCallerIdentity").signed_by(first)
    call.tampered = True
    call.ask()
    draft().signed_by(first).say(RoleArn="x").ask()
    assert first.uses == 2


@pytest.mark.parametrize("action", ["AssumeRole", "DescribeRegions"])
def test_an_action_that_is_not_known_is_not_placed(draft, action):
    """The plugin fails a test whose client asks for what the fake does not know; a refusal is known."""
    version = {"AssumeRole": "2014-05-26", "DescribeRegions": "2015-04-01"}[action]
    unknown = ({"Action": "AssumeNothing"}, {"Action": None}, {"Version": version})
    for said in unknown:
        reply = draft(action).say(**said).ask().reply
        assert reply.status in {400, 404}
        assert not reply.placed, said
    for said in ({}, {"Timestamp": None}, {"RoleArn": "x"}, {"AccessKeyId": "nobody"}, {"Version": None}):
        assert draft(action).say(**said).ask().reply.placed, said


def test_the_journals_detail_has_no_secret(draft):
    """It says which key was shown by its last four characters, or why the call was refused."""
    good, bad = draft(), draft()
    bad.tampered = True
    for call in (good, bad):
        detail = call.ask().reply.detail
        for secret in (call.key.access_key_id, call.key.access_key_secret, call.string_to_sign):
            assert secret not in detail
    assert draft().ask().reply.detail == f"for the key ***{good.key.access_key_id[-4:]}"
