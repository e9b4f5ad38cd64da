import base64
import copy
import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.rsa_keys import rsa_key
from alicred_emulator.saml.assertion import Assertion
from alicred_emulator.saml.certificates import certificate_of
from alicred_emulator.saml.documents import LONGEST_RESPONSE
from alicred_emulator.saml.names import PREFIXES
from alicred_emulator.saml.provider import SamlIdentityProvider

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
ROLE = "acs:ram::1234567890123456:role/reader"
PROVIDER = "acs:ram::1234567890123456:saml-provider/company"
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


@pytest.fixture
def provider(clock: EmulatorClock) -> SamlIdentityProvider:
    """An identity provider whose clock stands still."""
    return SamlIdentityProvider(clock)


def assertion_of(text: str) -> Assertion:
    """Read what has to be an assertion."""
    assertion = Assertion.read(text)
    assert assertion is not None
    return assertion


def tree_of(text: str) -> Any:
    """Parse a response."""
    return etree.fromstring(base64.b64decode(text))


def post(response: Any) -> str:
    """Write a response as it is posted."""
    return base64.b64encode(response if isinstance(response, bytes) else etree.tostring(response)).decode()


def find(response: Any, path: str) -> Any:
    """Find an element that is there."""
    element = response.find(path, PREFIXES)
    assert element is not None, path
    return element


def test_an_assertion_says_who_may_assume_what(provider: SamlIdentityProvider) -> None:
    """Without a word of set-up, an assertion is what role-based SSO wants, good for five minutes."""
    assertion = assertion_of(provider.issue_assertion(ROLE, PROVIDER))
    assert assertion.issuer == provider.entity_id
    assert (assertion.subject, assertion.subject_type) == ("demo-user", "persistent")
    assert assertion.recipient == "https://signin.aliyun.com/saml-role/sso"
    assert assertion.audiences == ("urn:alibaba:cloudcomputing",)
    assert (assertion.not_before, assertion.not_on_or_after) == (NOW, NOW + timedelta(minutes=5))
    assert assertion.roles == ((ROLE, PROVIDER),)
    assert assertion.session_name == "demo-user"
    assert (assertion.session_duration, assertion.session_not_on_or_after) == (None, None)
    assert assertion.is_signed_by([provider.certificate_pem])


def test_everything_in_it_can_be_chosen(provider: SamlIdentityProvider) -> None:
    """What is given is what is read, signs that XML has its own use for included."""
    other = ("acs:ram::1:role/other", PROVIDER)
    assertion = assertion_of(
        provider.issue_assertion(
            ROLE,
            PROVIDER,
            further_roles=[other],
            session_name="a<b>&'\"@example.com",
            session_duration=900,
            session_lifetime=1800,
            subject="alice \u00e9\U0001f600",
            subject_type="transient",
            lifetime=timedelta(seconds=-60),
            issuer="https://elsewhere",
            recipient="https://signin.alibabacloud.com/saml-role/sso",
            audience="urn:alibaba:cloudcomputing:international",
        )
    )
    assert assertion.roles == ((ROLE, PROVIDER), other)
    assert assertion.session_name == "a<b>&'\"@example.com"
    assert assertion.session_duration == 900
    assert assertion.session_not_on_or_after == NOW + timedelta(minutes=30)
    assert (assertion.subject, assertion.subject_type) == ("alice \u00e9\U0001f600", "transient")
    assert assertion.not_on_or_after == NOW - timedelta(minutes=1)
    assert assertion.issuer == "https://elsewhere"
    assert assertion.recipient == "https://signin.alibabacloud.com/saml-role/sso"
    assert assertion.audiences == ("urn:alibaba:cloudcomputing:international",)
    assert assertion.is_signed_by([provider.certificate_pem])


def test_the_response_is_whole(provider: SamlIdentityProvider) -> None:
    """It has a destination, a status and the assertion, whose parts are in the order of the schema."""
    response = tree_of(provider.issue_assertion(ROLE, PROVIDER))
    assert response.get("Destination") == "https://signin.aliyun.com/saml-role/sso"
    assert find(response, "samlp:Status/samlp:StatusCode").get("Value").endswith(":Success")
    assertion = find(response, "saml:Assertion")
    order = [etree.QName(child).localname for child in assertion]
    assert order == [
        "Issuer",
        "Signature",
        "Subject",
        "Conditions",
        "AuthnStatement",
        "AttributeStatement",
    ]
    assert find(assertion, "saml:Subject/saml:SubjectConfirmation").get("Method").endswith(":bearer")


def test_responses_differ_and_are_the_same_in_every_run(provider: SamlIdentityProvider) -> None:
    """No two have the same ids, and after a reset they are counted from the start."""
    first, second = (provider.issue_assertion(ROLE, PROVIDER) for _ in range(2))
    assert first != second
    provider.entity_id = "https://changed"
    provider.reset()
    assert provider.issue_assertion(ROLE, PROVIDER) == first


def test_what_xml_cannot_say_is_refused(provider: SamlIdentityProvider) -> None:
    """A control character is an error where the assertion is made."""
    with pytest.raises(ValueError, match="XML compatible"):
        provider.issue_assertion(ROLE, PROVIDER, session_name="\0")


def test_it_can_be_unsigned_or_signed_by_somebody_else(provider: SamlIdentityProvider) -> None:
    """Both are read like a good one, and are not signed."""
    good = assertion_of(provider.issue_assertion(ROLE, PROVIDER))
    for wrong in ({"signed": False}, {"foreign_key": True}):
        assertion = assertion_of(provider.issue_assertion(ROLE, PROVIDER, **wrong))
        assert assertion == good
        assert not assertion.is_signed_by([provider.certificate_pem])
    assert not good.is_signed_by([])


def test_one_certificate_of_several_is_enough(provider: SamlIdentityProvider) -> None:
    """A provider has several certificates while it changes them; what is none is passed over."""
    assertion = assertion_of(provider.issue_assertion(ROLE, PROVIDER, foreign_key=True))
    foreign = certificate_of(1)
    assert assertion.is_signed_by(["", "nonsense", provider.certificate_pem, foreign])
    assert not assertion.is_signed_by(["", "nonsense", provider.certificate_pem])


@pytest.mark.parametrize("machine", ["1999-01-01", "3001-01-01"])
def test_the_machines_clock_does_not_matter(provider: SamlIdentityProvider, machine: str) -> None:
    """A certificate wraps a key: that the machine, or the emulator, is outside its dates changes nothing."""
    assertion = assertion_of(provider.issue_assertion(ROLE, PROVIDER))
    with freeze_time(machine):
        assert assertion.is_signed_by([provider.certificate_pem])


def test_nothing_of_an_assertion_is_shown(
    provider: SamlIdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the representation nor any log, at any level, holds what could be sent to STS."""
    with caplog.at_level(logging.DEBUG):
        assertion = assertion_of(provider.issue_assertion(ROLE, PROVIDER))
        assert assertion.is_signed_by([provider.certificate_pem])
    assert "SignatureValue" not in repr(assertion) + caplog.text
    assert "SignedInfo" not in caplog.text


# What is read of an assertion that somebody else wrote.


def edited(text: str, *changes: tuple[str, str]) -> str:
    """Change the XML of a response."""
    xml = base64.b64decode(text).decode()
    for old, new in changes:
        assert old in xml, old
        xml = xml.replace(old, new)
    return post(xml.encode())


@pytest.fixture
def text(provider: SamlIdentityProvider) -> str:
    """An unsigned response."""
    return provider.issue_assertion(ROLE, PROVIDER, signed=False, session_duration=900, session_lifetime=600)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-02T03:04:05Z", NOW),
        ("2026-01-02T03:04:05", NOW),
        ("2026-01-02T04:04:05+01:00", NOW),
        ("2026-01-02T03:04:05.5Z", NOW + timedelta(milliseconds=500)),
        ("2026-01-02T03:04:05.678Z", NOW + timedelta(milliseconds=678)),
        ("2026-01-02T03:04:05.1234567Z", NOW + timedelta(microseconds=123_456)),
    ],
)
def test_moments_are_written_in_several_ways(text: str, written: str, moment: datetime) -> None:
    """Fractions of any length and offsets are known, and no offset means UTC, as SAML has it."""
    changed = edited(text, (' NotBefore="2026-01-02T03:04:05Z"', f' NotBefore="{written}"'))
    assert assertion_of(changed).not_before == moment


@pytest.mark.parametrize(
    "written", ["", "soon", "2026-01-02", "2026-13-02T03:04:05Z", "0001-01-01T00:00:00+05:00"]
)
@pytest.mark.parametrize("name", [" NotBefore", " NotOnOrAfter", " SessionNotOnOrAfter"])
def test_a_moment_that_is_none_makes_it_no_assertion(text: str, name: str, written: str) -> None:
    """Whoever cannot say when it ends has not said that it never does."""
    before = base64.b64decode(text).decode().partition(f'{name}="')[2].partition('"')[0]
    assert Assertion.read(edited(text, (f'{name}="{before}"', f'{name}="{written}"'))) is None


def test_the_earlier_end_counts(text: str) -> None:
    """Both the conditions and the confirmation may say when it ends."""
    end = ' NotOnOrAfter="2026-01-02T03:09:05Z"'
    xml = base64.b64decode(text).decode()
    for count, expected in ((1, NOW + timedelta(minutes=1)), (2, NOW + timedelta(minutes=1))):
        sooner = xml.replace(end, ' NotOnOrAfter="2026-01-02T03:05:05Z"', count)
        assert assertion_of(post(sooner.encode())).not_on_or_after == expected
    assert assertion_of(post(xml.replace(end, "", 1).encode())).not_on_or_after == NOW + timedelta(minutes=5)
    assert assertion_of(post(xml.replace(end, "").encode())).not_on_or_after is None


SAML1 = "urn:oasis:names:tc:SAML:1.1:nameid-format:"


@pytest.mark.parametrize(
    ("written", "subject_type"),
    [
        (' Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"', "transient"),
        (f' Format="{SAML1}emailAddress"', f"{SAML1}emailAddress"),
        ("", f"{SAML1}unspecified"),
    ],
)
def test_the_prefix_of_a_names_format_is_left_out(text: str, written: str, subject_type: str) -> None:
    """Only SAML 2.0's own prefix; a name without a format is of SAML's unspecified one."""
    former = ' Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"'
    assert assertion_of(edited(text, (former, written))).subject_type == subject_type


ONCE = {
    "issuer": ("saml:Issuer", None),
    "subject": ("saml:Subject/saml:NameID", None),
    "subject_type": ("saml:Subject/saml:NameID", None),
    "recipient": ("saml:Subject/saml:SubjectConfirmation", None),
    "audiences": ("saml:Conditions", ()),
    "not_before": ("saml:Conditions", None),
    "session_not_on_or_after": ("saml:AuthnStatement", None),
    "session_name": ("saml:AttributeStatement/saml:Attribute[2]", None),
    "session_duration": ("saml:AttributeStatement/saml:Attribute[3]", None),
}


@pytest.mark.parametrize("name", ONCE)
def test_what_is_said_twice_is_not_said(text: str, name: str) -> None:
    """Where SAML wants one element, two are none, and so is none."""
    path, nothing = ONCE[name]
    for change in ("twice", "never"):
        response = tree_of(text)
        element = find(response, f"saml:Assertion/{path}")
        assert getattr(assertion_of(post(response)), name) != nothing
        if change == "twice":
            element.addnext(copy.deepcopy(element))
        else:
            element.getparent().remove(element)
        assert getattr(assertion_of(post(response)), name) == nothing


def test_roles_may_stand_in_several_attributes(text: str) -> None:
    """Each value of each attribute of that name is a pair (documented)."""
    response = tree_of(text)
    attribute = find(response, "saml:Assertion/saml:AttributeStatement/saml:Attribute[1]")
    again = copy.deepcopy(attribute)
    again[0].text = "\n    acs:ram::1:role/a,acs:ram::1:saml-provider/b\n  "
    attribute.addnext(again)
    expected = ((ROLE, PROVIDER), ("acs:ram::1:role/a", "acs:ram::1:saml-provider/b"))
    assert assertion_of(post(response)).roles == expected


@pytest.mark.parametrize("value", ["", "a", "a,", ",b", "a,b,c", "a, b", "a b,c"])
def test_a_pair_that_is_none_is_no_role(text: str, value: str) -> None:
    """A role is one ARN, a comma, and another ARN."""
    assert assertion_of(edited(text, (f"{ROLE},{PROVIDER}", value))).roles == ()


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "\u0661", "9" * 5000])
def test_a_duration_that_is_none_is_not_said(text: str, value: str) -> None:
    """Digits of ASCII, and not too many."""
    assert assertion_of(edited(text, (">900<", f">{value}<"))).session_duration is None


def test_each_restriction_of_the_audience_has_to_hold(text: str) -> None:
    """Several audiences of one restriction are alternatives, several restrictions are not (SAML 2.0)."""
    ours, restriction = (
        "urn:alibaba:cloudcomputing",
        "<saml:AudienceRestriction>{}</saml:AudienceRestriction>",
    )
    one, two = (f"<saml:Audience>{name}</saml:Audience>" for name in (ours, "urn:other"))
    for written, expected in (
        (restriction.format(two + one), ("urn:other", ours)),
        (restriction.format(one) + restriction.format(two), ()),
        (restriction.format(one + two) + restriction.format(one), (ours,)),
        (restriction.format(""), ()),
        ("", ()),
    ):
        assert assertion_of(edited(text, (restriction.format(one), written))).audiences == expected


def test_an_element_inside_a_text_makes_it_no_text(text: str) -> None:
    """What is cut in two by an element or an instruction is not read by half."""
    for inside in ("<x/>", "<?x?>"):
        changed = edited(text, (">demo-user<", f">demo{inside}-user<"))
        assert (assertion_of(changed).subject, assertion_of(changed).session_name) == (None, None)


def test_white_space_around_the_base64_is_no_matter(provider: SamlIdentityProvider) -> None:
    """Lines of any length, as programs of the command line write them."""
    text = provider.issue_assertion(ROLE, PROVIDER)
    lines = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    assertion = assertion_of(f" {lines}\n")
    assert assertion.is_signed_by([provider.certificate_pem])


def xml(content: str) -> str:
    return post(content.encode())


SUCCESSFUL = (
    '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
)
SAML = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'


def response_of(content: str, before: str = "") -> str:
    """Write a response around a content."""
    return xml(f"{before}<samlp:Response {SAML}>{SUCCESSFUL}{content}</samlp:Response>")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
FILE = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
NO_RESPONSES = {
    "nothing": "",
    "a word": "test",
    "no Base64": "%%%%",
    "Base64 for URLs": "PD94-_==",
    "letters of other scripts": "\u0430\u0431\u0432\u0433",
    "half a character": "\ud800",
    "no XML": post(b"test"),
    "a null byte": post(b"\0"),
    "XML that breaks off": xml("<a>"),
    "another document": xml("<html/>"),
    "an empty response": response_of(""),
    "a response without namespace": xml("<Response><Assertion/></Response>"),
    "an assertion alone": xml(f"<saml:Assertion {SAML}/>"),
    "an encrypted assertion": response_of("<saml:EncryptedAssertion/>"),
    "two assertions": response_of("<saml:Assertion/><saml:Assertion/>"),
    "an assertion further down": response_of("<x><saml:Assertion/></x>"),
    "a document type": response_of("<saml:Assertion/>", "<!DOCTYPE x>"),
    "a file": response_of("<saml:Assertion><saml:Issuer>&x;</saml:Issuer></saml:Assertion>", FILE),
    "a document type elsewhere": response_of(
        "<saml:Assertion/>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/">'
    ),
    "a billion laughs": response_of(
        '<saml:Assertion ID="&l9;">&l9;</saml:Assertion>', f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
    ),
    "an unknown encoding": xml('<?xml version="1.0" encoding="klingon"?><a/>'),
    "deep XML": xml("<a>" * 20_000),
    "Base64 with something in it": response_of("<saml:Assertion/>").replace("A", "%A", 1),
}


@pytest.mark.parametrize("name", NO_RESPONSES)
def test_what_is_no_response_is_none(name: str) -> None:
    """Nothing but a SAML response with one assertion is read, and nothing raises."""
    assert Assertion.read(NO_RESPONSES[name]) is None


def test_a_response_may_be_as_long_as_documented() -> None:
    """100,000 characters are read, and not one more."""
    longest = response_of(
        "<saml:Assertion/>".ljust(LONGEST_RESPONSE * 3 // 4 - len(response_of("")) * 3 // 4)
    )
    assert len(longest) == LONGEST_RESPONSE
    assert Assertion.read(longest) is not None
    assert Assertion.read(longest + " ") is None


@pytest.mark.parametrize("status", ["", "Requester", "Responder"])
def test_a_response_that_tells_of_a_failure_holds_no_assertion(status: str) -> None:
    """Whatever else stands in it."""
    told = SUCCESSFUL.replace("Success", status) if status else ""
    assert Assertion.read(xml(f"<samlp:Response {SAML}>{told}<saml:Assertion/></samlp:Response>")) is None


def test_an_empty_assertion_says_nothing() -> None:
    """An assertion is read as far as it goes."""
    assertion = assertion_of(response_of("<saml:Assertion/>"))
    assert (assertion.issuer, assertion.roles, assertion.session_name) == (None, (), None)
    assert not assertion.is_signed_by([certificate_of(0)])


# Attacks: none of them may end in an assertion that is signed and says what the attacker wants.


def evil(signed: Any) -> Any:
    """Copy an assertion, without its signature, and have it say something else."""
    changed = copy.deepcopy(signed)
    changed.remove(find(changed, "ds:Signature"))
    changed.set("ID", "_evil")
    find(changed, "saml:AttributeStatement/saml:Attribute[2]/saml:AttributeValue").text = "admin"
    return changed


def evil_before(response: Any, signed: Any) -> None:
    signed.addprevious(evil(signed))


def evil_after(response: Any, signed: Any) -> None:
    signed.addnext(evil(signed))


def evil_around(response: Any, signed: Any) -> None:
    wrapper = evil(signed)
    response.replace(signed, wrapper)
    wrapper.append(signed)


def evil_with_the_signature_around(response: Any, signed: Any) -> None:
    wrapper = evil(signed)
    response.replace(signed, wrapper)
    signature = find(signed, "ds:Signature")
    wrapper.insert(1, signature)
    etree.SubElement(signature, f"{{{PREFIXES['ds']}}}Object").append(signed)


def evil_with_the_same_id(response: Any, signed: Any) -> None:
    wrapper = evil(signed)
    wrapper.set("ID", signed.get("ID"))
    wrapper.insert(1, copy.deepcopy(find(signed, "ds:Signature")))
    response.replace(signed, wrapper)
    etree.SubElement(response, f"{{{PREFIXES['samlp']}}}Extensions").append(signed)


def evil_in_place_of_the_signed(response: Any, signed: Any) -> None:
    response.replace(signed, evil(signed))
    etree.SubElement(response, f"{{{PREFIXES['samlp']}}}Extensions").append(signed)


def evil_with_the_signature(response: Any, signed: Any) -> None:
    wrapper = evil(signed)
    wrapper.insert(1, find(signed, "ds:Signature"))
    response.replace(signed, wrapper)


def evil_content(response: Any, signed: Any) -> None:
    find(signed, "saml:AttributeStatement/saml:Attribute[2]/saml:AttributeValue").text = "admin"


def evil_second_value(response: Any, signed: Any) -> None:
    value = find(signed, "saml:AttributeStatement/saml:Attribute[1]/saml:AttributeValue")
    value.addnext(copy.deepcopy(value))


def evil_in_the_signature(response: Any, signed: Any) -> None:
    # A signature does not cover itself.
    issuer, signature = find(signed, "saml:Issuer"), find(signed, "ds:Signature")
    etree.SubElement(signature, f"{{{PREFIXES['ds']}}}Object").append(issuer)


def misplaced_signature(response: Any, signed: Any) -> None:
    # SAML wants it in the assertion itself, whatever else would verify.
    find(signed, "saml:Subject").append(find(signed, "ds:Signature"))


def evil_reference(response: Any, signed: Any) -> None:
    find(signed, "ds:Signature/ds:SignedInfo/ds:Reference").set("URI", "")


def evil_second_signature(response: Any, signed: Any) -> None:
    signature = find(signed, "ds:Signature")
    signature.addprevious(copy.deepcopy(signature))
    find(signed, "ds:Signature/ds:SignatureValue").text = "AAAA"


ATTACKS: list[Callable[[Any, Any], None]] = [
    evil_before,
    evil_after,
    evil_around,
    evil_with_the_signature_around,
    evil_with_the_same_id,
    evil_in_place_of_the_signed,
    evil_with_the_signature,
    evil_content,
    evil_second_value,
    evil_in_the_signature,
    misplaced_signature,
    evil_reference,
    evil_second_signature,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_signature_wrapping_and_its_like_do_not_work(
    provider: SamlIdentityProvider, attack: Callable[[Any, Any], None]
) -> None:
    """A signed assertion that was moved, doubled or changed is none, or is not signed."""
    response = tree_of(provider.issue_assertion(ROLE, PROVIDER))
    attack(response, find(response, "saml:Assertion"))
    assertion = Assertion.read(post(response))
    assert assertion is None or not assertion.is_signed_by([provider.certificate_pem])


def test_a_comment_cuts_no_name_short(provider: SamlIdentityProvider) -> None:
    """Signatures do not cover comments, so what stands around one is read as if it were not there."""
    text = provider.issue_assertion(ROLE, PROVIDER, session_name="admin.example.com")
    assertion = assertion_of(edited(text, ("admin.example.com", "admin<!-- x -->.example.com")))
    assert assertion.session_name == "admin.example.com"
    assert assertion.is_signed_by([provider.certificate_pem])


# Signatures of other identity providers, made by signxml's options.


def signed_by(
    signer: XMLSigner,
    text: str,
    path: str,
    *,
    key: Any = None,
    certificate: str | None = None,
    **options: Any,
) -> str:
    """Sign an element of a response where it stands."""
    response = tree_of(text)
    element = find(response, path) if path else response
    options.setdefault("reference_uri", f"#{element.get('ID')}")
    signed: Any = signer.sign(
        element, key=key or rsa_key("saml", 0), cert=certificate, id_attribute="ID", **options
    )
    if element is response:
        return post(signed)
    response.replace(element, signed)
    return post(response)


@pytest.mark.parametrize("method", [SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA512])
@pytest.mark.parametrize("form", [EXCLUSIVE, CanonicalizationMethod.CANONICAL_XML_1_0])
def test_other_forms_of_signing_are_known(
    text: str, method: SignatureMethod, form: CanonicalizationMethod
) -> None:
    """Other digests, the canonical form that takes the context along, and a signature at the end."""
    signer = XMLSigner(
        signature_algorithm=method, digest_algorithm=DigestAlgorithm.SHA512, c14n_algorithm=form
    )
    assertion = assertion_of(signed_by(signer, text, "saml:Assertion"))
    assert assertion.is_signed_by([certificate_of(0)])


def curve_certificate() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """Make a key and a certificate whose time is over."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=datetime(2001, 1, 1, tzinfo=timezone.utc),
        not_valid_after=datetime(2002, 1, 1, tzinfo=timezone.utc),
    )
    return key, builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def test_curves_and_certificates_that_have_ended_are_known(text: str) -> None:
    """What was registered is trusted, as long as it is registered."""
    key, certificate = curve_certificate()
    signer = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256, c14n_algorithm=EXCLUSIVE)
    assertion = assertion_of(signed_by(signer, text, "saml:Assertion", key=key, certificate=certificate))
    assert assertion.is_signed_by([certificate])
    assert not assertion.is_signed_by([certificate_of(0)])


def test_a_signed_response_does_not_sign_its_assertion(text: str) -> None:
    """The assertion itself has to be signed (documented); a signature of the response changes nothing."""
    signer = XMLSigner(c14n_algorithm=EXCLUSIVE)
    assertion = assertion_of(signed_by(signer, text, "", certificate=certificate_of(0)))
    assert not assertion.is_signed_by([certificate_of(0)])
    both = signed_by(signer, signed_by(signer, text, "saml:Assertion"), "", certificate=certificate_of(0))
    assert assertion_of(both).is_signed_by([certificate_of(0)])


def test_a_part_is_not_the_whole(text: str) -> None:
    """A signature of a part of the assertion, or of the part and something else, is none of the assertion."""
    text = edited(text, ("<saml:Subject>", '<saml:Subject ID="_subject">'))
    signer = XMLSigner(c14n_algorithm=EXCLUSIVE)
    for covered in ("#_subject", ["#_subject", "#_assertion-1"]):
        assertion = assertion_of(signed_by(signer, text, "saml:Assertion", reference_uri=covered))
        assert not assertion.is_signed_by([certificate_of(0)])


class WeakSigner(XMLSigner):
    """Signs with what signxml warns of."""

    def check_deprecated_methods(self) -> None:
        """Warn of nothing."""


def test_weak_digests_are_not_good(text: str) -> None:
    """SHA-1 can be forged."""
    for options in (
        {"signature_algorithm": SignatureMethod.RSA_SHA1},
        {"digest_algorithm": DigestAlgorithm.SHA1},
    ):
        weak = signed_by(WeakSigner(c14n_algorithm=EXCLUSIVE, **options), text, "saml:Assertion")
        assert not assertion_of(weak).is_signed_by([certificate_of(0)])


def test_a_certificate_is_no_shared_secret(text: str) -> None:
    """The trick of signing by HMAC with what everybody knows does not work."""
    signer = XMLSigner(signature_algorithm=SignatureMethod.HMAC_SHA256, c14n_algorithm=EXCLUSIVE)
    forged = signed_by(signer, text, "saml:Assertion", key=certificate_of(0).encode())
    assert not assertion_of(forged).is_signed_by([certificate_of(0)])


@cache
def valid_xml() -> bytes:
    """Issue a good response."""
    return base64.b64decode(SamlIdentityProvider(EmulatorClock()).issue_assertion(ROLE, PROVIDER))


def use(assertion: Assertion | None) -> None:
    """Ask an assertion for everything."""
    if assertion is not None:
        assert repr(assertion).encode()
        if assertion.is_signed_by([certificate_of(0)]):
            assert assertion == Assertion.read(post(valid_xml()))


@settings(max_examples=300, deadline=None)
@given(st.text() | st.binary().map(post) | st.text(alphabet="<>/a&;!?-[]\"' =").map(xml))
def test_any_text_is_a_response_or_none(text: str) -> None:
    """Nothing that is sent as an assertion raises."""
    use(Assertion.read(text))


_pieces = st.sampled_from(
    [
        b"",
        b"<",
        b">",
        b'"',
        b"]]>",
        b"\0",
        b"\xff",
        b"&#65;",
        b"&x;",
        b"<!-- -->",
        b"<!DOCTYPE x>",
        b"<![CDATA[admin]]>",
        b"<?x?>",
        b"<saml:Assertion/>",
        b"<saml:Issuer/>",
        b'ID="_x"',
        b"admin",
    ]
)


@settings(max_examples=300, deadline=None)
@given(start=st.integers(0, 6000), removed=st.integers(0, 60), put=_pieces | st.binary(max_size=6))
def test_a_damaged_response_is_not_signed(start: int, removed: int, put: bytes) -> None:
    """A good response of which a piece was replaced says the same as before, or is not good any more."""
    use(Assertion.read(post(valid_xml()[:start] + put + valid_xml()[start + removed :])))


@settings(max_examples=300, deadline=None)
@given(start=st.integers(0, 6000), length=st.integers(1, 3000), to=st.integers(0, 6000))
def test_a_piece_that_was_copied_elsewhere_is_not_signed(start: int, length: int, to: int) -> None:
    """So does one in which a piece stands twice."""
    piece = valid_xml()[start : start + length]
    use(Assertion.read(post(valid_xml()[:to] + piece + valid_xml()[to:])))
