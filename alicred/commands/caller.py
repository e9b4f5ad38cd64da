"""Who a credential is, as STS says it: GetCallerIdentity.

Rule of this module: what STS answers is shown on a terminal, so only fields that are documented and can be
printed get through.
"""

from __future__ import annotations

import os
from http import HTTPStatus

from alicred.answers import code_in, json_object, request_id_in
from alicred.endpoints import Endpoint, sts_endpoint
from alicred.environment import Environment
from alicred.exceptions import CredentialException, CredentialRefusedError
from alicred.models import Credential
from alicred.parameters import Settings
from alicred.providers.service import Service
from alicred.providers.sts_remedies import remedy_for
from alicred.providers.terms import terms_of
from alicred.sts import Moment, get_caller_identity
from alicred.transport import NoReply, Reply, Terms, Transport

__all__ = ["identity_of"]

_NAME = "GetCallerIdentity"
_FIELDS = {
    "IdentityType": "type",
    "AccountId": "account_id",
    "Arn": "arn",
    "PrincipalId": "principal_id",
    "UserId": "user_id",
    "RoleId": "role_id",
}
_LONGEST_FIELD = 512


def identity_of(
    credential: Credential, environment: Environment, transport: Transport, now: float
) -> dict[str, str]:
    """Ask STS who a credential is.

    Args:
        credential: The credential, one with a key.
        environment: Says which STS is asked, and which way.
        transport: How it is reached.
        now: The wall time, in epoch seconds.

    Returns:
        What STS told: ``type``, ``account_id``, ``arn`` and the like.

    Raises:
        CredentialException: It did not tell.
    """
    # It takes no parameters of ours, and what a type of credential has no say in is from the environment.
    settings = Settings(credential.type, {})
    endpoint = sts_endpoint(
        named=environment.text("ALIBABA_CLOUD_STS_ENDPOINT"),
        region=environment.text("ALIBABA_CLOUD_STS_REGION"),
        vpc=bool(environment.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")),
        provider=_NAME,
    )
    service = Service(
        provider=_NAME,
        title=f"STS on {endpoint.authority}",
        unreachable_remedy="Check the network and the proxy, or set ALIBABA_CLOUD_STS_ENDPOINT.",
        author="whoever runs it",
    )
    try:
        reply = _ask(credential, endpoint, transport, terms_of(settings, environment), now)
    except NoReply as outcome:
        error: CredentialException = service.unreachable(outcome)
    else:
        if reply.status == HTTPStatus.OK:
            return _read(reply, service)
        error = _refused(reply, service)
    raise error


def _ask(credential: Credential, endpoint: Endpoint, transport: Transport, terms: Terms, now: float) -> Reply:
    request = get_caller_identity(credential, Moment(now, os.urandom(16).hex(), endpoint.authority))
    with transport.open(terms, now=now) as conversation:
        return conversation.send(request.method, endpoint.url + request.target, request.headers)


def _read(reply: Reply, service: Service) -> dict[str, str]:
    document = json_object(reply.body) or {}
    told = {name: document[field] for field, name in _FIELDS.items() if _is_shown(document.get(field))}
    if "arn" not in told:
        raise service.malformed("with a document in which Arn is missing or cannot be printed")
    return told


def _is_shown(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST_FIELD
        and value.isascii()
        and value.isprintable()
    )


def _refused(reply: Reply, service: Service) -> CredentialException:
    fields = json_object(reply.body) or {}
    code = code_in(fields)
    if code is None:
        return service.refused(reply, asked_for=_NAME)
    return CredentialRefusedError(
        f"{service.title} answered {_NAME} with Code {code} (HTTP status {reply.status}).",
        remedy=remedy_for(code),
        provider=_NAME,
        code=code,
        request_id=request_id_in(fields),
    )
