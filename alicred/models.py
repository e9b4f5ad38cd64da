"""What a user asks for (`Config`) and what they get (`Credential`): frozen values that show no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alicred import clock
from alicred.values import Value

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Config", "Credential", "ending", "masked"]

_VISIBLE_CHARACTERS = 4


def masked(access_key_id: str | None) -> str | None:
    """Return a key id without what stands before its end."""
    return f"...{ending(access_key_id)}" if access_key_id else access_key_id


def ending(access_key_id: str) -> str:
    """Return the end of a key id, four characters at most and no more than half: one is told from another."""
    shown = min(_VISIBLE_CHARACTERS, len(access_key_id) // 2)
    return access_key_id[len(access_key_id) - shown :]


class Config(Value):
    """How to obtain a credential; the parameters that each `type` takes are listed in the documentation.

    A parameter left at None may come from its ``ALIBABA_CLOUD_*`` variable, read when the client is built.

    Source:
        https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-python-access-credentials (the
        types, their parameters, the units); `source` is alicred's own.

    Attributes:
        type: The kind of credential, such as ``"ecs_ram_role"``.
        access_key_id: Key id of a RAM user, or of a session together with `security_token`.
        access_key_secret: The secret that belongs to it.
        security_token: The token of a session.
        bearer_token: A token that is sent as it is, without a signature.
        role_name: The RAM role attached to the instance; asked for where it is not given.
        disable_imds_v1: Whether to refuse instance metadata in normal mode, without a token.
        role_arn: The role to assume.
        source: Where the credential comes from that assumes the role, in place of a key: another `Config`.
        role_session_name: The name of the session, seen in audit logs.
        role_session_expiration: How long the session shall last, in seconds; 3600 where nothing is said.
        policy: A policy that narrows the session further, JSON text.
        external_id: The id that the role's trust policy asks of third parties.
        oidc_provider_arn: The identity provider that issued the ID token.
        oidc_token_file_path: The file that holds the ID token.
        credentials_uri: The address of a service that hands out credentials.
        sts_endpoint: The STS to call: a host, ``host:port`` or a URL.
        public_key_id: The id of an RSA key pair.
        private_key_file: The file of its private key.
        timeout: How long to wait for an answer, in milliseconds; 5000, for an instance 1000.
        connect_timeout: How long to wait for a connection, in milliseconds; 10000, for an instance 1000.
        proxy: The URL of an HTTP proxy for these requests.
    """

    type: str | None = None
    access_key_id: str | None = None
    access_key_secret: str | None = None
    security_token: str | None = None
    bearer_token: str | None = None
    role_name: str | None = None
    disable_imds_v1: bool | None = None
    role_arn: str | None = None
    source: Config | None = None
    role_session_name: str | None = None
    role_session_expiration: int | None = None
    policy: str | None = None
    external_id: str | None = None
    oidc_provider_arn: str | None = None
    oidc_token_file_path: str | None = None
    credentials_uri: str | None = None
    sts_endpoint: str | None = None
    public_key_id: str | None = None
    private_key_file: str | None = None
    timeout: int | None = None
    connect_timeout: int | None = None
    proxy: str | None = None

    def __repr__(self) -> str:
        return f"Config(type={self.type!r}, access_key_id={masked(self.access_key_id)!r})"


class Credential(Value):
    """One credential, whole and unchanging: its parts always belong together.

    Attributes:
        type: The kind, such as ``"sts"``; what product SDKs switch on.
        provider_name: Where it came from, such as ``"default/ecs_ram_role"``; fit for an HTTP header.
        access_key_id: The key id, None for a bearer token.
        access_key_secret: The secret, None for a bearer token.
        security_token: The token of a session, None for a long-lived key.
        bearer_token: The bearer token, None for a key.
        expiration: When it ends, as the service said it, in UTC; None for one that does not end.
        expires_at: The same by this machine's clock, which may be off, in seconds since 1970-01-01 UTC.
    """

    type: str
    provider_name: str
    access_key_id: str | None = None
    access_key_secret: str | None = None
    security_token: str | None = None
    bearer_token: str | None = None
    expiration: datetime | None = None
    expires_at: float | None = None

    def __repr__(self) -> str:
        return (
            f"Credential(type={self.type!r}, provider_name={self.provider_name!r}, "
            f"access_key_id={masked(self.access_key_id)!r}, expiration={self.expiration!r})"
        )

    def compared(self) -> tuple[object, ...]:
        """Return what makes two credentials equal: all but the local clock's idea of their end."""
        return tuple(part for name, part in self.parts().items() if name != "expires_at")

    def has_keys(self) -> bool:
        """Return whether there is a key to sign with."""
        return bool(self.access_key_id and self.access_key_secret)

    def is_expired(self) -> bool:
        """Return whether it has ended; never true for one that does not end."""
        return self.expires_at is not None and clock.time() >= self.expires_at

    def to_map(self) -> dict[str, str]:
        """Return the parts that it has, secrets included, under the keys that Alibaba's SDK uses.

        Returns:
            ``accessKeyId``, ``accessKeySecret``, ``securityToken``, ``bearerToken``, ``type`` and
            ``providerName``, as far as there is something to say.
        """
        parts = {
            "accessKeyId": self.access_key_id,
            "accessKeySecret": self.access_key_secret,
            "securityToken": self.security_token,
            "bearerToken": self.bearer_token,
            "type": self.type,
            "providerName": self.provider_name,
        }
        return {key: value for key, value in parts.items() if value is not None}

    def get_access_key_id(self) -> str | None:
        """Return `access_key_id`, as product SDKs ask for it."""
        return self.access_key_id

    def get_access_key_secret(self) -> str | None:
        """Return `access_key_secret`, as product SDKs ask for it."""
        return self.access_key_secret

    def get_security_token(self) -> str | None:
        """Return `security_token`, as product SDKs ask for it."""
        return self.security_token

    def get_bearer_token(self) -> str | None:
        """Return `bearer_token`, as product SDKs ask for it."""
        return self.bearer_token

    def get_type(self) -> str:
        """Return `type`, as product SDKs ask for it."""
        return self.type

    def get_provider_name(self) -> str:
        """Return `provider_name`, as product SDKs ask for it."""
        return self.provider_name
