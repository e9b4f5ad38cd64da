"""The services there are: one line each."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

from alicred_emulator import credentials_uri, imds, imds_tree
from alicred_emulator.cloud_sso.service import CLOUD_SSO
from alicred_emulator.ecs_api import ECS
from alicred_emulator.gateway.api import Api
from alicred_emulator.oauth.service import OAUTH
from alicred_emulator.oidc import service as oidc
from alicred_emulator.oidc.issuer import DEFAULT_AUDIENCE, DEFAULT_SUBJECT
from alicred_emulator.oidc.token_file import DEFAULT_LIFETIME, ProjectedToken
from alicred_emulator.service import Fake, Service, Shared
from alicred_emulator.sign_in.desk import Desk
from alicred_emulator.sign_in_services import CloudSsoService, OAuthService
from alicred_emulator.sts.service import STS


class CredentialsUriService(Service):
    """The credentials URI, whose answer a test may set. Its `url` is the whole URI."""

    @property
    def credential_lifetime(self) -> timedelta:
        """How long each credential it shows is good: 1 hour. Setting it starts a new one.

        Raises:
            ValueError: When set to anything but whole seconds, 1 s to 365 days.
        """
        return self._world.uri_endpoint.credential_lifetime

    @credential_lifetime.setter
    def credential_lifetime(self, lifetime: timedelta) -> None:
        self._world.uri_endpoint.credential_lifetime = lifetime

    def set_response(
        self, document: Mapping[str, object] | str | bytes | None = None, status: int = 200
    ) -> None:
        """Say what it answers from now on.

        Args:
            document: An object to send as JSON, raw text or bytes to send as they are, or None for
                the credential that rotates.
            status: The HTTP status; with a document of None, the credential is sent all the same.

        Raises:
            TypeError: If the document is none of these, or holds what JSON does not know.
            ValueError: If JSON or UTF-8 cannot write the document.
        """
        self._world.uri_endpoint.set_response(document, status)


class StsService(Service):
    """The Security Token Service, and what it lets pass although it should not."""

    @property
    def accepts_plus_for_space(self) -> bool:
        """Whether a V1 signature may be made of parameters in which a space is written ``+``: no.

        Alibaba's SDK for Python 1.0.12 signs so, which is wrong by the documented rule: whatever session
        policy has a space in it is refused with `SignatureDoesNotMatch` unless this is set.
        """
        return self._world.leniency.accepts_plus_for_space

    @accepts_plus_for_space.setter
    def accepts_plus_for_space(self, accepts: bool) -> None:
        self._world.leniency.accepts_plus_for_space = accepts

    @property
    def accepts_hmac_for_key_pairs(self) -> bool:
        """Whether `GenerateSessionAccessKey` may be signed with the text of the private key's file: no.

        Alibaba's SDKs for Python, Java and Node.js sign so; with the public key alone, which is all that
        the service has, nobody could verify it.
        """
        return self._world.leniency.accepts_hmac_for_key_pairs

    @accepts_hmac_for_key_pairs.setter
    def accepts_hmac_for_key_pairs(self, accepts: bool) -> None:
        self._world.leniency.accepts_hmac_for_key_pairs = accepts


class OidcService(Service):
    """The OIDC issuer of an ACK cluster, and the token file of a pod in it."""

    @property
    def issuer(self) -> str:
        """What its tokens name as ``iss``: its URL over TLS, as the services ask for."""
        return self._world.oidc.url

    @property
    def provider_arn(self) -> str:
        """The ARN of the provider that it is registered as with the default account."""
        return self._world.oidc_provider.arn

    @property
    def token_file(self) -> Path:
        """The file with the pod's token, kept as the kubelet keeps it, by the emulator's clock."""
        return self._world.oidc.token_file

    @property
    def projected_token(self) -> ProjectedToken:
        """What keeps the token file: its lifetime, and what a test wants to stand in it."""
        return self._world.oidc.projected_token

    def issue_token(
        self,
        subject: str = DEFAULT_SUBJECT,
        *,
        audience: str | Sequence[str] = DEFAULT_AUDIENCE,
        lifetime: timedelta | float = DEFAULT_LIFETIME,
        **wrong_in_some_way: Any,
    ) -> str:
        """Issue a token.

        Args:
            subject: For whom it speaks: ``system:serviceaccount:<namespace>:<name>``.
            audience: For whom it is meant, or several.
            lifetime: For how long it is good, as a timedelta or in seconds; negative for one that has
                expired.
            **wrong_in_some_way: What `alicred_emulator.oidc.issuer.OidcIssuer.issue_token` takes besides:
                ``issuer``, ``claims``, ``key_id``, ``foreign_key``.

        Returns:
            The token.
        """
        return self._world.oidc.issue_token(
            subject, audience=audience, lifetime=lifetime, **wrong_in_some_way
        )

    def rotate_keys(self, *, keep_former: bool = True) -> None:
        """Sign with a new key from now on.

        Args:
            keep_former: Whether tokens signed with the former keys stay good to their end.
        """
        self._world.oidc.rotate_keys(keep_former=keep_former)


def _behind_the_gateway(name: str, api: Api) -> Fake:
    return Fake(
        name=name,
        operations=api.actions.keys(),
        operation=api.operation,
        answer=api.answer,
        refuse=api.refuse,
    )


def _at_a_desk(desk: Desk) -> Fake:
    return Fake(
        name=desk.service, operations=desk.operations.keys(), operation=desk.operation, answer=desk.answer
    )


IMDS: Final = Fake(
    name="imds", operations=imds_tree.OPERATIONS, operation=imds_tree.operation, answer=imds.answer
)
CREDENTIALS_URI: Final = Fake(
    name="credentials_uri",
    operations=credentials_uri.OPERATIONS,
    operation=credentials_uri.operation,
    answer=credentials_uri.answer,
    path=credentials_uri.PATH,
)
STS_FAKE: Final = _behind_the_gateway("sts", STS)
OIDC: Final = Fake(name="oidc", operations=oidc.OPERATIONS, operation=oidc.operation, answer=oidc.answer)
ECS_API: Final = _behind_the_gateway("ecs_api", ECS)
CLOUD_SSO_FAKE: Final = _at_a_desk(CLOUD_SSO)
OAUTH_FAKE: Final = _at_a_desk(OAUTH)

SERVICES: Final[Mapping[str, tuple[Fake, type[Service]]]] = {
    fake.name: (fake, kind)
    for fake, kind in (
        (IMDS, Service),
        (STS_FAKE, StsService),
        (CREDENTIALS_URI, CredentialsUriService),
        (OIDC, OidcService),
        (ECS_API, Service),
        (CLOUD_SSO_FAKE, CloudSsoService),
        (OAUTH_FAKE, OAuthService),
    )
}
"""Every service by its name: what it answers with, and the class of what a test sees."""


class Services:
    """The services of an emulator.

    Args:
        shared: What they have in common.
        host: The address that every one listens on.
        ports: Service name to port; 0, or a service that is not named, means any free port.

    Attributes:
        services: Every service by its name.

    Raises:
        ValueError: If a port is given for a service that does not exist.
    """

    def __init__(self, shared: Shared, host: str, ports: Mapping[str, int]) -> None:
        unknown = ", ".join(sorted(set(ports) - set(SERVICES)))
        if unknown:
            raise ValueError(f"no service is called {unknown}; known: {', '.join(SERVICES)}")
        self.services: Final[Mapping[str, Service]] = {
            name: kind(fake, shared, host, ports.get(name, 0)) for name, (fake, kind) in SERVICES.items()
        }

    @property
    def imds(self) -> Service:
        """The instance metadata service."""
        return self.services[IMDS.name]

    @property
    def sts(self) -> StsService:
        """The Security Token Service."""
        return cast("StsService", self.services[STS_FAKE.name])

    @property
    def oidc(self) -> OidcService:
        """The OIDC issuer, and the token file of a pod."""
        return cast("OidcService", self.services[OIDC.name])

    @property
    def ecs_api(self) -> Service:
        """The API of ECS, which tells whether a credential works."""
        return self.services[ECS_API.name]

    @property
    def credentials_uri(self) -> CredentialsUriService:
        """The credentials URI."""
        return cast("CredentialsUriService", self.services[CREDENTIALS_URI.name])

    @property
    def cloud_sso(self) -> CloudSsoService:
        """CloudSSO, where users of a directory sign in."""
        return cast("CloudSsoService", self.services[CLOUD_SSO_FAKE.name])

    @property
    def oauth(self) -> OAuthService:
        """The OAuth service of both sites, where users sign in for aliyun-cli."""
        return cast("OAuthService", self.services[OAUTH_FAKE.name])
