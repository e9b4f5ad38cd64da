"""The services there are: one line each."""

from collections.abc import Mapping
from typing import Final, cast

from alicred_emulator import credentials_uri, imds, imds_tree
from alicred_emulator.cloud_sso.service import CLOUD_SSO
from alicred_emulator.credential_services import CredentialsUriService, OidcService, StsService
from alicred_emulator.ecs_api import ECS
from alicred_emulator.gateway.api import Api
from alicred_emulator.oauth.service import OAUTH
from alicred_emulator.oidc import service as oidc
from alicred_emulator.service import Fake, Service, Shared
from alicred_emulator.sign_in.desk import Desk
from alicred_emulator.sign_in_services import CloudSsoService, OAuthService
from alicred_emulator.sts.service import STS


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
        """The instance metadata service.

        Source:
            https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
        """
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
        """The API of ECS, which tells whether a credential works.

        Source:
            https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeregions
        """
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
