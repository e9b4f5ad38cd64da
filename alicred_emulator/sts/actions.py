"""What the actions of STS answer, once nothing refuses the call."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from alicred_emulator.clock import wire_time
from alicred_emulator.ledger import IssuedCredential
from alicred_emulator.oidc.tokens import IdToken
from alicred_emulator.ram.principal import Principal
from alicred_emulator.ram.roles import Role
from alicred_emulator.saml.assertion import Assertion
from alicred_emulator.sts.call import StsCall

Document = Mapping[str, object]

_Found = TypeVar("_Found")

_SECOND: Final = timedelta(seconds=1)


def assume_role(call: StsCall) -> Document:
    """Answer a user or a session that assumes a role."""
    kept = call.session.source_identity if call.session else None
    identity = call.parameters.get("SourceIdentity", kept)
    role, name = _found(call.role), call.parameters["RoleSessionName"]
    issued = _session(call, role, name, identity)
    return {**_answer(role, name, issued), **({"SourceIdentity": identity} if identity else {})}


def assume_role_with_oidc(call: StsCall) -> Document:
    """Answer somebody whom an OIDC provider vouches for."""
    role, name = _found(call.role), call.parameters["RoleSessionName"]
    issued = _session(call, role, name)
    return {"OIDCTokenInfo": _told_of_token(_found(call.id_token)), **_answer(role, name, issued)}


def assume_role_with_saml(call: StsCall) -> Document:
    """Answer somebody whom a SAML provider vouches for; its sample has another shape of ARN (documented)."""
    assertion = _found(call.assertion)
    role, name = _found(call.role), str(assertion.session_name)
    issued = _session(call, role, name, ends_by=assertion.session_not_on_or_after)
    answer = _answer(role, name, issued)
    user = {
        "AssumedRoleId": issued.holder.principal_id,
        "Arn": issued.principal.replace("acs:ram::", "acs:sts::", 1),
    }
    return {"SAMLAssertionInfo": _told_of_assertion(assertion), **answer, "AssumedRoleUser": user}


def generate_session_access_key(call: StsCall) -> Document:
    """Answer the holder of an RSA key pair."""
    issued = _issued(call, call.caller, with_token=False)
    return {
        "SessionAccessKey": {
            "SessionAccessKeyId": issued.access_key_id,
            "SessionAccessKeySecret": issued.access_key_secret,
            "Expiration": wire_time(issued.expires_at),
        }
    }


def get_caller_identity(call: StsCall) -> Document:
    """Answer who asks; the fields that a kind of caller does not have are left out (documented)."""
    caller = call.caller
    return _known(
        {
            "IdentityType": caller.kind,
            "AccountId": caller.account_id,
            "RequestId": call.request_id,
            "PrincipalId": caller.principal_id,
            "UserId": caller.user_id,
            "Arn": caller.arn,
            "RoleId": caller.role_id,
        }
    )


def _known(told: Document) -> Document:
    return {name: value for name, value in told.items() if value is not None}


def _found(what: _Found | None) -> _Found:
    if what is None:
        raise LookupError("the decision table let a call pass that names nothing")
    return what


def _session(
    call: StsCall, role: Role, name: str, identity: str | None = None, ends_by: datetime | None = None
) -> IssuedCredential:
    policy = call.parameters.get("Policy")
    return _issued(call, role.session(name), policy=policy, source_identity=identity, ends_by=ends_by)


def _issued(  # noqa: PLR0913 - what a credential consists of
    call: StsCall,
    holder: Principal,
    *,
    policy: str | None = None,
    source_identity: str | None = None,
    with_token: bool = True,
    ends_by: datetime | None = None,
) -> IssuedCredential:
    issued_at = call.now.replace(microsecond=0)
    return call.world.ledger.issue(
        holder=holder,
        origin=f"sts/{call.action_name}",
        issued_at=issued_at,
        lifetime=_lifetime(call, issued_at, ends_by),
        policy=policy,
        source_identity=source_identity,
        with_token=with_token,
    )


def _lifetime(call: StsCall, issued_at: datetime, ends_by: datetime | None) -> timedelta:
    wanted = call.duration or timedelta(0)
    return wanted if ends_by is None else min(wanted, (ends_by - issued_at) // _SECOND * _SECOND)


def _answer(role: Role, session_name: str, issued: IssuedCredential) -> dict[str, object]:
    return {
        "AssumedRoleUser": {
            "AssumedRoleId": issued.holder.principal_id,
            "Arn": f"{role.arn}/{session_name}",
        },
        "Credentials": {
            "SecurityToken": issued.security_token,
            "Expiration": wire_time(issued.expires_at),
            "AccessKeySecret": issued.access_key_secret,
            "AccessKeyId": issued.access_key_id,
        },
    }


def _told_of_token(token: IdToken) -> Document:
    return _known(
        {
            "Subject": token.subject,
            "Issuer": token.issuer,
            "ClientIds": ",".join(token.audiences),
            "ExpirationTime": token.expires_at and wire_time(token.expires_at),
            "IssuanceTime": token.issued_at and wire_time(token.issued_at),
            "VerificationInfo": "Success",
        }
    )


def _told_of_assertion(assertion: Assertion) -> Document:
    return _known(
        {
            "SubjectType": assertion.subject_type,
            "Subject": assertion.subject,
            "Recipient": assertion.recipient,
            "Issuer": assertion.issuer,
        }
    )
