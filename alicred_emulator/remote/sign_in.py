"""The sign-in services of an emulator in another process."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from alicred_emulator.clock import as_utc
from alicred_emulator.cloud_sso.access_configurations import DEFAULT_SECONDS
from alicred_emulator.cloud_sso.directory import ACCESS_TOKEN_LIFETIME
from alicred_emulator.oauth.sign_ins import SignIn, TokenPair
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remote.ram import RemoteRam
from alicred_emulator.remote.resource import (
    Fact,
    Resource,
    Switch,
    principal,
    principal_fields,
    seconds,
    seconds_or_none,
    segment,
    span,
)
from alicred_emulator.remote.services import RemoteService
from alicred_emulator.sign_in.tokens import Token

_SSO: Final = "/cloud-sso"
_OAUTH: Final = "/oauth"


class RemoteAccessConfiguration(Resource):
    """What `alicred_emulator.cloud_sso.access_configurations.AccessConfiguration` is, elsewhere."""

    id: Fact[str] = Fact("Its id.", str)
    name: Fact[str] = Fact("Its name.", str)
    description: Fact[str] = Fact("Its description.", str)
    session_duration: Switch[int] = Switch("How many seconds a session lasts, 900 to 43200.", int)

    @property
    def roles(self) -> Mapping[str, Any]:
        """The role that it has in each account: ``{account.account_id: role}``."""
        roles = self._wire.get(self._path)["roles"]
        return {account: RemoteRam(self._wire, account).role(name) for account, name in roles.items()}


class RemoteCloudSsoService(RemoteService):
    """What `alicred_emulator.sign_in_services.CloudSsoService` is, elsewhere."""

    sign_in_url: Fact[str] = Fact("The directory's sign-in URL at its real host.", str, at=_SSO)
    loopback_sign_in_url: Fact[str] = Fact("The directory's sign-in URL on loopback.", str, at=_SSO)
    access_configuration_id: Fact[str] = Fact("The id of the default access configuration.", str, at=_SSO)
    account_id: Fact[str] = Fact("The id of the account that may be entered with it.", str, at=_SSO)

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

    principal: Switch[Principal] = Switch(
        "For whom the next sign-in speaks.", principal, principal_fields, at=_OAUTH
    )
    rotates_refresh_tokens: Switch[bool] = Switch(
        "Whether a refresh token is good for one use.", bool, at=_OAUTH
    )
    access_token_lifetime: Switch[timedelta] = Switch(
        "How long an access token is good, a timedelta.", span, seconds, at=_OAUTH
    )
    refresh_token_lifetime: Switch[timedelta] = Switch(
        "How long after a sign-in its last refresh token ends, a timedelta.", span, seconds, at=_OAUTH
    )
    credential_lifetime: Switch[timedelta] = Switch(
        "How long a session is good, a timedelta.", span, seconds, at=_OAUTH
    )

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
            refresh_lifetime: The same for the refresh token, as a timedelta or in seconds.

        Returns:
            The pair.

        Raises:
            ValueError: If there is no such site.
        """
        terms = {
            "site": site,
            "access_lifetime": seconds_or_none(access_lifetime),
            "refresh_lifetime": seconds_or_none(refresh_lifetime),
        }
        pair = self._wire.post(f"{_OAUTH}/tokens", terms)
        return TokenPair(_oauth_token(pair["access"]), _oauth_token(pair["refresh"]))

    def revoke(self, token: Token[SignIn] | str) -> None:
        """Revoke an access token; or with a refresh token the sign-in, whose access tokens end as well."""
        self._wire.post(f"{_OAUTH}/revocations", {"token": _text(token)})


def _oauth_token(token: Any) -> Token[SignIn]:
    sign_in = SignIn(client_id=token["client_id"], principal=principal(token["principal"]))
    return Token(text=token["text"], given=sign_in, expires_at=as_utc(token["expires_at"]))


def _text(token: Token[Any] | str) -> str:
    return token if isinstance(token, str) else token.text
