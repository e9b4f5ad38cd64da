"""Who a credential is, as STS says it: GetCallerIdentity.

Rule of this module: what STS answers is shown on a terminal, so only fields that are documented and can be
printed get through.
"""

from __future__ import annotations

from alicred.answers import json_object
from alicred.environment import Environment
from alicred.models import Credential
from alicred.providers.service import Service
from alicred.providers.sts_service import sts_service
from alicred.settings import Settings
from alicred.sts import get_caller_identity
from alicred.transport import Reply, Transport

__all__ = ["identity_of"]

_NAME = "GetCallerIdentity"
_ENDPOINT_VARIABLE = "ALIBABA_CLOUD_STS_ENDPOINT"
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
    named = {"sts_endpoint": environment.text(_ENDPOINT_VARIABLE)}
    settings = Settings(_NAME, named, labels={"sts_endpoint": _ENDPOINT_VARIABLE})
    sts = sts_service(settings, environment, transport)
    return _read(sts.ask(now, _NAME, lambda moment: get_caller_identity(credential, moment)), sts.service)


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
