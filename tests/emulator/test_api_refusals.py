"""The decision table `fixtures/api_refusals.toml`, walked through: each row, and which of two comes first."""

import itertools
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from alicred_emulator import shipped
from alicred_emulator.clock import EmulatorClock, wire_time
from alicred_emulator.ecs_api import ECS
from alicred_emulator.gateway import refusals
from alicred_emulator.messages import Reply
from alicred_emulator.ram.trust import trust_policy
from alicred_emulator.sts.service import STS
from alicred_emulator.world import World

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parents[2] / "fixtures" / "api_refusals.toml"
ROWS: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["refusal"]
ROW = {row["condition"]: row for row in ROWS}
ORDERED = [row for row in ROWS if "order" in row]
UNORDERED = [row for row in ROWS if "order" not in row]

REQUIRED = {"condition", "when", "products", "code", "status", "message", "confidence"}
ALLOWED = REQUIRED | {"order", "actions", "trust", "comment"}

V1 = ("V1 GET", "V1 POST")
SIGNED = (*V1, "ACS3")
ANONYMOUS = ("ANONYMOUS GET", "ANONYMOUS POST")
STYLES = {
    "AssumeRole": (*SIGNED, "BEARER"),
    "AssumeRoleWithOIDC": ANONYMOUS,
    "AssumeRoleWithSAML": ANONYMOUS,
    "GetCallerIdentity": (*SIGNED, "BEARER"),
    "GenerateSessionAccessKey": V1,
    "DescribeRegions": (*SIGNED, "BEARER"),
}
PRODUCTS = {"Sts": STS, "Ecs": ECS}
PRODUCT = {action: name for name, api in PRODUCTS.items() for action in api.actions}
WITH_ACCESS_KEY = ("AssumeRole", "GetCallerIdentity", "DescribeRegions")
BY_KEY_PAIR = ("GenerateSessionAccessKey",)

NOBODYS_PROOF = {
    "authorization_malformed",
    "signature_method_unsupported",
    "key_unknown",
    "key_inactive",
    "bearer_token_unknown",
    "security_token_missing",
    "security_token_malformed",
    "security_token_mismatch",
    "session_expired",
    "signature_wrong",
    "nonce_used",
}
"""What cannot be wrong with a call that an identity provider vouches for."""

ONLY_A_KEY_PAIRS = {"key_inactive", "bearer_token_unknown", "security_token_missing", "session_expired"}
"""What cannot be wrong with a key pair: it has no status and no token, and nothing else is taken there."""


class Spoiler(NamedTuple):
    """What makes one condition true of an otherwise good call."""

    condition: str
    name: str
    spoil: Callable[[Any], object]
    touches: frozenset[str]
    actions: tuple[str, ...]
    styles: tuple[str, ...]
    parameter: str

    def suits(self, action: str, style: str) -> bool:
        """Tell whether the condition can be met so in a call."""
        return action in self.actions and style in self.styles and concerns(ROW[self.condition], action)

    @property
    def order(self) -> int:
        """Where its condition stands."""
        return int(ROW[self.condition]["order"])


SPOILERS: list[Spoiler] = []
ALL_STYLES = (*SIGNED, "BEARER", *ANONYMOUS)


def spoils(
    condition: str,
    *touches: str,
    actions: Collection[str] = tuple(STYLES),
    styles: Collection[str] = ALL_STYLES,
    parameter: str = "",
) -> Callable[[Callable[[Any], object]], Callable[[Any], object]]:
    """Enter a spoiler: its condition, what it touches in call or world, and where it can be met."""

    def enter(spoil: Callable[[Any], object]) -> Callable[[Any], object]:
        name = f"{spoil.__name__}{f'({parameter})' if parameter else ''}".replace("_", " ")
        touched = frozenset(touches)
        SPOILERS.append(
            Spoiler(condition, name, spoil, touched, tuple(actions), tuple(styles), parameter),
        )
        return spoil

    return enter


def concerns(row: Mapping[str, Any], action: str) -> bool:
    """Tell whether a row may be the answer to a call of an action."""
    return PRODUCT[action] in row["products"] and action in row.get("actions", STYLES)


# --- The request as a whole ---------------------------------------------------------------------------------


@spoils("plain_http", "scheme")
def without_tls(draft: Any) -> None:
    draft.secure = False


@spoils("method_unsupported", "method")
def by_put(draft: Any) -> None:
    draft.method = "PUT"


@spoils("path_unknown", "path")
def by_another_path(draft: Any) -> None:
    draft.path = "/sts"


@spoils("content_type_unsupported", "body")
def a_body_of_text(draft: Any) -> None:
    draft.headers["content-type"], draft.body = "text/plain", b"Action=AssumeRole"


@spoils("body_unreadable", "body")
def a_form_that_is_no_utf8(draft: Any) -> None:
    draft.headers["content-type"], draft.body = "application/x-www-form-urlencoded", b"a=\xff"


@spoils("body_unreadable", "body")
def json_that_is_none(draft: Any) -> None:
    draft.headers["content-type"], draft.body = "application/json", b"{"


@spoils("body_unreadable", "body")
def json_that_is_no_object(draft: Any) -> None:
    draft.headers["content-type"], draft.body = "application/json", b"[]"


@spoils("body_unreadable", "body")
def half_a_surrogate_pair(draft: Any) -> None:
    draft.headers["content-type"], draft.body = "application/json", b'{"RoleArn":"\\ud800"}'


@spoils("format_unsupported", "Format")
def in_yaml(draft: Any) -> None:
    draft.say(Format="YAML")


@spoils("action_or_version_missing", "Action", parameter="Action")
def without_an_action(draft: Any) -> None:
    draft.say(Action=None)


@spoils("action_or_version_missing", "Version", parameter="Version")
def without_a_version(draft: Any) -> None:
    draft.say(Version=None)


@spoils("action_or_version_unknown", "Action")
@spoils("action_unknown", "Action")
def another_action(draft: Any) -> None:
    draft.say(Action="DescribeEverything")


@spoils("action_or_version_unknown", "Version")
@spoils("version_unknown", "Version")
def another_version(draft: Any) -> None:
    draft.say(Version="2014-05-27")


# --- What is missing ----------------------------------------------------------------------------------------


def _missing(name: str, actions: Collection[str], styles: Collection[str]) -> None:
    touched = "key" if name == "AccessKeyId" else name

    @spoils("parameter_missing", touched, actions=actions, styles=styles, parameter=name)
    def without(draft: Any) -> None:
        draft.say(**{name: None})


for _name in ("AccessKeyId", "SignatureMethod", "SignatureVersion", "Signature"):
    _missing(_name, STYLES, V1)
for _name in ("SignatureNonce", "Timestamp"):
    _missing(_name, STYLES, SIGNED)
_missing("Timestamp", STYLES, ["BEARER"])
for _action in STS.actions:
    for _name in STS.actions[_action].needs:
        _missing(_name, [_action], ALL_STYLES)


@spoils("parameter_missing", "key", styles=["BEARER"], parameter="BearerToken")
def an_empty_bearer_token(draft: Any) -> None:
    draft.say(BearerToken="")


# --- Who is asking ------------------------------------------------------------------------------------------


@spoils("timestamp_malformed", "Timestamp")
def a_time_stamp_with_an_offset(draft: Any) -> None:
    draft.say(Timestamp="2026-01-02T03:04:05+00:00")


@spoils("timestamp_malformed", "Timestamp")
def a_time_stamp_of_no_day(draft: Any) -> None:
    draft.say(Timestamp="2026-02-30T03:04:05Z")


@spoils("timestamp_expired", "Timestamp")
def a_time_stamp_of_long_ago(draft: Any) -> None:
    draft.say(Timestamp=wire_time(draft.world.clock.now() - timedelta(minutes=15, seconds=1)))


@spoils("timestamp_expired", "Timestamp")
def a_time_stamp_of_the_future(draft: Any) -> None:
    draft.say(Timestamp=wire_time(draft.world.clock.now() + timedelta(minutes=15, seconds=1)))


@spoils("authorization_malformed", "Signature", styles=["ACS3"])
def an_authorization_without_signature(draft: Any) -> None:
    draft.say(Signature=None)


@spoils("authorization_malformed", "key", styles=["ACS3"])
def an_authorization_without_credential(draft: Any) -> None:
    draft.say(AccessKeyId=None)


@spoils("authorization_malformed", "signed headers", styles=["ACS3"])
def a_date_that_is_not_signed(draft: Any) -> None:
    draft.unsigned_headers.add("x-acs-date")


@spoils("authorization_malformed", "signed headers", styles=["ACS3"])
def a_host_that_is_not_signed(draft: Any) -> None:
    draft.unsigned_headers.add("host")


@spoils("authorization_malformed", "signed headers", styles=["ACS3"])
def a_body_whose_hash_is_not_told(draft: Any) -> None:
    draft.headers["x-acs-content-sha256"] = None


# In another style these parameters are not there.
ANOTHER_STYLE = ("key", "method", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Signature")


@spoils("authorization_malformed", *ANOTHER_STYLE, actions=BY_KEY_PAIR)
def a_key_pair_in_half_a_header(draft: Any) -> None:
    draft.style = "ACS3"
    draft.unsigned_headers.add("host")


@spoils("signature_method_unsupported", "SignatureMethod", styles=V1)
def signed_with_md5(draft: Any) -> None:
    draft.say(SignatureMethod="HMAC-MD5")


@spoils("signature_method_unsupported", "SignatureMethod", styles=["ACS3"])
def signed_with_sm3(draft: Any) -> None:
    draft.say(SignatureMethod="ACS3-HMAC-SM3")


@spoils("signature_method_unsupported", "SignatureMethod", styles=V1, actions=WITH_ACCESS_KEY)
def an_access_key_that_signs_with_rsa(draft: Any) -> None:
    draft.say(SignatureMethod="SHA256withRSA")


@spoils("signature_method_unsupported", *ANOTHER_STYLE, actions=BY_KEY_PAIR)
def a_key_pair_that_signs_with_acs3(draft: Any) -> None:
    draft.style = "ACS3"


@spoils("signature_method_unsupported", *ANOTHER_STYLE, actions=BY_KEY_PAIR)
def a_bearer_instead_of_a_key_pair(draft: Any) -> None:
    draft.style = "BEARER"


@spoils("key_unknown", "key", styles=SIGNED)
def a_key_that_nobody_has(draft: Any) -> None:
    draft.say(AccessKeyId="LTAI5tFAKENobodyHasThisKey")


@spoils("key_unknown", "key", styles=SIGNED)
def a_key_that_was_deleted(draft: Any) -> None:
    draft.key = draft.world.user.add_access_key()
    draft.key.delete()


@spoils("key_unknown", "key", styles=SIGNED, actions=WITH_ACCESS_KEY)
def a_key_pair_instead_of_an_access_key(draft: Any) -> None:
    draft.say(AccessKeyId=draft.world.key_pair.public_key_id)


@spoils("key_unknown", "key", actions=BY_KEY_PAIR)
def an_access_key_instead_of_a_key_pair(draft: Any) -> None:
    draft.say(AccessKeyId=draft.world.user.access_key_id)


@spoils("key_inactive", "key", styles=SIGNED, actions=WITH_ACCESS_KEY)
def an_inactive_key(draft: Any) -> None:
    draft.key = draft.world.user.add_access_key()
    draft.key.status = "Inactive"


@spoils("bearer_token_unknown", "key", styles=["BEARER"], actions=WITH_ACCESS_KEY)
def a_bearer_token_that_nobody_has(draft: Any) -> None:
    draft.say(BearerToken="nobodys")


def session_of(draft: Any, **terms: Any) -> Any:
    """Issue a session of the default role, for an hour from now unless said otherwise."""
    world = draft.world
    given = {"issued_at": world.clock.now(), "lifetime": timedelta(hours=1), **terms}
    return world.ledger.issue(holder=world.role.session("session"), origin="a test", **given)


@spoils("security_token_missing", "key", "SecurityToken", styles=SIGNED, actions=WITH_ACCESS_KEY)
def a_session_without_its_token(draft: Any) -> None:
    draft.signed_by(session_of(draft)).say(SecurityToken=None)


@spoils("security_token_malformed", "SecurityToken", styles=SIGNED)
def a_token_that_looks_like_none(draft: Any) -> None:
    draft.say(SecurityToken="nonsense")


@spoils("security_token_mismatch", "SecurityToken", styles=SIGNED)
def another_sessions_token(draft: Any) -> None:
    draft.say(SecurityToken=session_of(draft).security_token)


@spoils("security_token_mismatch", "SecurityToken", styles=SIGNED)
def nobodys_token(draft: Any) -> None:
    draft.say(SecurityToken="CAISnobodys")


@spoils("session_expired", "key", styles=SIGNED, actions=WITH_ACCESS_KEY)
def a_session_that_ends_now(draft: Any) -> None:
    now = draft.world.clock.now()
    draft.signed_by(session_of(draft, issued_at=now - timedelta(hours=1)))


@spoils("session_expired", "key", styles=SIGNED, actions=WITH_ACCESS_KEY)
def a_session_that_has_not_begun(draft: Any) -> None:
    draft.signed_by(session_of(draft, issued_at=draft.world.clock.now() + timedelta(seconds=1)))


@spoils("signature_wrong", "Signature", styles=SIGNED)
def a_signature_with_another_first_character(draft: Any) -> None:
    draft.tampered = True


@spoils("nonce_used", "SignatureNonce", styles=SIGNED)
def sent_a_second_time(draft: Any) -> None:
    draft.sent_before = True


# --- The identity provider ----------------------------------------------------------------------------------


@spoils("oidc_provider_arn_malformed", "OIDCProviderArn")
def an_oidc_provider_without_an_arn(draft: Any) -> None:
    draft.say(OIDCProviderArn="test")


@spoils("oidc_provider_unknown", "OIDCProviderArn")
def an_oidc_provider_that_nobody_registered(draft: Any) -> None:
    draft.say(OIDCProviderArn=f"{draft.world.oidc_provider.arn}-2")


@spoils("saml_provider_arn_malformed", "SAMLProviderArn")
def a_saml_provider_without_an_arn(draft: Any) -> None:
    draft.say(SAMLProviderArn=draft.world.oidc_provider.arn)


@spoils("saml_provider_unknown", "SAMLProviderArn")
def a_saml_provider_that_nobody_registered(draft: Any) -> None:
    draft.say(SAMLProviderArn=f"{draft.world.saml_provider.arn}-2")


# --- The form of the parameters -----------------------------------------------------------------------------


def _says(condition: str, parameter: str, *values: str) -> None:
    for value in values:

        def says(draft: Any, value: str = value) -> None:
            draft.say(**{parameter: value})

        says.__name__ = f"{parameter}_{value if len(value) < 20 else f'of_{len(value)}'}"
        spoils(condition, parameter)(says)


POLICY = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"%s"}]}'
_says("role_arn_malformed", "RoleArn", "roleArn", "acs:ram::1:role/", "acs:ram::1:role/" + "x" * 65)
_says("session_name_malformed", "RoleSessionName", "a", "a b", "x" * 65, "a/b", "ab\n", "äöü")
_says("duration_malformed", "DurationSeconds", "899", "-900", "1h", "3600.0", "٣٦٠٠", "9" * 10)
_says("session_key_duration_malformed", "DurationSeconds", "899", "3601", "1h")
_says("policy_too_long", "Policy", POLICY % ("x" * (2049 - len(POLICY % ""))), "ä" * 1025)
_says("policy_ungrammatical", "Policy", "", "{}", "null", "x", POLICY % "", '{"Version":"1","Statement":[]}')
_says("external_id_malformed", "ExternalId", "", "x", "x" * 1225, "a b", "ä" * 2)
_says("source_identity_malformed", "SourceIdentity", "", "x", "x" * 65, "a b")
_says("serial_number_malformed", "SerialNumber", "1", "acs:ram::1:user/x")
_says("token_code_malformed", "TokenCode", "12345", "abcdef", "1234567")


# --- The ID token -------------------------------------------------------------------------------------------

TOKEN = ("OIDCToken", "iss", "aud", "exp", "iat", "token signature")


@spoils("id_token_malformed", *TOKEN)
def a_token_that_is_none(draft: Any) -> None:
    draft.say(OIDCToken="a.b.c")


@spoils("id_token_malformed", *TOKEN)
def a_token_of_three_characters(draft: Any) -> None:
    draft.say(OIDCToken="a.b")


@spoils("id_token_malformed", *TOKEN)
def a_token_of_more_than_20000_characters(draft: Any) -> None:
    draft.say(OIDCToken=draft.world.oidc.issue_token(claims={"filling": "x" * 15_000}))


@spoils("id_token_issuer_mismatch", "iss")
def another_issuers_token(draft: Any) -> None:
    draft.id_token["issuer"] = "https://issuer.example"


@spoils("id_token_audience_mismatch", "aud")
def a_token_for_somebody_else(draft: Any) -> None:
    draft.id_token["audience"] = ["kubernetes", "sts.example.com"]


def _claims(draft: Any, **claims: Any) -> None:
    draft.id_token["claims"] = {**draft.id_token.get("claims", {}), **claims}


@spoils("id_token_expired", "exp")
def a_token_that_ends_now(draft: Any) -> None:
    _claims(draft, exp=int(draft.world.clock.time()))


@spoils("id_token_expired", "exp")
def a_token_without_an_end(draft: Any) -> None:
    _claims(draft, exp=None)


@spoils("id_token_issued_too_long_ago", "iat")
def a_token_of_12_hours_ago(draft: Any) -> None:
    _claims(draft, iat=int(draft.world.clock.time()) - 12 * 3600)


@spoils("id_token_issued_too_long_ago", "iat")
def a_token_of_the_future(draft: Any) -> None:
    _claims(draft, iat=int(draft.world.clock.time()) + 1)


@spoils("id_token_issued_too_long_ago", "iat")
def a_token_without_a_beginning(draft: Any) -> None:
    _claims(draft, iat=None)


@spoils("id_token_issued_too_long_ago", "iat")
def a_token_that_is_not_good_yet(draft: Any) -> None:
    _claims(draft, nbf=int(draft.world.clock.time()) + 1)


@spoils("issuer_broken", "issuer")
def an_issuer_that_does_not_answer(draft: Any) -> None:
    draft.world.ask_issuer = lambda _request: Reply(status=500)


@spoils("issuer_broken", "issuer", "iss", "trust")
def an_issuer_that_nobody_knows_the_keys_of(draft: Any) -> None:
    draft.world.oidc_provider.issuer_url = draft.id_token["issuer"] = "https://issuer.example"
    draft.world.role.trust_policy = trust_policy(federated=draft.world.oidc_provider.arn)


@spoils("issuer_fingerprint_mismatch", "fingerprints")
def another_authoritys_fingerprint(draft: Any) -> None:
    draft.world.oidc_provider.fingerprints = ["00" * 20]


@spoils("id_token_signature_wrong", "token signature")
def a_token_that_the_issuer_has_not_signed(draft: Any) -> None:
    draft.id_token["foreign_key"] = True


# --- The assertion ------------------------------------------------------------------------------------------

ASSERTION = (
    *("SAMLAssertion", "entity id", "recipient", "audience", "end", "session name", "roles"),
    "assertion signature",
)


@spoils("assertion_malformed", *ASSERTION)
def an_assertion_that_is_no_base64(draft: Any) -> None:
    draft.say(SAMLAssertion="<Response/>")


@spoils("assertion_malformed", *ASSERTION)
def an_assertion_of_three_characters(draft: Any) -> None:
    draft.say(SAMLAssertion="PGE")


@spoils("assertion_malformed", *ASSERTION)
def an_assertion_of_more_than_100000_characters(draft: Any) -> None:
    world, further = draft.world, [("acs:ram::1:role/x", "acs:ram::1:saml-provider/x")] * 1000
    terms = (world.role.arn, world.saml_provider.arn)
    draft.say(SAMLAssertion=world.saml.issue_assertion(*terms, further_roles=further))


@spoils("assertion_issuer_mismatch", "entity id")
def another_providers_assertion(draft: Any) -> None:
    draft.assertion["issuer"] = "https://idp.example.org"


@spoils("assertion_signature_wrong", "assertion signature")
def an_assertion_that_the_provider_has_not_signed(draft: Any) -> None:
    draft.assertion["foreign_key"] = True


@spoils("assertion_signature_wrong", "assertion signature")
def an_assertion_that_nobody_signed(draft: Any) -> None:
    draft.assertion["signed"] = False


@spoils("assertion_recipient_mismatch", "recipient")
def an_assertion_for_somebody_else(draft: Any) -> None:
    draft.assertion["recipient"] = "https://signin.aliyun.com/1234567890123456/saml/SSO"


@spoils("assertion_audience_mismatch", "audience")
def an_assertion_for_another_cloud(draft: Any) -> None:
    draft.assertion["audience"] = "urn:example:cloud"


@spoils("assertion_expired", "end")
def an_assertion_that_ends_now(draft: Any) -> None:
    draft.assertion["lifetime"] = 0


@spoils("assertion_session_name_malformed", "session name")
def an_assertion_with_a_name_that_is_none(draft: Any) -> None:
    draft.assertion["session_name"] = "a"


@spoils("assertion_names_another_role", "roles")
def an_assertion_about_another_role(draft: Any) -> None:
    draft.assertion["role_arn"] = "acs:ram::1234567890123456:role/other"


@spoils("assertion_names_another_role", "roles")
def an_assertion_that_pairs_the_role_with_another_provider(draft: Any) -> None:
    draft.assertion["provider_arn"] = "acs:ram::1234567890123456:saml-provider/other"


# --- May they? ----------------------------------------------------------------------------------------------


@spoils("caller_is_root", "key")
def the_root_of_the_account(draft: Any) -> None:
    draft.signed_by(draft.world.ram.root.add_access_key())


@spoils("role_unknown", "RoleArn")
def a_role_that_there_is_not(draft: Any) -> None:
    draft.say(RoleArn="acs:ram::1234567890123456:role/nobody")


@spoils("role_unknown", "RoleArn")
def a_role_of_an_account_that_there_is_not(draft: Any) -> None:
    draft.say(RoleArn="acs:ram::1111111111111111:role/demo-role")


@spoils("duration_too_long", "DurationSeconds")
def longer_than_the_roles_sessions_are(draft: Any) -> None:
    draft.say(DurationSeconds="3601")


@spoils("caller_lacks_permission", "permission")
def a_caller_that_may_assume_nothing(draft: Any) -> None:
    draft.world.user.may_assume_roles = draft.world.role.may_assume_roles = False


@spoils("source_identity_changed", "key", "SourceIdentity", styles=SIGNED)
def a_session_that_is_somebody_elses(draft: Any) -> None:
    draft.signed_by(session_of(draft, source_identity="alice")).say(SourceIdentity="bob")


@spoils("role_does_not_trust_caller", "trust")
def a_role_that_trusts_a_service_alone(draft: Any) -> None:
    draft.world.role.trust_policy = trust_policy(service="ecs.aliyuncs.com")


@spoils("role_does_not_trust_caller", "trust", "ExternalId")
def another_external_id(draft: Any) -> None:
    wanted = {"StringEquals": {"sts:ExternalId": "wanted"}}
    draft.world.role.trust_policy = trust_policy(ram=draft.world.ram.root.arn, conditions=wanted)
    draft.say(ExternalId="given")


@spoils("role_does_not_trust_token", "trust")
def a_role_that_trusts_another_subject(draft: Any) -> None:
    provider, wanted = draft.world.oidc_provider.arn, {"StringEquals": {"oidc:sub": "somebody else"}}
    draft.world.role.trust_policy = trust_policy(federated=provider, conditions=wanted)


@spoils("role_does_not_trust_token", "trust")
def a_role_that_trusts_no_oidc_provider(draft: Any) -> None:
    draft.world.role.trust_policy = trust_policy(federated=draft.world.saml_provider.arn)


@spoils("role_does_not_trust_assertion", "trust")
def a_role_that_trusts_no_saml_provider(draft: Any) -> None:
    draft.world.role.trust_policy = trust_policy(federated=draft.world.oidc_provider.arn)


# --- The walk -----------------------------------------------------------------------------------------------

CALLS = [(action, style) for action, styles in STYLES.items() for style in styles]
# A GET says the same as the POST of its style, elsewhere in the request; the order is the same.
CALLS_BY_POST = [(action, style) for action, style in CALLS if not style.endswith(" GET")]


def suiting(action: str, style: str) -> Iterator[Spoiler]:
    """Yield what can be wrong with a call."""
    return (spoiler for spoiler in SPOILERS if spoiler.suits(action, style))


def spoilt(draft: Any, *spoilers: Spoiler) -> Any:
    """Spoil a call in one or more ways."""
    draft.sent_before = False
    for spoiler in spoilers:
        spoiler.spoil(draft)
    return draft


def answer_to(draft: Any) -> Any:
    """Send a call, twice if it is to be a repeated one."""
    if draft.sent_before:
        draft.ask()
    return draft.ask()


def words(draft: Any, spoiler: Spoiler) -> dict[str, str]:
    """Return what a message names."""
    return {
        "parameter": spoiler.parameter,
        "string_to_sign": draft.string_to_sign,
        "issuer": draft.world.oidc_provider.issuer_url,
        "role_arn": draft.said.get("RoleArn", ""),
    }


@pytest.mark.parametrize(("action", "style"), CALLS)
@pytest.mark.parametrize("wanted", ["JSON", "XML"])
def test_a_call_that_nothing_is_wrong_with_is_granted(draft, action, style, wanted):
    """What the spoilers spoil is good without them."""
    answer = draft(action, style).say(Format=wanted).ask()
    assert answer.status == 200, answer.content
    assert ("json" in answer.reply.content_type) is (wanted == "JSON")


@pytest.mark.parametrize(("action", "style"), CALLS)
def test_each_condition_is_answered_as_its_row_says(draft, clock, action, style):
    """Status, code and message are those of the row, in JSON and in XML."""
    for spoiler, wanted in itertools.product(suiting(action, style), ["JSON", "XML"]):
        row = ROW[spoiler.condition]
        spoilt_draft = spoilt(draft(action, style, World(clock)).say(Format=wanted), spoiler)
        answer = answer_to(spoilt_draft)
        filled, content = words(spoilt_draft, spoiler), answer.content
        code, message = row["code"].format_map(filled), row["message"].format_map(filled)
        assert (answer.status, content["Code"]) == (row["status"], code), (spoiler.name, wanted, content)
        assert content["Message"] == message, spoiler.name
        assert content["HostId"] == spoilt_draft.host
        assert ("AccessDeniedDetail" in content) is row.get("trust", False), spoiler.name
        # What is no format at all is answered in JSON.
        in_xml = wanted == "XML" and spoiler.condition != "format_unsupported"
        assert ("xml" in answer.reply.content_type) is in_xml, spoiler.name
        assert answer.reply.detail == f"{code}: {row['when']}"


@pytest.mark.parametrize(("action", "style"), CALLS_BY_POST)
def test_the_earlier_of_two_conditions_decides(draft, clock, action, style):
    """Of two things that are wrong with a call, the one with the smaller order is answered."""
    # One of those that spoil the same thing for the same reason is enough here.
    different = {(one.condition, one.touches): one for one in suiting(action, style)}
    wrong = []
    for one, other in itertools.combinations(different.values(), 2):
        if one.touches & other.touches or one.order == other.order:
            continue
        answer = answer_to(spoilt(draft(action, style, World(clock)), one, other))
        first = min(one, other, key=lambda spoiler: spoiler.order)
        if not answer.reply.detail.endswith(f": {ROW[first.condition]['when']}"):
            wrong.append((one.name, other.name, answer.reply.detail))
    assert wrong == []


@pytest.mark.parametrize("row", ORDERED, ids=[row["condition"] for row in ORDERED])
def test_each_row_is_provoked_for_each_action_that_it_concerns(row):
    """A row that no call leads to would say nothing; what cannot be is named above, with the reason."""
    condition = row["condition"]
    spoilers = [(action, spoiler) for action, style in CALLS for spoiler in suiting(action, style)]
    provoked = {action for action, spoiler in spoilers if spoiler.condition == condition}
    expected = {action for action in STYLES if concerns(row, action)}
    if condition in NOBODYS_PROOF:
        expected -= {"AssumeRoleWithOIDC", "AssumeRoleWithSAML"}
    if condition in ONLY_A_KEY_PAIRS:
        expected -= {"GenerateSessionAccessKey"}
    assert provoked == expected


@pytest.mark.parametrize("product", PRODUCTS)
def test_each_row_has_a_check_and_each_check_a_row(product):
    """The fake finds out what the table names, and names what it finds out."""
    conditions = {row["condition"] for row in ORDERED if product in row["products"]}
    checks = PRODUCTS[product].checks
    assert conditions <= checks.keys()
    # What both products share one of them may do without.
    assert checks.keys() - conditions <= {row["condition"] for row in ORDERED}
    assert {row["condition"] for row in ORDERED} == STS.checks.keys() | ECS.checks.keys()


@pytest.mark.parametrize("row", UNORDERED, ids=[row["condition"] for row in UNORDERED])
@pytest.mark.parametrize("action", ["AssumeRole", "DescribeRegions"])
@pytest.mark.parametrize("wanted", ["JSON", "XML"])
def test_what_services_say_of_themselves_is_said_when_a_fault_asks_for_it(draft, row, action, wanted):
    """A row without an order is never a call's own fault; its words are the row's as well."""
    status, content, reply = draft(action).say(Format=wanted).refused_with(row["code"])
    assert (status, content["Code"], content["Message"]) == (row["status"], row["code"], row["message"])
    assert ("xml" in reply.content_type) is (wanted == "XML")


# --- The table as data --------------------------------------------------------------------------------------


def test_the_table_has_the_documented_shape():
    """No key is unknown or missing, no value of another type, and everything says where it is from."""
    for row in ROWS:
        assert row.keys() >= REQUIRED, row
        assert row.keys() <= ALLOWED, row
        assert row["confidence"].keys() == {"code", "status", "message"}, row
        assert set(row["confidence"].values()) <= {"documented", "recorded", "inferred"}, row
        assert set(row["products"]) <= PRODUCTS.keys(), row
        assert set(row.get("actions", [])) <= STYLES.keys(), row
        assert 400 <= row["status"] < 600, row
        assert row.get("order", 1) > 0, row


def test_conditions_and_orders_are_unique():
    """A condition stands in one place, and no two conditions stand in the same."""
    conditions = [row["condition"] for row in ROWS]
    orders = [row["order"] for row in ORDERED]
    assert len(set(conditions)) == len(conditions)
    assert len(set(orders)) == len(orders)


def test_the_rows_stand_in_their_order():
    """Who reads the table from the top reads it as the fake goes through it."""
    orders = [row.get("order", sys.maxsize) for row in ROWS]
    assert orders == sorted(orders)


@pytest.fixture
def change_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Have the fake read a copy of the table in which some words are replaced."""

    def forget() -> None:
        refusals.refusals.cache_clear()
        refusals.checks_of.cache_clear()

    def change(old: str, new: str) -> None:
        copy = tmp_path / "fixtures" / TABLE.name
        if not copy.exists():
            copy.parent.mkdir()
            shutil.copy(TABLE, copy)
        content = copy.read_text(encoding="utf-8")
        assert old in content
        copy.write_text(content.replace(old, new), encoding="utf-8")
        monkeypatch.setattr(shipped, "_HERE", tmp_path)
        forget()

    yield change
    monkeypatch.undo()
    forget()


def test_a_status_is_changed_in_the_table_alone(draft, change_table):
    """Whoever learns better about a status changes the row, and the fake answers so."""
    expired = session_of(draft(), issued_at=draft().world.clock.now() - timedelta(days=1))
    assert draft().signed_by(expired).ask().status == 400
    change_table(
        'code = "InvalidSecurityToken.Expired"\nstatus = 400',
        'code = "InvalidSecurityToken.Expired"\nstatus = 403',
    )
    assert draft().signed_by(expired).ask().status == 403


def test_the_order_is_changed_in_the_table_alone(draft, change_table):
    """Whoever learns better about the order renumbers a row, and the fake looks in that order."""
    wrong_twice = {"RoleArn": "roleArn", "RoleSessionName": "a"}
    assert draft().say(**wrong_twice).ask().content["Code"] == "InvalidParameter.RoleArn"
    change_table("order = 600", "order = 615")
    assert draft().say(**wrong_twice).ask().content["Code"] == "InvalidParameter.RoleSessionName"


@pytest.mark.parametrize(("action", "style"), CALLS)
def test_no_check_relies_on_another(draft, clock, action, style):
    """Each can be asked of any call, whatever is wrong with it: the order is the table's to decide."""
    for spoiler in suiting(action, style):
        call = spoilt(draft(action, style, World(clock)), spoiler)
        read = call.api.call(call.world, call.request(), call.api.actions)
        findings = {name: check(read) for name, check in call.api.checks.items()}
        assert all(isinstance(finding, bool | Mapping) for finding in findings.values()), spoiler.name
        # A nonce is used up by the check itself, so that the first call is good.
        assert findings[spoiler.condition] is not (spoiler.condition == "nonce_used"), spoiler.name


def test_a_row_may_be_moved_to_anywhere(draft, clock, change_table):
    """With keys looked up last of all, every call is still answered with one of the table's refusals."""
    change_table("order = 340", "order = 999")
    for action, style in CALLS:
        for spoiler in suiting(action, style):
            answer = answer_to(spoilt(draft(action, style, World(clock)), spoiler))
            assert answer.status in {row["status"] for row in ORDERED}, (action, style, spoiler.name)


def test_an_unknown_key_is_an_error(change_table):
    """A misspelt key would make a row say less than it seems to."""
    change_table("trust = true", "thrust = true")
    with pytest.raises(TypeError, match="thrust"):
        refusals.refusals()


def test_the_clock_stands(clock: EmulatorClock):
    """What ends now in these tests ends at the second of the call."""
    assert clock.standing
