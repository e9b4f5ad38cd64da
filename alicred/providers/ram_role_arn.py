"""`ram_role_arn`: the session of a role, assumed with the credential of another source.

The source is any other type; a key is the simplest one. It is kept fresh by a session of its own, so an
instance's credential is not fetched anew at each refresh. Where STS no longer knows it, it is given up, and
the role is assumed once more with what the source has then.
"""

from __future__ import annotations

from alicred.environment import Environment
from alicred.exceptions import CredentialException
from alicred.models import Credential
from alicred.providers.base import Issued, Provider, Source
from alicred.providers.sts_service import StsService, role_session, sts_service
from alicred.refresh import quarter_of_lifetime
from alicred.settings import Settings
from alicred.signing import Request
from alicred.sts import Moment, RoleSession, assume_role
from alicred.transport import Transport

__all__ = ["RamRoleArnProvider", "build"]

# What STS says of a session that is over, and of its key.
_DEAD = ("InvalidSecurityToken.Expired", "InvalidAccessKeyId.NotFound")


def build(settings: Settings, environment: Environment, transport: Transport, source: Source) -> Provider:
    """Return the provider that settings describe, over a source.

    Raises:
        ConfigurationError: The environment names an STS that there is not.
    """
    sts = sts_service(settings, environment, transport)
    return RamRoleArnProvider(sts=sts, session=role_session(settings), source=source)


class RamRoleArnProvider:
    """Assumes a role."""

    __slots__ = ("_session", "_source", "_sts")

    name = "ram_role_arn"

    def __init__(self, *, sts: StsService, session: RoleSession, source: Source) -> None:
        self._sts = sts
        self._session = session
        self._source = source

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Assume the role; see `alicred.providers.base.Provider`."""
        session = self._session = self._session.named(now)
        # What the source takes is taken for a clock that is behind: the credential ends early, never late.
        key = self._key()

        def call(moment: Moment) -> Request:
            return assume_role(session, key, moment)

        def try_another_key(code: str | None) -> bool:
            nonlocal key
            # A key that does not end is all that its source has.
            if code not in _DEAD or (key.expires_at is None and key.expiration is None):
                return False
            refused = key
            self._source.invalidate(refused)
            key = self._key()
            # A source that has nothing newer gets no second refusal.
            return key != refused

        credential = self._sts.obtain(now, "AssumeRole", call, try_again=try_another_key)
        named = credential.replaced(provider_name=f"{self.name}/{key.provider_name}")
        return Issued(named, quarter_of_lifetime)

    def _key(self) -> Credential:
        try:
            return self._source.renew()
        except CredentialException as failure:
            role = self._session.role_arn
            error = failure.copy(
                problem=f"{failure.problem} It was asked for as the source that assumes {role}."
            )
        error.absent = False
        raise error
