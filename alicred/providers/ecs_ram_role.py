"""`ecs_ram_role`: the role of the ECS instance that this process runs on, from its metadata service.

Each refresh begins in hardened mode (IMDSv2): a token is fetched by PUT, kept for its six hours and sent with
every request. Only where that is not to be had, and `disable_imds_v1` is not set, the same is asked without a
token. What fails and what it leads to:

- nobody is there to connect to: the refresh fails, since the other mode lives at the same address;
- a kept token is refused (401): one new token, one more try;
- a role that was discovered earlier is gone (404): the instance is asked once more for its name;
- the answer is about the role (404, a `Code` that is not Success, a document that makes no sense): the
  refresh fails, since the mode has nothing to do with it;
- no answer in time, or any other status: normal mode, told of once it has given a credential.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from alicred import log, notices
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, CredentialException
from alicred.forms import is_role_name, is_web_url
from alicred.models import Credential
from alicred.providers.base import Issued, Provider
from alicred.providers.document import DocumentReader
from alicred.providers.service import Service
from alicred.refresh import fifteen_minutes
from alicred.settings import Settings
from alicred.transport import Conversation, NoReply, Reply, Terms, Transport

__all__ = ["DEFAULT_ENDPOINT", "EcsRamRoleProvider", "build"]

DEFAULT_ENDPOINT = "http://100.100.100.200"
_TIMEOUT_MILLISECONDS = 1000
_TOTAL_SECONDS = 5.0
_TOKEN_PATH = "/latest/api/token"  # noqa: S105 - a path
_ROLES_PATH = "/latest/meta-data/ram/security-credentials/"
_TTL_HEADER = "X-aliyun-ecs-metadata-token-ttl-seconds"
_TOKEN_HEADER = "X-aliyun-ecs-metadata-token"  # noqa: S105 - a header
_TOKEN_TTL_SECONDS = 21600
# A token is not used in its last minutes, so that it does not end between two requests of a refresh.
_TOKEN_MARGIN_SECONDS = 120
_TOKEN = re.compile(rb"[\x21-\x7e]{1,2048}")

_SERVICE = Service(
    provider="ecs_ram_role",
    title="The instance metadata service",
    unreachable_remedy="Is this an ECS instance with metadata access enabled? Elsewhere use another type.",
    author="whoever manages this instance",
)
_HARDEN_REMEDY = "Enable hardened mode on the instance, or leave disable_imds_v1 unset to use normal mode."
_NO_ROLE_REMEDY = "Attach a RAM role to the instance."
_WRONG_ROLE_REMEDY = "Check role_name against the role that is attached to the instance."
_NO_CREDENTIAL_REMEDY = "Check that the attached role exists and that ecs.aliyuncs.com may assume it."


def build(settings: Settings, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that settings describe.

    Raises:
        ConfigurationError: The environment forbids instance metadata, or names an address that is none.
    """
    if environment.flag("ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        raise ConfigurationError(
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids instance metadata.",
            remedy="Unset it, or use another type.",
            provider=_SERVICE.provider,
        )
    read = settings.seconds("timeout", default=_TIMEOUT_MILLISECONDS)
    connect = settings.seconds("connect_timeout", default=_TIMEOUT_MILLISECONDS)
    proxy = settings.optional_text("proxy")
    terms = Terms(
        connect_seconds=connect,
        read_seconds=read,
        # Whoever waits longer than that for one answer has to be given it.
        total_seconds=max(_TOTAL_SECONDS, connect + read),
        # The instance's token and credential are nothing for a proxy that was meant for other traffic.
        proxies={"all": proxy} if proxy else {},
    )
    return EcsRamRoleProvider(
        transport=transport,
        terms=terms,
        endpoint=_endpoint(environment),
        role_name=settings.optional_text("role_name"),
        disable_imds_v1=settings.flag("disable_imds_v1"),
    )


def _endpoint(environment: Environment) -> str:
    endpoint = environment.text("ALIBABA_CLOUD_IMDS_ENDPOINT")
    if endpoint is None:
        return DEFAULT_ENDPOINT
    if not is_web_url(endpoint) or "?" in endpoint or "#" in endpoint:
        raise ConfigurationError(
            "ALIBABA_CLOUD_IMDS_ENDPOINT is not a URL that begins with http:// and names a host alone.",
            remedy=f"Correct it, or unset it to use {DEFAULT_ENDPOINT}.",
            provider=_SERVICE.provider,
        )
    return endpoint.rstrip("/")


class _AccessFailed(Exception):  # noqa: N818 - it decides what is tried next, and never gets out
    def __init__(self, why: CredentialException, status: int | None = None) -> None:
        super().__init__()
        self.why = why
        self.status = status


class EcsRamRoleProvider:
    """Asks the instance metadata service for the credential of the attached role."""

    name: str = _SERVICE.provider

    def __init__(
        self,
        *,
        transport: Transport,
        terms: Terms,
        endpoint: str = DEFAULT_ENDPOINT,
        role_name: str | None = None,
        disable_imds_v1: bool = False,
    ) -> None:
        self._transport = transport
        self._terms = terms
        self._endpoint = endpoint
        self._given_role = role_name
        self._discovered_role: str | None = None
        self._hardened_only = disable_imds_v1
        self._token: str | None = None
        self._token_good_until = 0.0
        self._fell_back = False
        self._has_answered = False
        self._reader = DocumentReader(_SERVICE, credential_type="ecs_ram_role")

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Ask in hardened mode, then in normal mode; see `alicred.providers.base.Provider`."""
        try:
            with self._transport.open(self._terms, now=now) as conversation:
                credential = self._in_either_mode(conversation, now)
        except NoReply as outcome:
            error: CredentialException = _SERVICE.unreachable(outcome, absent=not self._has_answered)
        except _AccessFailed as failed:
            error = failed.why
        else:
            return Issued(credential, fifteen_minutes)
        raise error

    def _in_either_mode(self, conversation: Conversation, now: float) -> Credential:
        try:
            credential = self._in_hardened_mode(conversation, now)
        except _AccessFailed as failed:
            if self._hardened_only:
                raise
            why = failed.why
        else:
            self._note_mode(None)
            return credential
        credential = self._in_normal_mode(conversation, now, why)
        self._note_mode(why)
        return credential

    def _in_hardened_mode(self, conversation: Conversation, now: float) -> Credential:
        if self._token is not None and now < self._token_good_until:
            try:
                return self._credential(conversation, self._token, now)
            except _AccessFailed as failed:
                if failed.status != HTTPStatus.UNAUTHORIZED:
                    raise
        self._token = None
        self._token = self._new_token(conversation)
        self._token_good_until = now + _TOKEN_TTL_SECONDS - _TOKEN_MARGIN_SECONDS
        return self._credential(conversation, self._token, now)

    def _in_normal_mode(self, conversation: Conversation, now: float, why: CredentialException) -> Credential:
        try:
            return self._credential(conversation, None, now)
        except _AccessFailed as failed:
            in_normal_mode = failed.why
        # Both are told, since the first is often the telling one. Where tokens are required, normal mode is
        # refused as it must be, which makes no refusal of a hardened mode that fails for the time being.
        if why.temporary and not in_normal_mode.temporary:
            first, then = why, f"After that, in normal mode: {in_normal_mode.problem}"
        else:
            first, then = in_normal_mode, f"Before that, in hardened mode: {why.problem}"
        raise first.copy(problem=f"{first.problem} {then}")

    def _note_mode(self, fell_back_because: CredentialException | None) -> None:
        before, self._fell_back = self._fell_back, fell_back_because is not None
        if fell_back_because is not None and not before:
            notices.fell_back_to_imds_v1(fell_back_because)
        elif fell_back_because is None and before:
            log.info("instance metadata: hardened mode is used again")

    def _new_token(self, conversation: Conversation) -> str:
        headers = {_TTL_HEADER: str(_TOKEN_TTL_SECONDS)}
        reply = self._send(conversation, "PUT", _TOKEN_PATH, headers)
        if reply.status != HTTPStatus.OK:
            raise _AccessFailed(_SERVICE.refused(reply, asked_for="a token", remedy=_HARDEN_REMEDY))
        token = reply.body.strip()
        if not _TOKEN.fullmatch(token):
            raise _AccessFailed(_SERVICE.malformed("a request for a token with something else"))
        return token.decode("ascii")

    def _credential(self, conversation: Conversation, token: str | None, now: float) -> Credential:
        kept = self._given_role or self._discovered_role
        reply = self._role_document(conversation, kept or self._discover_role(conversation, token), token)
        if reply.status == HTTPStatus.NOT_FOUND and kept and not self._given_role:
            reply = self._role_document(conversation, self._discover_role(conversation, token), token)
        if reply.status == HTTPStatus.NOT_FOUND:
            remedy = _WRONG_ROLE_REMEDY if self._given_role else _NO_CREDENTIAL_REMEDY
            raise _SERVICE.refused(reply, asked_for="the role's credential", remedy=remedy)
        return self._reader.read(reply, now)

    def _discover_role(self, conversation: Conversation, token: str | None) -> str:
        self._discovered_role = None
        reply = self._get(conversation, _ROLES_PATH, token, asked_for="the name of the attached role")
        if reply.status == HTTPStatus.NOT_FOUND:
            raise _SERVICE.refused(
                reply, asked_for="the name of the attached role", remedy=_NO_ROLE_REMEDY, absent=True
            )
        role = reply.body.strip().decode("utf-8", errors="replace")
        if not is_role_name(role):
            raise _SERVICE.malformed("a request for the role's name with something that is no name")
        self._discovered_role = role
        return role

    def _role_document(self, conversation: Conversation, role: str, token: str | None) -> Reply:
        return self._get(conversation, _ROLES_PATH + role, token, asked_for="the role's credential")

    def _get(self, conversation: Conversation, path: str, token: str | None, *, asked_for: str) -> Reply:
        headers = {} if token is None else {_TOKEN_HEADER: token}
        reply = self._send(conversation, "GET", path, headers)
        if reply.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            return reply
        raise _AccessFailed(_SERVICE.refused(reply, asked_for=asked_for), reply.status)

    def _send(self, conversation: Conversation, method: str, path: str, headers: dict[str, str]) -> Reply:
        try:
            reply = conversation.send(method, self._endpoint + path, headers)
        except NoReply as outcome:
            if not outcome.connected:
                raise
            failed = _AccessFailed(_SERVICE.unreachable(outcome))
        else:
            self._has_answered = True
            return reply
        raise failed
