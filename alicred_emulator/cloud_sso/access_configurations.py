"""What may be entered with CloudSSO: access configurations, and the role each has in an account."""

from typing import Final

from alicred_emulator.ram.account import Ram
from alicred_emulator.ram.roles import Role
from alicred_emulator.ram.trust import trust_policy

SESSION_SECONDS: Final = range(900, 43200 + 1)
"""What the session duration of an access configuration may be (documented)."""

DEFAULT_SECONDS: Final = 3600
"""The session duration unless another is set (documented)."""

_RESERVED: Final = "AliyunReservedSSO-"
"""What the names of the roles begin with that CloudSSO makes (likely; in the words of its console)."""


class AccessConfiguration:
    """A named set of permissions that users get in the accounts it is assigned for.

    Source:
        https://www.alibabacloud.com/help/en/cloudsso/latest/api-cloudsso-2021-05-15-createaccessconfiguration

    Args:
        number: Which of its directory it is.
        name: Its name.
        description: Its description.
        session_duration: How many seconds a session lasts.

    Attributes:
        id: Its id, such as ``ac-00fake000000000001``.
        name: Its name.
        description: Its description.
        roles: The role that it has in each account, by the account's id.
    """

    def __init__(self, number: int, name: str, description: str, session_duration: int) -> None:
        self.id: Final = f"ac-00fake{number:012d}"
        self.name: Final = name
        self.description: Final = description
        self.roles: Final[dict[str, Role]] = {}
        self.session_duration = session_duration

    def __repr__(self) -> str:
        return f"<AccessConfiguration {self.name} for {', '.join(self.roles) or 'no account'}>"

    @property
    def session_duration(self) -> int:
        """Seconds that a session lasts, 900 to 43200 (documented); may be changed.

        Raises:
            ValueError: When set to anything else.
        """
        return self._session_duration

    @session_duration.setter
    def session_duration(self, seconds: int) -> None:
        if seconds not in SESSION_SECONDS:
            raise ValueError(f"session_duration is 900 to 43200 seconds, not {seconds}")
        self._session_duration = seconds

    def assign(self, account: Ram) -> Role:
        """Let users enter an account with it.

        Args:
            account: The account.

        Returns:
            The role that their sessions are of, made for the purpose; nobody else may assume it.

        Raises:
            ValueError: If it is assigned for the account already, or its name cannot be part of a role's.
        """
        provider = f"acs:ram::{account.account_id}:saml-provider/{_RESERVED}directory"
        role = account.add_role(f"{_RESERVED}{self.name}", trust_policy=trust_policy(federated=provider))
        self.roles[account.account_id] = role
        return role
