"""A CloudSSO directory: who has signed in, and what may be entered from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.cloud_sso.access_configurations import DEFAULT_SECONDS, AccessConfiguration
from alicred_emulator.keys import KeyMint
from alicred_emulator.ram.account import Ram
from alicred_emulator.sign_in.proof_key import ProofKey
from alicred_emulator.sign_in.tokens import Token, Tokens

NAME: Final = "demo-directory"
USER_NAME: Final = "demo-sso-user"
ACCESS_CONFIGURATION_NAME: Final = "demo-access"

SIGN_IN_HOST: Final = "signin-cn-shanghai.alibabacloudsso.com"
"""Where the users of such a directory sign in, in the real world."""

ACCESS_TOKEN_LIFETIME: Final = timedelta(hours=8)
"""How long an access token is good unless another time is asked for (a guess; it is not documented)."""

DEVICE_CODE_LIFETIME: Final = timedelta(minutes=10)
"""How long a user may take to approve a device (a guess)."""


@dataclass(slots=True, kw_only=True, eq=False)
class Device:
    """A program that waits for a user to sign in for it.

    Attributes:
        client_id: What it calls itself.
        proof_key: What it has to prove itself by.
        approved: Whether the user has signed in.
    """

    client_id: str
    proof_key: ProofKey
    approved: bool = False


class Directory:
    """A directory with one user, who may enter whatever access configurations are assigned for.

    Args:
        clock: The emulator's clock.
        mint: Makes tokens and codes.
        account: The default account, for which one access configuration is assigned.

    Attributes:
        access_tokens: Those issued, each to the name of a user.
        device_codes: Those issued.
        access_configurations: All there are, in the order in which they were made.
        default: The first of them.
    """

    def __init__(self, clock: EmulatorClock, mint: KeyMint, account: Ram) -> None:
        self.access_tokens: Final = Tokens[str]("AccessToken", mint, clock)
        self.device_codes: Final = Tokens[Device]("DeviceCode", mint, clock)
        self.access_configurations: Final[list[AccessConfiguration]] = []
        self.default: Final = self.add_access_configuration(ACCESS_CONFIGURATION_NAME, accounts=[account])

    def add_access_configuration(
        self,
        name: str,
        *,
        accounts: Sequence[Ram],
        description: str = "",
        session_duration: int = DEFAULT_SECONDS,
    ) -> AccessConfiguration:
        """Make an access configuration and assign it.

        Args:
            name: Its name.
            accounts: The accounts that users may enter with it.
            description: Its description.
            session_duration: How many seconds a session lasts, 900 to 43200.

        Returns:
            The access configuration.

        Raises:
            ValueError: If the name is malformed or taken in an account, or the duration out of range.
        """
        number = len(self.access_configurations) + 1
        made = AccessConfiguration(number, name, description, session_duration)
        for account in accounts:
            made.assign(account)
        self.access_configurations.append(made)
        return made

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The accounts that may be entered, in the order in which they were first assigned."""
        return tuple(dict.fromkeys(account for made in self.access_configurations for account in made.roles))

    def assigned(self, account_id: str, configuration_id: str = "") -> tuple[AccessConfiguration, ...]:
        """Return the access configurations that an account may be entered with.

        Args:
            account_id: The account's 16 digits.
            configuration_id: The id of the only one that is asked for; empty for all.
        """
        assigned = (made for made in self.access_configurations if account_id in made.roles)
        return tuple(made for made in assigned if configuration_id in {"", made.id})

    def waiting(self, user_code: str) -> Token[Device] | None:
        """Return the device code that goes with a user code, good or not, or None."""
        return self.device_codes.first(lambda code: user_code_of(code) == user_code)


def user_code_of(device_code: Token[Device]) -> str:
    """Return what the user types in for a device."""
    return f"FAKE-{device_code.text[-4:]}"
