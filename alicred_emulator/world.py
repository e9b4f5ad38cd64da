"""One emulated world: everything that the services know and that a reset makes anew."""

from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.identity import IdentitySigner
from alicred_emulator.imds_tokens import ImdsTokens
from alicred_emulator.instance import Instance
from alicred_emulator.keys import KeyMint
from alicred_emulator.ledger import Ledger
from alicred_emulator.ram import Ram
from alicred_emulator.uri_endpoint import UriEndpoint

ACCOUNT_ID: Final = "1234567890123456"
USER_NAME: Final = "demo-user"
ROLE_NAME: Final = "demo-role"


class World:
    """The state behind the services, filled with the default account, user, role and instance.

    Args:
        clock: The emulator's clock.

    Attributes:
        clock: The emulator's clock.
        signer: Signs identity documents; it survives a reset, since its key takes long to make.
        ram: Users and roles.
        ledger: Every credential issued.
        instance: The ECS instance, with the default role attached.
        imds_tokens: The tokens of the metadata service.
        uri_endpoint: What the credentials URI answers.
    """

    def __init__(self, clock: EmulatorClock) -> None:
        self.clock: Final = clock
        self.signer: Final = IdentitySigner()
        self.reset()

    def reset(self) -> None:
        """Begin again with the default world."""
        mint = KeyMint(ACCOUNT_ID)
        self.ram = Ram(ACCOUNT_ID, mint)
        self.user = self.ram.add_user(USER_NAME)
        self.role = self.ram.add_role(ROLE_NAME)
        self.ledger = Ledger(mint)
        self.instance = Instance(self.clock, self.ram, self.ledger, self.signer)
        self.instance.role = self.role
        self.imds_tokens = ImdsTokens()
        self.uri_endpoint = UriEndpoint(self.clock, self.ledger, self.role)
