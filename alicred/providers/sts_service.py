"""STS, as the providers that ask it share it: one conversation a session, and the service's clock.

A machine whose clock is off gets its credential all the same: a request that STS calls out of time is sent
once more with the time that the answer's ``Date`` tells, and so are those of later fetches.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from http import HTTPStatus

from alicred import log
from alicred.answers import code_in, json_object, request_id_in
from alicred.endpoints import Endpoint, sts_endpoint
from alicred.environment import Environment
from alicred.exceptions import CredentialException, CredentialRefusedError, ServiceUnreachableError
from alicred.models import Credential
from alicred.providers.document import DocumentReader, Layout
from alicred.providers.service import Service
from alicred.providers.sts_remedies import is_temporary, remedy_for
from alicred.providers.terms import terms_of
from alicred.settings import Settings
from alicred.signing import Request
from alicred.sts import Moment, RoleSession
from alicred.transport import Conversation, NoReply, Reply, Terms, Transport

__all__ = ["StsService", "role_session", "sts_service"]

_OUT_OF_TIME = "InvalidTimeStamp.Expired"
# STS tolerates 15 minutes, so less than one is not what it complains of.
_SMALLEST_CORRECTION_SECONDS = 60.0
_SESSION_SECONDS = 3600
_CREDENTIALS = Layout(within="Credentials")


def sts_service(
    settings: Settings, environment: Environment, transport: Transport, layout: Layout = _CREDENTIALS
) -> StsService:
    """Return the STS that settings and environment name.

    Raises:
        ConfigurationError: The environment names one that there is not.
    """
    endpoint = sts_endpoint(
        named=settings.optional_text("sts_endpoint"),
        region=environment.text("ALIBABA_CLOUD_STS_REGION"),
        vpc=bool(environment.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")),
        provider=settings.type,
    )
    return StsService(
        settings.type,
        endpoint,
        label=settings.label("sts_endpoint"),
        transport=transport,
        terms=terms_of(settings, environment),
        layout=layout,
    )


def role_session(settings: Settings) -> RoleSession:
    """Return the session of a role that settings ask for."""
    return RoleSession(
        role_arn=settings.text("role_arn"),
        name=settings.optional_text("role_session_name") or "",
        seconds=session_seconds(settings),
        policy=settings.optional_text("policy"),
        external_id=settings.optional_text("external_id"),
    )


def session_seconds(settings: Settings) -> int:
    """Return how long a session shall last."""
    return settings.number("role_session_expiration", default=_SESSION_SECONDS)


def _never(_code: str | None) -> bool:
    return False


class StsService:
    """Asks one STS for one provider.

    Attributes:
        service: The same in the words of the provider's errors.
    """

    __slots__ = ("_ahead", "_endpoint", "_label", "_reader", "_terms", "_transport", "service")

    def __init__(  # noqa: PLR0913 - what it takes to ask a service
        self,
        provider: str,
        endpoint: Endpoint,
        *,
        label: str,
        transport: Transport,
        terms: Terms,
        layout: Layout,
    ) -> None:
        self._endpoint = endpoint
        self._transport = transport
        self._terms = terms
        self._label = label
        self._ahead = 0.0
        self.service: Service = Service(
            provider=provider,
            title=f"STS on {endpoint.authority}",
            unreachable_remedy=f"Check the network and the proxy, or name another STS in {label}.",
            author="whoever runs it",
        )
        self._reader = DocumentReader(self.service, credential_type=provider, layout=layout)

    def obtain(
        self,
        now: float,
        action: str,
        call: Callable[[Moment], Request],
        *,
        try_again: Callable[[str | None], bool] = _never,
    ) -> Credential:
        """Call an action and return the credential that it grants; the arguments are those of `ask`.

        Raises:
            CredentialException: There is none, and why.
        """
        return self._reader.read(self.ask(now, action, call, try_again=try_again), now)

    def ask(
        self,
        now: float,
        action: str,
        call: Callable[[Moment], Request],
        *,
        try_again: Callable[[str | None], bool] = _never,
    ) -> Reply:
        """Call an action and return what STS answers that is no refusal.

        Args:
            now: The local wall time, in epoch seconds.
            action: The action's name.
            call: Returns the request to send at a moment.
            try_again: Is told the code of a refusal, None where there is none; returns whether `call` would
                now say something else.

        Raises:
            CredentialException: There is none, and why.
        """
        try:
            with self._transport.open(self._terms, now=now) as conversation:
                reply = self._in_time(conversation, now, call)
                if try_again(_code_of(reply)):
                    reply = self._in_time(conversation, now, call)
        except NoReply as outcome:
            error: CredentialException = self.service.unreachable(outcome)
        else:
            if reply.status == HTTPStatus.OK:
                return reply
            error = self._refused(reply, action)
        raise error

    def _in_time(self, conversation: Conversation, now: float, call: Callable[[Moment], Request]) -> Reply:
        reply = self._send(conversation, now, call)
        if _code_of(reply) != _OUT_OF_TIME:
            return reply
        if abs(reply.server_ahead - self._ahead) < _SMALLEST_CORRECTION_SECONDS:
            return reply
        self._ahead = reply.server_ahead
        if self._ahead:
            log.warning(
                "%s: this machine's clock is off: STS is ahead by %.0f s", self.service.provider, self._ahead
            )
        else:
            log.info("%s: this machine's clock agrees with that of STS again", self.service.provider)
        return self._send(conversation, now, call)

    def _send(self, conversation: Conversation, now: float, call: Callable[[Moment], Request]) -> Reply:
        # The system's randomness, which no two forked children share.
        moment = Moment(now + self._ahead, os.urandom(16).hex(), self._endpoint.authority)
        request = call(moment)
        url = self._endpoint.url + request.target
        return conversation.send(request.method, url, request.headers, request.body or None)

    def _refused(self, reply: Reply, action: str) -> CredentialException:
        fields = json_object(reply.body) or {}
        code, request_id = code_in(fields), request_id_in(fields)
        if code is None:
            where = f"Check that {self._label} is the address of an STS"
            remedy = f"{where}, and that no proxy answers in its place."
            error = self.service.refused(reply, asked_for=action, remedy=remedy)
            error.request_id = request_id
            return error
        passes = is_temporary(code) or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = ServiceUnreachableError if passes else CredentialRefusedError
        where = f"HTTP status {reply.status}" + (f", RequestId {request_id}" if request_id else "")
        return kind(
            f"{self.service.title} answered {action} with Code {code} ({where}).",
            remedy=remedy_for(code),
            provider=self.service.provider,
            code=code,
            request_id=request_id,
        )


def _code_of(reply: Reply) -> str | None:
    """Return the code of an answer that is a refusal."""
    return None if reply.status == HTTPStatus.OK else code_in(json_object(reply.body) or {})
