"""`oidc_role_arn`: the session of a role that an ID token opens, as in a pod of a Kubernetes cluster.

The token's file is read at each refresh, since whoever issues the token writes it anew before it ends.
"""

from __future__ import annotations

from alicred.environment import Environment
from alicred.files import SecretFile, UnusableFileError
from alicred.providers.base import Issued, Provider
from alicred.providers.sts_service import StsService, role_session, sts_service
from alicred.refresh import quarter_of_lifetime
from alicred.settings import Settings
from alicred.sts import RoleSession, assume_role_with_oidc
from alicred.transport import Transport

__all__ = ["OidcRoleArnProvider", "build"]

_LONGEST_TOKEN = 20_000


def build(settings: Settings, environment: Environment, transport: Transport) -> Provider:
    """Return the provider that settings describe.

    Raises:
        ConfigurationError: The environment names an STS that there is not.
    """
    token_file = SecretFile(
        settings.text("oidc_token_file_path"),
        label=settings.label("oidc_token_file_path"),
        remedy="It has to be the file into which the ID token is written, as a cluster mounts it.",
        provider=settings.type,
    )
    return OidcRoleArnProvider(
        sts=sts_service(settings, environment, transport),
        session=role_session(settings),
        provider_arn=settings.text("oidc_provider_arn"),
        token_file=token_file,
    )


class OidcRoleArnProvider:
    """Assumes a role with an ID token."""

    __slots__ = ("_provider_arn", "_session", "_sts", "_token_file")

    name = "oidc_role_arn"

    def __init__(
        self, *, sts: StsService, session: RoleSession, provider_arn: str, token_file: SecretFile
    ) -> None:
        self._sts = sts
        self._session = session
        self._provider_arn = provider_arn
        self._token_file = token_file

    def fetch(self, now: float, *, holding: bool = False) -> Issued:  # noqa: ARG002 - every provider's
        """Read the token and assume the role; see `alicred.providers.base.Provider`."""
        session = self._session = self._session.named(now)
        token = self._token_file.read(_token_in)
        credential = self._sts.obtain(
            now,
            "AssumeRoleWithOIDC",
            lambda moment: assume_role_with_oidc(session, self._provider_arn, token, moment),
        )
        return Issued(credential, quarter_of_lifetime)


def _token_in(content: bytes) -> str:
    # Editors and shells end a file with a line break, which is no part of a token.
    token = content.strip()
    if not token:
        raise UnusableFileError("names a file that is empty.")
    if len(token) > _LONGEST_TOKEN:
        raise UnusableFileError(f"names a file of more than {_LONGEST_TOKEN} characters, which no token has.")
    text = token.decode("ascii", errors="replace")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UnusableFileError("names a file that holds characters which no token has.")
    return text
