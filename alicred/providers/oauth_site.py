"""The OAuth service of Alibaba Cloud's two sites, as it is asked for tokens and for sessions."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from alicred.answers import json_object, request_id_in
from alicred.exceptions import CredentialException
from alicred.models import Credential
from alicred.profiles import Profile
from alicred.providers.document import DocumentReader, Layout
from alicred.providers.oauth_tokens import Tokens, tokens_granted
from alicred.providers.service import Service
from alicred.providers.sign_in import Said, refusal
from alicred.transport import Conversation, NoReply, Reply

__all__ = ["OAuthSite", "site_of"]


class _Address(NamedTuple):
    """Where a site is asked, and by which client."""

    host: str
    client_id: str


# What aliyun-cli calls itself there; a token is renewed by the client that it was issued to.
_SITES = {
    "CN": _Address("oauth.aliyun.com", "4038181954557748008"),
    "INTL": _Address("oauth.alibabacloud.com", "4103531455503354461"),
}
# The words of RFC 6749 and RFC 6750, and what clients of Alibaba Cloud look for. No other text is shown.
_WORDS = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_token",
    "expired_token",
    "insufficient_scope",
    "access_denied",
)
_OF_THE_CLIENT = ("invalid_client", "unauthorized_client")
_WRONG_SITE_REMEDY = "Check oauth_site_type: it has to be the site at which the user has signed in."
_PARTS = ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")


def site_of(profile: Profile, provider: str, *, remedy: str) -> OAuthSite:
    """Return the site at which the user of a profile has signed in.

    Args:
        profile: The profile; where it names no site, that of China is meant.
        provider: The provider that asks it.
        remedy: What to do when the site says that the sign-in is over.

    Raises:
        ConfigurationError: There is no such site.
    """
    address = _SITES.get((profile.text("oauth_site_type") or "CN").upper())
    if address is None:
        raise profile.error(f"oauth_site_type is none of {', '.join(_SITES)}.", "Correct it.")
    return OAuthSite(address, provider, remedy)


class OAuthSite:
    """Asks one site."""

    __slots__ = ("_address", "_reader", "_remedy", "_service")

    def __init__(self, address: _Address, provider: str, remedy: str) -> None:
        self._address = address
        self._remedy = remedy
        self._service = Service(
            provider=provider,
            title=f"The OAuth service on {address.host}",
            unreachable_remedy="Check the network and the proxy.",
            author="Alibaba Cloud",
        )
        self._reader = DocumentReader(
            self._service, credential_type=provider, layout=Layout(within="Credential")
        )

    def renew(self, conversation: Conversation, tokens: Tokens, now: float) -> Tokens:
        """Exchange a refresh token for new tokens.

        Raises:
            CredentialException: There are none, and why.
        """
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens.refresh or "",
            "client_id": self._address.client_id,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = self._ask(conversation, "/v1/token", headers, urlencode(form).encode("ascii"))
        answer = self._granted(reply, asked_for="an access token")
        granted = tokens_granted(answer, tokens, now)
        if granted is None:
            raise self._service.malformed("with a document in which access_token is missing or not a token")
        return granted

    def exchange(self, conversation: Conversation, access_token: str | None, now: float) -> Credential:
        """Exchange an access token for a session.

        Raises:
            CredentialException: There is none, and why.
        """
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {access_token}"}
        reply = self._ask(conversation, "/v1/exchange", headers, None)
        answer = self._granted(reply, asked_for="a credential")
        return self._reader.read(reply._replace(body=_as_documented(answer)), now)

    def _ask(
        self, conversation: Conversation, path: str, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        url = f"https://{self._address.host}{path}"
        try:
            return conversation.send("POST", url, {"Accept": "application/json", **headers}, body)
        except NoReply as outcome:
            error = self._service.unreachable(outcome)
        raise error

    def _granted(self, reply: Reply, *, asked_for: str) -> dict[str, Any]:
        """Return what an answer says that is no refusal."""
        answer = json_object(reply.body)
        if reply.status != HTTPStatus.OK or (answer is not None and "error" in answer):
            raise self._refused(reply, answer or {}, asked_for)
        if answer is None:
            raise self._service.malformed("with something that is not a JSON object")
        return answer

    def _refused(self, reply: Reply, answer: dict[str, Any], asked_for: str) -> CredentialException:
        word = answer.get("error")
        code = word if isinstance(word, str) and word in _WORDS else None
        if code is None and reply.status == HTTPStatus.OK:
            return self._service.malformed(f"a request for {asked_for} with an error that is not known")
        remedy = _WRONG_SITE_REMEDY if code in _OF_THE_CLIENT else self._remedy
        said = Said(code, request_id_in({"RequestId": answer.get("requestId")}))
        return refusal(self._service, reply, said, asked_for=asked_for, remedy=remedy)


def _as_documented(answer: dict[str, Any]) -> bytes:
    """Return a credential under the names that Alibaba Cloud's other services give its parts.

    Five clients read accessKeyId and the sixth AccessKeyId; whatever the service writes is understood.
    """
    parts = {name.lower(): value for name, value in answer.items()}
    return json.dumps({"Credential": {name: parts.get(name.lower()) for name in _PARTS}}).encode("ascii")
