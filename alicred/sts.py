"""Calls of STS, as requests: what each action is told, and how it is proven who tells it.

Rules of this module: it is pure, time and nonce are arguments; and no token, secret or policy is put into a
URL, since URLs are written into logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import NamedTuple

from alicred.models import Credential
from alicred.signing import Request, encoded, sign, string_to_sign

__all__ = [
    "Moment",
    "RoleSession",
    "assume_role",
    "assume_role_with_oidc",
    "generate_session_access_key",
    "get_caller_identity",
]

_VERSION = "2015-04-01"
_FORM = "application/x-www-form-urlencoded"
_LATEST = datetime(9999, 12, 31, tzinfo=timezone.utc).timestamp()


class Moment(NamedTuple):
    """What makes each request another one.

    Attributes:
        time: The wall time by the service's clock, as far as it is known, in epoch seconds.
        nonce: A text that no other request has.
        host: The host that is asked, as the header ``Host`` says it.
    """

    time: float
    nonce: str
    host: str

    @property
    def timestamp(self) -> str:
        """The time as STS reads it."""
        # A server's Date may be any date; whatever is no date any more is refused there and not here.
        seconds = min(max(self.time, 0.0), _LATEST)
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class RoleSession(NamedTuple):
    """The session of a role that is asked for.

    Attributes:
        role_arn: The role.
        name: The session's name, empty for one of our own.
        seconds: How long it is to last.
        policy: What narrows it further, JSON text.
        external_id: What the role's trust policy asks of third parties.
    """

    role_arn: str
    name: str
    seconds: int
    policy: str | None = None
    external_id: str | None = None

    def named(self, now: float) -> RoleSession:
        """Return it with a name, which says when a client first asked if nobody has said otherwise."""
        return self if self.name else self._replace(name=f"alicred-{int(now)}")

    def parameters(self) -> dict[str, str]:
        """Return it as parameters of an action, without those that are not set."""
        parameters = {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.name,
            "DurationSeconds": str(self.seconds),
            "Policy": self.policy,
            "ExternalId": self.external_id,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def __repr__(self) -> str:
        return f"RoleSession(role_arn={self.role_arn!r})"


def assume_role(session: RoleSession, key: Credential, moment: Moment) -> Request:
    """Return the call of AssumeRole, signed with a key and, where it is a session's, its token."""
    return _signed("AssumeRole", session.parameters(), key, moment)


def get_caller_identity(key: Credential, moment: Moment) -> Request:
    """Return the call of GetCallerIdentity, which every valid key may make."""
    return _signed("GetCallerIdentity", {}, key, moment)


def assume_role_with_oidc(session: RoleSession, provider_arn: str, token: str, moment: Moment) -> Request:
    """Return the call of AssumeRoleWithOIDC, which the ID token proves and nobody signs."""
    form = {
        **_common("AssumeRoleWithOIDC", moment),
        **session.parameters(),
        "OIDCProviderArn": provider_arn,
        "OIDCToken": token,
    }
    headers = {**_headers(moment), "Content-Type": _FORM}
    return Request("POST", {}, headers, encoded(form).encode("ascii"))


def generate_session_access_key(
    public_key_id: str, seconds: int, sign_text: Callable[[str], str], moment: Moment
) -> Request:
    """Return the call of GenerateSessionAccessKey, signed with the private key of a pair.

    There is no secret in it. The one client that is known to sign it as documented sends it by GET.

    Args:
        public_key_id: The id of the pair.
        seconds: How long the session is to last.
        sign_text: Signs with the private key, by SHA256withRSA.
        moment: What makes it another one than the last.
    """
    query = {
        **_common("GenerateSessionAccessKey", moment),
        "AccessKeyId": public_key_id,
        "DurationSeconds": str(seconds),
        "SignatureMethod": "SHA256withRSA",
        "SignatureType": "PRIVATEKEY",
        "SignatureVersion": "1.0",
    }
    query["Signature"] = sign_text(string_to_sign("GET", query))
    return Request("GET", query, _headers(moment))


def _signed(action: str, parameters: Mapping[str, str], key: Credential, moment: Moment) -> Request:
    headers = {
        **_headers(moment),
        "Content-Type": _FORM,
        "x-acs-action": action,
        "x-acs-version": _VERSION,
        "x-acs-date": moment.timestamp,
        "x-acs-signature-nonce": moment.nonce,
    }
    if key.security_token:
        headers["x-acs-security-token"] = key.security_token
    request = Request("POST", {}, headers, encoded(parameters).encode("ascii"))
    return sign(request, key.access_key_id or "", key.access_key_secret or "")


def _headers(moment: Moment) -> dict[str, str]:
    return {"Host": moment.host, "Accept": "application/json"}


def _common(action: str, moment: Moment) -> Mapping[str, str]:
    return {
        "Action": action,
        "Version": _VERSION,
        "Format": "JSON",
        "Timestamp": moment.timestamp,
        "SignatureNonce": moment.nonce,
    }
