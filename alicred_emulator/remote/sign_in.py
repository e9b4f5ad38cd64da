"""The sign-in services and the SAML identity provider of an emulator in another process."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from alicred_emulator.clock import as_utc
from alicred_emulator.cloud_sso.access_configurations import DEFAULT_SECONDS
from alicred_emulator.cloud_sso.directory import ACCESS_TOKEN_LIFETIME
from alicred_emulator.oauth.sign_ins import SignIn, TokenPair
from alicred_emulator.remote.ram import RemoteRam
from alicred_emulator.remote.resource import (
    Fact,
    Resource,
    Switch,
    principal,
    principal_fields,
    seconds,
    segment,
    span,
)
from alicred_emulator.remote.services import RemoteService
from alicred_emulator.remote.wire import Wire
from alicred_emulator.saml import names
from alicred_emulator.saml.provider import DEFAULT_LIFETIME, DEFAULT_USER
from alicred_emulator.sign_in.tokens import Token

_SSO: Final = "/cloud-sso"
_OAUTH: Final = "/oauth"
_SAML: Final = "/saml"


class RemoteAccessConfiguration(Resource):
    """What `alicred_emulator.cloud_sso.access_configurations.AccessConfiguration` is, elsewhere."""

    id = Fact("Its id.", str)
    name = Fact("Its name.", str)
    description = Fact("Its description.", str)
    session_duration = Switch("Seconds that a session lasts, 900 to 43200.", int)

    @property
    def roles(self) -> Mapping[str, Any]:
        """The role that it has in each account, by the account's id."""
        roles = self._wire.get(self._path)["roles"]
        return {account: RemoteRam(self._wire, account).role(name) for account, name in roles.items()}


class RemoteCloudSsoService(RemoteService):
    """What `alicred_emulator.sign_in_services.CloudSsoService` is, elsewhere."""

    sign_in_url = Fact("The directory's sign-in URL at its real host.", str, at=_SSO)
    loopback_sign_in_url = Fact("The directory's sign-in URL on loopback.", str, at=_SSO)
    access_configuration_id = Fact("The id of the default access configuration.", str, at=_SSO)
    account_id = Fact("The account that may be entered with it.", str, at=_SSO)

    @property
    def access_configuration(self) -> RemoteAccessConfiguration:
        """The default access configuration, whose `session_duration` may be changed."""
        return self._configuration(self.access_configuration_id)

    @property
    def access_configurations(self) -> tuple[RemoteAccessConfiguration, ...]:
        """All access configurations, in the order in which they were made."""
        made = self._wire.get(_SSO)["access_configurations"]
        return tuple(self._configuration(one["id"]) for one in made)

    def add_access_configuration(
        self,
        name: str,
        *,
        accounts: Sequence[RemoteRam] | None = None,
        description: str = "",
        session_duration: int = DEFAULT_SECONDS,
    ) -> RemoteAccessConfiguration:
        """Make an access configuration and assign it.

        Args:
            name: Its name.
            accounts: The accounts that the user may enter with it; the default one by default.
            description: Its description.
            session_duration: How many seconds a session lasts, 900 to 43200.

        Returns:
            The access configuration.

        Raises:
            ValueError: If the name is malformed or taken in an account, or the duration out of range.
        """
        terms = {
            "name": name,
            "accounts": None if accounts is None else [account.account_id for account in accounts],
            "description": description,
            "session_duration": session_duration,
        }
        return self._configuration(self._wire.post(f"{_SSO}/access-configurations", terms)["id"])

    def issue_access_token(self, lifetime: timedelta | float = ACCESS_TOKEN_LIFETIME) -> Token[str]:
        """Issue an access token, as a sign-in would have.

        Args:
            lifetime: How long it is good, as a timedelta or in seconds; negative for one that has expired.

        Returns:
            The token.
        """
        token = self._wire.post(f"{_SSO}/access-tokens", {"lifetime": seconds(lifetime)})
        return Token(text=token["text"], given=token["user"], expires_at=as_utc(token["expires_at"]))

    def revoke(self, token: Token[str] | str) -> None:
        """Revoke an access token."""
        self._wire.post(f"{_SSO}/revocations", {"token": _text(token)})

    def _configuration(self, configuration_id: str) -> RemoteAccessConfiguration:
        path = f"{_SSO}/access-configurations/{segment(configuration_id)}"
        return RemoteAccessConfiguration(self._wire, path)


class RemoteOAuthService(RemoteService):
    """What `alicred_emulator.sign_in_services.OAuthService` is, elsewhere."""

    principal = Switch("For whom the next sign-in speaks.", principal, principal_fields, at=_OAUTH)
    rotates_refresh_tokens = Switch("Whether a refresh token is good for one use.", bool, at=_OAUTH)
    access_token_lifetime = Switch("How long an access token is good.", span, seconds, at=_OAUTH)
    refresh_token_lifetime = Switch(
        "How long after a sign-in its last refresh token ends.", span, seconds, at=_OAUTH
    )
    credential_lifetime = Switch("How long a session is good.", span, seconds, at=_OAUTH)

    def issue_tokens(
        self,
        site: str = "CN",
        *,
        access_lifetime: timedelta | float | None = None,
        refresh_lifetime: timedelta | float | None = None,
    ) -> TokenPair:
        """Issue an access and a refresh token, as a sign-in would have.

        Args:
            site: ``CN`` or ``INTL``; the tokens are good there alone.
            access_lifetime: How long the access token is good, as a timedelta or in seconds; None for as
                long as usual.
            refresh_lifetime: The same for the refresh token.

        Returns:
            The pair.

        Raises:
            ValueError: If there is no such site.
        """
        terms = {
            "site": site,
            "access_lifetime": _seconds_or_none(access_lifetime),
            "refresh_lifetime": _seconds_or_none(refresh_lifetime),
        }
        pair = self._wire.post(f"{_OAUTH}/tokens", terms)
        return TokenPair(_oauth_token(pair["access"]), _oauth_token(pair["refresh"]))

    def revoke(self, token: Token[SignIn] | str) -> None:
        """Revoke an access token; or with a refresh token the sign-in, whose access tokens end as well."""
        self._wire.post(f"{_OAUTH}/revocations", {"token": _text(token)})


class RemoteSamlIdentityProvider(Resource):
    """What `alicred_emulator.saml.provider.SamlIdentityProvider` is, elsewhere.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire, _SAML)

    certificate_pem = Fact("The certificate to register with the account.", str)
    entity_id = Switch("What its assertions name as their issuer.", str)

    def issue_assertion(  # noqa: PLR0913 - each makes an assertion right or wrong in its own way
        self,
        role_arn: str,
        provider_arn: str,
        *,
        further_roles: Iterable[tuple[str, str]] = (),
        session_name: str = DEFAULT_USER,
        session_duration: int | None = None,
        session_lifetime: timedelta | float | None = None,
        subject: str = DEFAULT_USER,
        subject_type: str = "persistent",
        lifetime: timedelta | float = DEFAULT_LIFETIME,
        issuer: str | None = None,
        recipient: str = names.RECIPIENT,
        audience: str = names.AUDIENCE,
        signed: bool = True,
        foreign_key: bool = False,
    ) -> str:
        """Issue a response for a user who has signed in, or one that is wrong in some way.

        The parameters are those of `alicred_emulator.saml.provider.SamlIdentityProvider.issue_assertion`.

        Returns:
            Base64 of the whole response, as ``SAMLAssertion`` wants it.
        """
        terms = {
            "role_arn": role_arn,
            "provider_arn": provider_arn,
            "further_roles": [list(pair) for pair in further_roles],
            "session_name": session_name,
            "session_duration": session_duration,
            "session_lifetime": _seconds_or_none(session_lifetime),
            "subject": subject,
            "subject_type": subject_type,
            "lifetime": seconds(lifetime),
            "issuer": issuer,
            "recipient": recipient,
            "audience": audience,
            "signed": signed,
            "foreign_key": foreign_key,
        }
        return str(self._wire.post(f"{_SAML}/assertions", terms)["assertion"])


def _seconds_or_none(given: timedelta | float | None) -> float | None:
    return None if given is None else seconds(given)


def _oauth_token(token: Any) -> Token[SignIn]:
    sign_in = SignIn(client_id=token["client_id"], principal=principal(token["principal"]))
    return Token(text=token["text"], given=sign_in, expires_at=as_utc(token["expires_at"]))


def _text(token: Token[Any] | str) -> str:
    return token if isinstance(token, str) else token.text
