"""Identity providers that an account trusts: OIDC and SAML."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

ISSUANCE_LIMIT: Final = timedelta(hours=12)
"""How old an ID token may be unless the provider says otherwise (documented default)."""


@dataclass(slots=True, kw_only=True, eq=False)
class OidcProvider:
    """An OIDC provider as it was registered with the account. Everything may be changed.

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-createoidcprovider

    Attributes:
        name: Its name, unique among the account's OIDC providers.
        arn: ``acs:ram::<account>:oidc-provider/<name>``.
        issuer_url: What ``iss`` has to be.
        client_ids: What ``aud`` has to be one of.
        fingerprints: SHA-1 thumbprints of the CA that the issuer's certificate comes from; None means
            that the registered one is right.
        issuance_limit: How long ago a token may have been issued: 1 to 168 hours, 12 by default.
        keys: The issuer's JWKS; None asks the emulator's own issuer for it.
    """

    name: str
    arn: str
    issuer_url: str
    client_ids: Sequence[str]
    fingerprints: Sequence[str] | None = None
    issuance_limit: timedelta = ISSUANCE_LIMIT
    keys: Mapping[str, object] | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class SamlProvider:
    """A SAML identity provider as it was registered with the account. Everything may be changed.

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-createsamlprovider

    Attributes:
        name: Its name, unique among the account's SAML providers.
        arn: ``acs:ram::<account>:saml-provider/<name>``.
        entity_id: What the issuer of an assertion has to be.
        certificates: Returns the certificates that sign its assertions, in PEM.
    """

    name: str
    arn: str
    entity_id: str
    certificates: Callable[[], Sequence[str]]
