"""The fake SAML identity provider: what a company's single sign-on is to STS."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.durations import length_of
from alicred_emulator.rsa_keys import rsa_key
from alicred_emulator.saml import names
from alicred_emulator.saml.certificates import PURPOSE, certificate_of

DEFAULT_ENTITY_ID: Final = "https://idp.example.com/fake"
DEFAULT_USER: Final = "demo-user"
DEFAULT_LIFETIME: Final = timedelta(minutes=5)

_OWN_KEY: Final = 0
_FOREIGN_KEY: Final = 1


class SamlIdentityProvider:
    """Issues assertions about users, signed with a key that is made when it is first needed.

    Source:
        https://www.alibabacloud.com/help/en/ram/saml-response-for-role-based-sso

    Args:
        clock: The emulator's clock.

    Attributes:
        entity_id: What its assertions name as their issuer; it may be changed.
    """

    def __init__(self, clock: EmulatorClock) -> None:
        self._clock = clock
        self.reset()

    @property
    def certificate_pem(self) -> str:
        """The certificate to register with the account; the same in every world of the process."""
        return certificate_of(_OWN_KEY)

    def reset(self) -> None:
        """Begin again, with the same key."""
        self.entity_id = DEFAULT_ENTITY_ID
        self._numbers = itertools.count(1)

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

        Args:
            role_arn: The role that the user may assume.
            provider_arn: This provider, as the account of the role knows it.
            further_roles: More pairs of role and provider.
            session_name: The name of the session.
            session_duration: The seconds of a session in the console; for STS it has no meaning.
            session_lifetime: How long a session that begins with it may last, as a timedelta or in seconds.
            subject: The user's name.
            subject_type: The format of that name, without the prefix of SAML 2.0's formats.
            lifetime: For how long it is good, as a timedelta or in seconds; negative for one that has
                expired.
            issuer: Another issuer to name than this one.
            recipient: To whom it is to be shown.
            audience: Who is meant to accept it.
            signed: Whether the assertion is signed.
            foreign_key: Whether it is signed with a key whose certificate is not this provider's.

        Returns:
            Base64 of the whole response, as ``SAMLAssertion`` wants it.

        Raises:
            ValueError: If a text has a character that XML does not know.
        """
        # lxml and signxml are slow to load.
        from alicred_emulator.saml import documents, response, signatures  # noqa: PLC0415

        now = self._clock.now()
        content = response.Content(
            number=next(self._numbers),
            issuer=self.entity_id if issuer is None else issuer,
            subject=subject,
            subject_type=subject_type,
            recipient=recipient,
            audience=audience,
            issued_at=now,
            ends_at=now + length_of(lifetime),
            session_ends_at=None if session_lifetime is None else now + length_of(session_lifetime),
            roles=((role_arn, provider_arn), *further_roles),
            session_name=session_name,
            session_duration=session_duration,
        )
        assertion = response.assertion(content)
        if signed:
            number = _FOREIGN_KEY if foreign_key else _OWN_KEY
            assertion = signatures.sign(assertion, rsa_key(PURPOSE, number), certificate_of(number))
        else:
            assertion = response.unsigned(assertion)
        return documents.encoded(response.response(content, assertion))
