"""Identity providers that an account of an emulator in another process trusts: OIDC and SAML."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from alicred_emulator.remote.resource import Fact, Resource, Switch, seconds, span


class RemoteOidcProvider(Resource):
    """What `alicred_emulator.ram.providers.OidcProvider` is, elsewhere."""

    name: Fact[str] = Fact("Its name.", str)
    arn: Fact[str] = Fact("``acs:ram::<account>:oidc-provider/<name>``.", str)
    issuer_url: Switch[str] = Switch("What ``iss`` has to be.", str)
    client_ids: Switch[Sequence[str]] = Switch("What ``aud`` has to be one of.", list, list)
    fingerprints: Switch[Sequence[str] | None] = Switch(
        "SHA-1 thumbprints of the issuer's CA; None means that the registered one is right.",
        lambda texts: texts,
    )
    issuance_limit: Switch[timedelta] = Switch(
        "How long ago a token may have been issued, a timedelta.", span, seconds
    )
    keys: Switch[Mapping[str, object] | None] = Switch(
        "The issuer's JWKS; None asks the emulator's own issuer for it.", lambda keys: keys
    )


class RemoteSamlProvider(Resource):
    """What `alicred_emulator.ram.providers.SamlProvider` is, elsewhere."""

    name: Fact[str] = Fact("Its name.", str)
    arn: Fact[str] = Fact("``acs:ram::<account>:saml-provider/<name>``.", str)
    entity_id: Switch[str] = Switch("What the issuer of an assertion has to be.", str)
    certificates: Switch[Callable[[], Sequence[str]]] = Switch(
        "Returns the certificates that sign its assertions, in PEM; asked for once when it is set.",
        lambda texts: lambda: texts,
        lambda certificates: list(certificates()),
    )
