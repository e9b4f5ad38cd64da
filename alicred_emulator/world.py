"""One emulated world: everything that the services know and that a reset makes anew."""

import threading
from collections.abc import Callable
from typing import Final

from alicred_emulator.authority import CertificateAuthority
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.cloud_sso.directory import Directory
from alicred_emulator.gateway.leniency import Leniency
from alicred_emulator.gateway.nonces import Nonces
from alicred_emulator.identity import IdentitySigner
from alicred_emulator.imds_tokens import ImdsTokens
from alicred_emulator.instance import Instance
from alicred_emulator.keys import KeyMint
from alicred_emulator.ledger import Ledger
from alicred_emulator.messages import Reply, Request
from alicred_emulator.oauth.sign_ins import SignIns
from alicred_emulator.oidc import service as oidc_service
from alicred_emulator.oidc.issuer import DEFAULT_AUDIENCE, OidcIssuer
from alicred_emulator.ram.access_keys import RsaKeyPair
from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.accounts import Accounts
from alicred_emulator.ram.providers import OidcProvider, SamlProvider
from alicred_emulator.ram.roles import Role
from alicred_emulator.ram.trust import merged, trust_policy
from alicred_emulator.ram.users import User
from alicred_emulator.saml.names import RECIPIENT
from alicred_emulator.saml.provider import SamlIdentityProvider
from alicred_emulator.uri_endpoint import UriEndpoint

ACCOUNT_ID: Final = "1234567890123456"
USER_NAME: Final = "demo-user"
ROLE_NAME: Final = "demo-role"
OIDC_PROVIDER_NAME: Final = "ack-rrsa-demo"
"""As ACK names the provider of a cluster (documented: ``ack-rrsa-<cluster>``)."""
SAML_PROVIDER_NAME: Final = "demo-idp"


class World:
    """The state behind the services, filled with the default account, user, role and instance.

    Args:
        clock: The emulator's clock.

    Attributes:
        clock: The emulator's clock.
        signer: Signs identity documents; it survives a reset, since its key takes long to make.
        ca: Certifies the servers; it survives a reset, since clients have been told to trust it.
        oidc: The OIDC issuer.
        saml: The SAML identity provider.
        ask_issuer: How STS asks the issuer for its keys; the emulator has it go through the service.
        mint: Makes keys and ids.
        accounts: All accounts.
        ram: The default account.
        user: The default user.
        role: The default role, attached to the instance; the user and both identity providers may assume it.
        oidc_provider: The issuer, as it is registered with the default account.
        saml_provider: The identity provider, as it is registered with the default account.
        ledger: Every credential issued.
        leniency: Which mistakes of clients are let pass.
        nonces: Which nonces were used.
        instance: The ECS instance, with the default role attached.
        imds_tokens: The tokens of the metadata service.
        uri_endpoint: What the credentials URI answers.
        sign_ins: Who has signed in with OAuth; the default user does.
    """

    def __init__(self, clock: EmulatorClock) -> None:
        self.clock: Final = clock
        self._making: Final = threading.Lock()
        self.signer: Final = IdentitySigner()
        self.ca: Final = CertificateAuthority()
        self.oidc: Final = OidcIssuer(clock)
        self.saml: Final = SamlIdentityProvider(clock)
        self.ask_issuer: Callable[[Request], Reply] = lambda request: oidc_service.answer(self, request)
        self.reset()

    def reset(self) -> None:
        """Begin again with the default world."""
        self.oidc.reset()
        self.saml.reset()
        self.mint: KeyMint = KeyMint(ACCOUNT_ID)
        self.accounts: Accounts = Accounts(self.mint)
        self.ram: Ram = self.accounts.add(ACCOUNT_ID)
        self.user: User = self.ram.add_user(USER_NAME)
        self.oidc_provider: OidcProvider = self.ram.add_oidc_provider(
            OIDC_PROVIDER_NAME, issuer_url=self.oidc.url
        )
        self.saml_provider: SamlProvider = self.ram.add_saml_provider(
            SAML_PROVIDER_NAME,
            entity_id=self.saml.entity_id,
            certificates=lambda: [self.saml.certificate_pem],
        )
        self.role: Role = self.ram.add_role(ROLE_NAME, trust_policy=self._default_trust())
        self._key_pair: RsaKeyPair | None = None
        self.ledger: Ledger = Ledger(self.mint, self.clock)
        self.leniency: Leniency = Leniency()
        self.nonces: Nonces = Nonces()
        self.instance: Instance = Instance(self.clock, self.ram, self.ledger, self.signer)
        self.instance.role = self.role
        self.imds_tokens: ImdsTokens = ImdsTokens()
        self.uri_endpoint: UriEndpoint = UriEndpoint(self.clock, self.ledger, self.role)
        self._cloud_sso: Directory | None = None
        self.sign_ins: SignIns = SignIns(self.clock, self.mint, self.user.principal)

    @property
    def key_pair(self) -> RsaKeyPair:
        """The default user's RSA key pair, made when it is first asked for."""
        with self._making:
            if self._key_pair is None:
                self._key_pair = self.user.add_key_pair()
            return self._key_pair

    @property
    def cloud_sso(self) -> Directory:
        """The CloudSSO directory, made when it is first asked for, and with it a role in the account."""
        with self._making:
            if self._cloud_sso is None:
                self._cloud_sso = Directory(self.clock, self.mint, self.ram)
            return self._cloud_sso

    def move_issuer(self, url: str) -> None:
        """Give the issuer another URL, and let those who were registered with the former one know it."""
        as_it_was = self._default_trust()
        self.oidc.url = self.oidc_provider.issuer_url = url
        if self.role.trust_policy == as_it_was:
            self.role.trust_policy = self._default_trust()

    def _default_trust(self) -> dict[str, object]:
        claims = {"oidc:iss": self.oidc.url, "oidc:aud": DEFAULT_AUDIENCE}
        recipient = {"saml:recipient": RECIPIENT}
        return merged(
            self.ram.default_trust_policy(),
            trust_policy(federated=self.oidc_provider.arn, conditions={"StringEquals": claims}),
            trust_policy(federated=self.saml_provider.arn, conditions={"StringEquals": recipient}),
        )
