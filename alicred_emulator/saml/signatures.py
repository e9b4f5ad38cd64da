"""XML signatures of assertions, by signxml.

The rule kept here: whoever asks about a signature gets back what was signed, and reads nothing else.
"""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import load_pem_x509_certificate
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

if TYPE_CHECKING:
    from alicred_emulator.saml.elements import Element

_EXPECTED: Final = SignatureConfiguration(
    # In the assertion itself, over one thing.
    location="./",
    expect_references=1,
    signature_methods=frozenset(
        {
            SignatureMethod.RSA_SHA256,
            SignatureMethod.RSA_SHA384,
            SignatureMethod.RSA_SHA512,
            SignatureMethod.ECDSA_SHA256,
            SignatureMethod.ECDSA_SHA384,
            SignatureMethod.ECDSA_SHA512,
        }
    ),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
    # The key is the registered one, whatever the signature says about it.
    ignore_ambiguous_key_info=True,
)

# It would write whole assertions into the log of whoever looks at everything.
logging.getLogger("signxml.processor").setLevel(logging.INFO)


def signed_part(assertion: bytes, certificate: str) -> "Element | None":
    """Return what of an assertion is signed by the owner of a certificate.

    A certificate is a wrapping of its key, as SAML's metadata has it: its own dates and its issuer do not
    matter.

    Args:
        assertion: The assertion as a document of its own.
        certificate: The certificate in PEM.

    Returns:
        What the signature covers, parsed from the very bytes that it covers; None if there is no good
        signature of the assertion's own.
    """
    verifier: Any = XMLVerifier()
    try:
        trusted = load_pem_x509_certificate(certificate.encode())
        # Else the machine's clock would decide.
        expected = replace(_EXPECTED, verification_time=trusted.not_valid_before_utc)
        result = verifier.verify(assertion, x509_cert=trusted, expect_config=expected, id_attribute="ID")
    except Exception:  # noqa: BLE001 - whatever signxml stumbles over, it is no good signature
        return None
    covered: Element | None = result.signed_xml
    return covered


def sign(assertion: "Element", key: RSAPrivateKey, certificate: str) -> "Element":
    """Return an assertion with its signature in place of the element that has the id ``placeholder``."""
    signer: Any = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    reference = f"#{assertion.get('ID')}"
    signed: Element = signer.sign(
        assertion, key=key, cert=certificate, reference_uri=reference, id_attribute="ID"
    )
    return signed
