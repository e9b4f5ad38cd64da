"""The names that SAML 2.0 and Alibaba Cloud give to things (all documented)."""

from typing import Final

ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
PREFIXES: Final = {"saml": ASSERTION, "samlp": PROTOCOL, "ds": SIGNATURE}
"""The namespaces, by the prefixes that this package writes and searches with."""

SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PASSWORD: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"  # noqa: S105 - how somebody has signed in
UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
"""The format of a name that says none."""

NAME_FORMATS: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
"""What STS leaves out of the name's format."""

ROLE: Final = "https://www.aliyun.com/SAML-Role/Attributes/Role"
SESSION_NAME: Final = "https://www.aliyun.com/SAML-Role/Attributes/RoleSessionName"
SESSION_DURATION: Final = "https://www.aliyun.com/SAML-Role/Attributes/SessionDuration"

RECIPIENT: Final = "https://signin.aliyun.com/saml-role/sso"
AUDIENCE: Final = "urn:alibaba:cloudcomputing"
