"""Writing a SAML response as an identity provider does, in the form that role-based SSO wants."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from lxml import etree

from alicred_emulator.clock import wire_time
from alicred_emulator.saml import names

if TYPE_CHECKING:
    from alicred_emulator.saml.elements import Element

_VERSION: Final = "2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a response says.

    Attributes:
        number: Which one of its provider's it is.
        issuer: The entity id of the provider.
        subject: The user's name.
        subject_type: The format of that name, without the prefix of SAML 2.0's formats.
        recipient: To whom it is to be shown.
        audience: Who is meant to accept it.
        issued_at: From when on it is good.
        ends_at: From when on it is refused.
        session_ends_at: When a session that begins with it has to end, if it says so.
        roles: Pairs of ARNs, of a role and of the provider.
        session_name: The name of the session.
        session_duration: The seconds of a session in the console, if it says so.
    """

    number: int
    issuer: str
    subject: str
    subject_type: str
    recipient: str
    audience: str
    issued_at: datetime
    ends_at: datetime
    session_ends_at: datetime | None
    roles: tuple[tuple[str, str], ...]
    session_name: str
    session_duration: int | None


def assertion(content: Content) -> "Element":
    """Write the assertion, with an empty signature that has the id ``placeholder``."""
    issued = wire_time(content.issued_at)
    root = etree.Element(
        f"{{{names.ASSERTION}}}Assertion",
        {"ID": f"_assertion-{content.number}", "IssueInstant": issued, "Version": _VERSION},
        nsmap={"saml": names.ASSERTION},
    )
    _add(root, "saml:Issuer", content.issuer)
    _add(root, "ds:Signature", Id="placeholder")
    _add_subject(root, content)
    conditions = _add(root, "saml:Conditions", NotBefore=issued, NotOnOrAfter=wire_time(content.ends_at))
    _add(_add(conditions, "saml:AudienceRestriction"), "saml:Audience", content.audience)
    _add_session(root, content)
    return root


def unsigned(assertion: "Element") -> "Element":
    """Take the placeholder of the signature away."""
    for placeholder in assertion.findall("ds:Signature", names.PREFIXES):
        assertion.remove(placeholder)
    return assertion


def response(content: Content, assertion: "Element") -> "Element":
    """Write the response around an assertion."""
    root = etree.Element(
        f"{{{names.PROTOCOL}}}Response",
        {
            "Destination": content.recipient,
            "ID": f"_response-{content.number}",
            "IssueInstant": wire_time(content.issued_at),
            "Version": _VERSION,
        },
        nsmap={"samlp": names.PROTOCOL, "saml": names.ASSERTION},
    )
    _add(root, "saml:Issuer", content.issuer)
    _add(_add(root, "samlp:Status"), "samlp:StatusCode", Value=names.SUCCESS)
    root.append(assertion)
    return root


def _add_subject(root: "Element", content: Content) -> None:
    subject = _add(root, "saml:Subject")
    _add(subject, "saml:NameID", content.subject, Format=f"{names.NAME_FORMATS}{content.subject_type}")
    confirmation = _add(subject, "saml:SubjectConfirmation", Method=names.BEARER)
    ends = wire_time(content.ends_at)
    _add(confirmation, "saml:SubjectConfirmationData", NotOnOrAfter=ends, Recipient=content.recipient)


def _add_session(root: "Element", content: Content) -> None:
    statement = _add(root, "saml:AuthnStatement", AuthnInstant=wire_time(content.issued_at))
    if content.session_ends_at is not None:
        statement.set("SessionNotOnOrAfter", wire_time(content.session_ends_at))
    _add(_add(statement, "saml:AuthnContext"), "saml:AuthnContextClassRef", names.PASSWORD)
    attributes = _add(root, "saml:AttributeStatement")
    _add_attribute(attributes, names.ROLE, *(",".join(pair) for pair in content.roles))
    _add_attribute(attributes, names.SESSION_NAME, content.session_name)
    if content.session_duration is not None:
        _add_attribute(attributes, names.SESSION_DURATION, str(content.session_duration))


def _add_attribute(parent: "Element", name: str, *values: str) -> None:
    attribute = _add(parent, "saml:Attribute", Name=name)
    for value in values:
        _add(attribute, "saml:AttributeValue", value)


def _add(parent: "Element", name: str, text: str | None = None, **attributes: str) -> "Element":
    prefix, _, local = name.partition(":")
    element = etree.SubElement(
        parent, f"{{{names.PREFIXES[prefix]}}}{local}", attributes, nsmap={prefix: names.PREFIXES[prefix]}
    )
    element.text = text
    return element
