"""The SAML identity provider of an emulator in another process."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from alicred_emulator.remote.resource import Fact, Resource, Switch, seconds, seconds_or_none
from alicred_emulator.remote.wire import Wire
from alicred_emulator.saml import names
from alicred_emulator.saml.provider import DEFAULT_LIFETIME, DEFAULT_USER

_PATH: Final = "/saml"


class RemoteSamlIdentityProvider(Resource):
    """What `alicred_emulator.saml.provider.SamlIdentityProvider` is, elsewhere.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire, _PATH)

    certificate_pem: Fact[str] = Fact("The certificate to register with the account.", str)
    entity_id: Switch[str] = Switch("What its assertions name as their issuer.", str)

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
        """
        terms = {
            "role_arn": role_arn,
            "provider_arn": provider_arn,
            "further_roles": [list(pair) for pair in further_roles],
            "session_name": session_name,
            "session_duration": session_duration,
            "session_lifetime": seconds_or_none(session_lifetime),
            "subject": subject,
            "subject_type": subject_type,
            "lifetime": seconds(lifetime),
            "issuer": issuer,
            "recipient": recipient,
            "audience": audience,
            "signed": signed,
            "foreign_key": foreign_key,
        }
        return str(self._wire.post(f"{_PATH}/assertions", terms)["assertion"])
