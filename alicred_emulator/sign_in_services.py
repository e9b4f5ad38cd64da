"""What a test sees of the two sign-in services."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from alicred_emulator.cloud_sso.access_configurations import DEFAULT_SECONDS, AccessConfiguration
from alicred_emulator.cloud_sso.directory import ACCESS_TOKEN_LIFETIME, SIGN_IN_HOST, USER_NAME
from alicred_emulator.cloud_sso.service import SIGN_IN_PATH
from alicred_emulator.oauth.sign_ins import SignIn, TokenPair
from alicred_emulator.oauth.sites import site_called
from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.principal import Principal
from alicred_emulator.service import Service
from alicred_emulator.sign_in.tokens import Token


class CloudSsoService(Service):
    """CloudSSO's sign-in host, with a directory of one user.

    Source:
        https://www.alibabacloud.com/help/en/cloudsso/latest/api-cloudsso-2021-05-15-createaccessconfiguration
        (sessions); the sign-in is what aliyun-cli and the SDKs speak.
    """

    @property
    def sign_in_url(self) -> str:
        """The directory's sign-in URL at its real host, for a process whose hosts are emulated."""
        return f"https://{SIGN_IN_HOST}{SIGN_IN_PATH}"

    @property
    def loopback_sign_in_url(self) -> str:
        """The directory's sign-in URL on loopback, for any other process."""
        return f"{self.url}{SIGN_IN_PATH}"

    @property
    def access_configuration(self) -> AccessConfiguration:
        """The default access configuration, whose `session_duration` may be changed."""
        return self._world.cloud_sso.default

    @property
    def access_configuration_id(self) -> str:
        """The id of the default access configuration."""
        return self.access_configuration.id

    @property
    def account_id(self) -> str:
        """The id of the account that may be entered with it: the default one."""
        return self._world.ram.account_id

    @property
    def access_configurations(self) -> tuple[AccessConfiguration, ...]:
        """All access configurations, in the order in which they were made."""
        return tuple(self._world.cloud_sso.access_configurations)

    def add_access_configuration(
        self,
        name: str,
        *,
        accounts: Sequence[Ram] | None = None,
        description: str = "",
        session_duration: int = DEFAULT_SECONDS,
    ) -> AccessConfiguration:
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
        return self._world.cloud_sso.add_access_configuration(
            name,
            accounts=[self._world.ram] if accounts is None else accounts,
            description=description,
            session_duration=session_duration,
        )

    def issue_access_token(self, lifetime: timedelta | float = ACCESS_TOKEN_LIFETIME) -> Token[str]:
        """Issue an access token, as a sign-in would have.

        Args:
            lifetime: How long it is good, as a timedelta or in seconds; negative for one that has expired.

        Returns:
            The token, whose `text` and `expires_at_seconds` a profile holds.
        """
        return self._world.cloud_sso.access_tokens.issue(USER_NAME, lifetime)

    def revoke(self, token: Token[str] | str) -> None:
        """Revoke an access token."""
        revoked = _text(token)
        self._world.cloud_sso.access_tokens.withdraw(lambda issued: issued.text == revoked)


class OAuthService(Service):
    """The OAuth service of both sites, with a user who agrees to everything.

    Source:
        https://www.alibabacloud.com/help/en/ram/user-guide/create-an-application (how long tokens are good);
        the rest is what aliyun-cli and the SDKs speak.
    """

    @property
    def principal(self) -> Principal:
        """For whom the next sign-in speaks: the default user; may be set to another user or a session."""
        return self._world.sign_ins.principal

    @principal.setter
    def principal(self, principal: Principal) -> None:
        self._world.sign_ins.principal = principal

    @property
    def rotates_refresh_tokens(self) -> bool:
        """Whether a refresh token is good for one use, and brings the next: yes.

        Whether the real service does so is not known; its clients are ready for both.
        """
        return self._world.sign_ins.rotates_refresh_tokens

    @rotates_refresh_tokens.setter
    def rotates_refresh_tokens(self, rotates: bool) -> None:
        self._world.sign_ins.rotates_refresh_tokens = rotates

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token is good: 1 hour (documented, 15 minutes to 3 hours).

        Raises:
            ValueError: When set to less than a second.
        """
        return self._world.sign_ins.access_token_lifetime

    @access_token_lifetime.setter
    def access_token_lifetime(self, lifetime: timedelta) -> None:
        self._world.sign_ins.access_token_lifetime = lifetime

    @property
    def refresh_token_lifetime(self) -> timedelta:
        """How long after a sign-in its last refresh token ends: 30 days (likely).

        Raises:
            ValueError: When set to less than a second.
        """
        return self._world.sign_ins.refresh_token_lifetime

    @refresh_token_lifetime.setter
    def refresh_token_lifetime(self, lifetime: timedelta) -> None:
        self._world.sign_ins.refresh_token_lifetime = lifetime

    @property
    def credential_lifetime(self) -> timedelta:
        """How long a session is good that an access token is exchanged for: 1 hour (likely).

        Raises:
            ValueError: When set to less than a second.
        """
        return self._world.sign_ins.credential_lifetime

    @credential_lifetime.setter
    def credential_lifetime(self, lifetime: timedelta) -> None:
        self._world.sign_ins.credential_lifetime = lifetime

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
            access_lifetime: How long the access token is good, as a timedelta or in seconds; negative for one
                that has expired, None for as long as usual.
            refresh_lifetime: The same for the refresh token, as a timedelta or in seconds.

        Returns:
            The pair, whose `text` and `expires_at_seconds` a profile holds.

        Raises:
            ValueError: If there is no such site.
        """
        sign_in = SignIn(client_id=site_called(site).client_id, principal=self.principal)
        return self._world.sign_ins.begin(sign_in, access_lifetime, refresh_lifetime)

    def revoke(self, token: Token[SignIn] | str) -> None:
        """Revoke an access token; or with a refresh token the sign-in, whose access tokens end as well."""
        self._world.sign_ins.revoke(_text(token))


def _text(token: Token[Any] | str) -> str:
    return token if isinstance(token, str) else token.text
