"""`cloud_sso`: a session in an account of a resource directory, for a user who has signed in to CloudSSO.

aliyun-cli has left an access token in the profile. It is exchanged for a session at the host of the sign-in
URL; there is nothing to renew it with, so that once it has ended the user signs in again.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import urlsplit

from alicred.answers import code_in, json_object, request_id_in
from alicred.endpoints import is_endpoint
from alicred.environment import Environment
from alicred.exceptions import CredentialException
from alicred.profiles import Profile
from alicred.providers.base import Issued, Provider
from alicred.providers.document import DocumentReader, Layout
from alicred.providers.service import Service
from alicred.providers.sign_in import Said, checked_token, refusal, sign_in_again, usual_terms
from alicred.refresh import quarter_of_lifetime
from alicred.transport import NoReply, Reply, Terms, Transport

__all__ = ["CloudSsoProvider", "build_profile"]

_PATH = "/cloud-credentials"
_WRONG_ACCOUNT_REMEDY = (
    "Check cloud_sso_account_id and cloud_sso_access_config, and that the user may enter that account."
)


def build_profile(profile: Profile, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that a profile of mode CloudSSO describes.

    Raises:
        ConfigurationError: A field is missing or cannot be right.
    """
    return CloudSsoProvider(
        profile=profile, transport=transport, terms=usual_terms(CloudSsoProvider.name, environment)
    )


class CloudSsoProvider:
    """Exchanges the access token of a user for a session."""

    __slots__ = ("_body", "_host", "_profile", "_reader", "_remedy", "_service", "_terms", "_transport")

    name = "cloud_sso"

    def __init__(self, *, profile: Profile, transport: Transport, terms: Terms) -> None:
        self._profile = profile
        self._transport = transport
        self._terms = terms
        self._remedy = sign_in_again(profile, "CloudSSO")
        self._host = _host_of(profile)
        self._body = _body_of(profile)
        self._service = Service(
            provider=self.name,
            title=f"CloudSSO on {urlsplit(self._host).netloc}",
            unreachable_remedy="Check the network and the proxy, and cloud_sso_sign_in_url.",
            author="whoever manages the directory",
        )
        self._reader = DocumentReader(
            self._service, credential_type=self.name, layout=Layout(within="CloudCredential")
        )

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Exchange the token; see `alicred.providers.base.Provider`."""
        token = self._token(now)
        try:
            with self._transport.open(self._terms, now=now) as conversation:
                reply = conversation.send("POST", self._host + _PATH, _headers(token), self._body)
        except NoReply as outcome:
            error: CredentialException = self._service.unreachable(outcome)
        else:
            if reply.status == HTTPStatus.OK:
                return Issued(self._reader.read(reply, now), quarter_of_lifetime)
            error = self._refused(reply)
        raise error

    def _token(self, now: float) -> str:
        token = checked_token(self._profile, "access_token", remedy=self._remedy)
        if token is None:
            raise self._profile.error("access_token is missing or empty.", self._remedy)
        # Where nothing says when it ends, the service knows.
        ends_at = self._profile.number("cloud_sso_access_token_expire")
        if ends_at and now >= ends_at:
            raise self._profile.error("the time in cloud_sso_access_token_expire has passed.", self._remedy)
        return token

    def _refused(self, reply: Reply) -> CredentialException:
        fields = json_object(reply.body) or {}
        is_over = reply.status == HTTPStatus.UNAUTHORIZED
        return refusal(
            self._service,
            reply,
            # Its answers have a name of their own for the code.
            Said(code_in({"Code": fields.get("ErrorCode")}), request_id_in(fields)),
            asked_for="a credential",
            remedy=self._remedy if is_over else _WRONG_ACCOUNT_REMEDY,
        )


def _headers(token: str) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
    }


def _host_of(profile: Profile) -> str:
    """Return the sign-in URL without its path."""
    text = profile.required_text("cloud_sso_sign_in_url")
    host = "/".join(text.split("/", 3)[:3])
    if "://" not in host or not is_endpoint(host):
        raise profile.error(
            "cloud_sso_sign_in_url is not a URL that begins with https:// (http:// for loopback alone).",
            "Copy it again from the portal of the directory.",
        )
    return host


def _body_of(profile: Profile) -> bytes:
    body = {
        "AccountId": profile.required_text("cloud_sso_account_id"),
        "AccessConfigurationId": profile.required_text("cloud_sso_access_config"),
    }
    return json.dumps(body).encode("ascii")
