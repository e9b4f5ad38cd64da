"""What a test sees of STS, of the credentials URI and of the OIDC issuer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from alicred_emulator.oidc.issuer import DEFAULT_AUDIENCE, DEFAULT_SUBJECT
from alicred_emulator.oidc.token_file import DEFAULT_LIFETIME, ProjectedToken
from alicred_emulator.service import Service


class CredentialsUriService(Service):
    """The credentials URI, whose answer a test may set. Its `url` is the whole URI.

    Source:
        https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-python-access-credentials (the
        document); how long a credential is good is up to whoever writes such a service.
    """

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
            status: The HTTP status, 200 to 599; with a document of None, the credential is sent all the same.

        Raises:
            TypeError: If the document is none of these, or holds what JSON does not know.
            ValueError: If JSON or UTF-8 cannot write the document, or no server may end with the status.
        """
        self._world.uri_endpoint.set_response(document, status)


class StsService(Service):
    """The Security Token Service, and what it lets pass although it should not.

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole,
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerolewithoidc,
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity,
        https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism (signature V1),
        https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature (ACS3);
        what it lets pass was measured with Alibaba's SDKs.
    """

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
    """The OIDC issuer of an ACK cluster, and the token file of a pod in it.

    Source:
        https://www.alibabacloud.com/help/doc-detail/356611.html (RRSA), and
        https://openid.net/specs/openid-connect-discovery-1_0.html
    """

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

        Raises:
            ValueError: If the lifetime is longer than any clock goes.
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
