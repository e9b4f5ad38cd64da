"""Reading a SAML response: what its assertion says, and whether an identity provider signed that.

The rule kept here: until a signature was verified, anybody may have said it; and a signature is good only if
what it covers, read once more from the bytes that it covers, says exactly the same.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from alicred_emulator.saml import names
from alicred_emulator.saml.elements import attribute_of, moment_of, only, text_of, texts_at

if TYPE_CHECKING:
    from alicred_emulator.saml.elements import Element

_DURATION: Final = re.compile(r"[0-9]{1,9}")
_PAIR: Final = re.compile(r"([^,\s]+),([^,\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What an identity provider says of a user. None stands for what it does not say, or says twice.

    Attributes:
        issuer: The entity id of the provider.
        subject: The user's name.
        subject_type: The format of that name, without the prefix of SAML 2.0's formats.
        recipient: To whom it is to be shown.
        audiences: Who is meant to accept it.
        not_before: From when on it is good.
        not_on_or_after: From when on it is refused: the earlier of the two places that may say so. STS
            wants one of them said (documented).
        session_not_on_or_after: When a session that begins with it has to end.
        roles: The roles that the user may assume, each with the provider: pairs of ARNs.
        session_name: The name of the session.
        session_duration: The seconds of a session in the console; for STS it has no meaning (documented).
        document: The assertion as it came.
    """

    issuer: str | None
    subject: str | None
    subject_type: str | None
    recipient: str | None
    audiences: tuple[str, ...]
    not_before: datetime | None
    not_on_or_after: datetime | None
    session_not_on_or_after: datetime | None
    roles: tuple[tuple[str, str], ...]
    session_name: str | None
    session_duration: int | None
    document: bytes = field(repr=False, compare=False)

    @classmethod
    def read(cls, text: str) -> "Assertion | None":
        """Read the assertion of a response.

        Args:
            text: Any text.

        Returns:
            The assertion, or None if the text is no Base64 of a SAML response with exactly one.
        """
        from alicred_emulator.saml.documents import assertion_in, parsed  # noqa: PLC0415 - slow to load

        document = assertion_in(text)
        element = None if document is None else parsed(document)
        return None if document is None or element is None else _said_in(element, document)

    def is_signed_by(self, certificates: Iterable[str]) -> bool:
        """Tell whether the owner of one of some certificates signed all that it says.

        Args:
            certificates: Certificates in PEM; what is none is passed over.

        Returns:
            Whether the signature is good.
        """
        from alicred_emulator.saml.signatures import signed_part  # noqa: PLC0415 - slow to load

        signed = (signed_part(self.document, certificate) for certificate in certificates)
        return any(part is not None and _said_in(part, self.document) == self for part in signed)


def _said_in(element: "Element", document: bytes) -> Assertion | None:
    if element.tag != f"{{{names.ASSERTION}}}Assertion":
        return None
    subject, conditions = only(element, "saml:Subject"), only(element, "saml:Conditions")
    name = only(subject, "saml:NameID")
    confirmation = only(only(subject, "saml:SubjectConfirmation"), "saml:SubjectConfirmationData")
    durations = _values(element, names.SESSION_DURATION)
    session_names = _values(element, names.SESSION_NAME)
    try:
        ends = [moment_of(confirmation, "NotOnOrAfter"), moment_of(conditions, "NotOnOrAfter")]
        return Assertion(
            issuer=text_of(only(element, "saml:Issuer")),
            subject=text_of(name),
            subject_type=_name_format(name),
            recipient=attribute_of(confirmation, "Recipient"),
            audiences=_audiences(conditions),
            not_before=moment_of(conditions, "NotBefore"),
            not_on_or_after=min((end for end in ends if end is not None), default=None),
            session_not_on_or_after=moment_of(only(element, "saml:AuthnStatement"), "SessionNotOnOrAfter"),
            roles=_roles(element),
            session_name=session_names[0] if len(session_names) == 1 else None,
            session_duration=_duration(durations),
            document=document,
        )
    except ValueError:
        # A moment that is none.
        return None


def _name_format(name: "Element | None") -> str | None:
    if name is None:
        return None
    return name.get("Format", names.UNSPECIFIED).removeprefix(names.NAME_FORMATS)


def _audiences(conditions: "Element | None") -> tuple[str, ...]:
    if conditions is None:
        return ()
    restrictions = conditions.findall("saml:AudienceRestriction", names.PREFIXES)
    listed = [texts_at(restriction, "saml:Audience") for restriction in restrictions]
    # Each restriction has to hold.
    return tuple(one for one in (listed[0] if listed else ()) if all(one in others for others in listed))


def _roles(element: "Element") -> tuple[tuple[str, str], ...]:
    pairs = (_PAIR.fullmatch(value) for value in _values(element, names.ROLE))
    return tuple((pair[1], pair[2]) for pair in pairs if pair is not None)


def _duration(values: list[str]) -> int | None:
    return int(values[0]) if len(values) == 1 and _DURATION.fullmatch(values[0]) else None


def _values(element: "Element", name: str) -> list[str]:
    attributes = element.findall("saml:AttributeStatement/saml:Attribute", names.PREFIXES)
    named = (attribute for attribute in attributes if attribute.get("Name") == name)
    return [value for attribute in named for value in texts_at(attribute, "saml:AttributeValue")]
