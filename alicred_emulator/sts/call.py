"""A call of STS: what its parameters name, found once and only when somebody asks."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from alicred_emulator.gateway.call import Call
from alicred_emulator.oidc.tokens import IdToken
from alicred_emulator.ram.providers import OidcProvider, SamlProvider
from alicred_emulator.ram.roles import Role
from alicred_emulator.saml.assertion import Assertion
from alicred_emulator.sts.issuer_keys import issuer_keys

DEFAULT_SECONDS: Final = 3600
"""How long a session lasts that does not say how long (documented)."""

_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class StsCall(Call):
    """A call of STS, judged by nobody yet."""

    @cached_property
    def role(self) -> Role | None:
        """The role that is to be assumed, None if there is none."""
        return self.world.accounts.role(self.parameters.get("RoleArn", ""))

    @property
    def duration(self) -> timedelta | None:
        """How long the session shall last, None where that is no whole number."""
        text = self.parameters.get("DurationSeconds") or str(DEFAULT_SECONDS)
        return timedelta(seconds=int(text)) if _WHOLE_NUMBER.fullmatch(text) else None

    @cached_property
    def oidc_provider(self) -> OidcProvider | None:
        """The OIDC provider that vouches for the caller, None if there is none."""
        return self.world.accounts.oidc_provider(self.parameters.get("OIDCProviderArn", ""))

    @cached_property
    def id_token(self) -> IdToken | None:
        """The ID token, None where there is none that can be read."""
        return IdToken.read(self.parameters.get("OIDCToken", ""))

    @cached_property
    def issuer_keys(self) -> Mapping[str, object] | None:
        """What the provider's issuer says it signs with, None where it does not say."""
        return None if self.oidc_provider is None else issuer_keys(self.world, self.oidc_provider)

    @cached_property
    def saml_provider(self) -> SamlProvider | None:
        """The SAML provider that vouches for the caller, None if there is none."""
        return self.world.accounts.saml_provider(self.parameters.get("SAMLProviderArn", ""))

    @cached_property
    def assertion(self) -> Assertion | None:
        """The SAML assertion, None where there is none that can be read."""
        text = self.parameters.get("SAMLAssertion")
        return Assertion.read(text) if text else None

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.world.clock.now()
