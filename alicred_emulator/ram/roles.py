"""Roles: whom they trust, how long their sessions last, and what a session of one is."""

from collections.abc import Mapping
from typing import Final

from alicred_emulator.ram.names import numeric_id
from alicred_emulator.ram.principal import Principal
from alicred_emulator.ram.trust import TrustPolicy

SESSION_SECONDS: Final = range(3600, 43200 + 1)
"""What `MaxSessionDuration` may be (documented)."""


class Role:
    """A RAM role.

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-createrole,
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity (the
        ARN of a session as a caller).

    Args:
        name: The role's name, unique in the account.
        account_id: The account's 16 digits.
        trust_policy: Who may assume it.
        max_session_duration: Seconds that a session of it may last.

    Attributes:
        name: The role's name.
        arn: ``acs:ram::<account>:role/<name>``.
        role_id: The 18 digits by which RAM knows it.
        may_assume_roles: Whether its policies allow its sessions ``sts:AssumeRole``; may be changed.
    """

    def __init__(
        self, name: str, account_id: str, trust_policy: Mapping[str, object], max_session_duration: int
    ) -> None:
        self.name: Final = name
        self.arn: Final = f"acs:ram::{account_id}:role/{name}"
        self.role_id: Final = numeric_id(self.arn, "3")
        self.may_assume_roles = True
        self._account_id = account_id
        self.trust_policy = trust_policy
        self.max_session_duration = max_session_duration

    def __repr__(self) -> str:
        return f"<Role {self.arn}>"

    @property
    def trust_policy(self) -> Mapping[str, object]:
        """Who may assume it, ``{"Statement": [...], "Version": "1"}``; may be changed.

        RAM calls it `AssumeRolePolicyDocument`.

        Raises:
            ValueError: When set to what is no trust policy, or to one that this emulator cannot judge.
        """
        return self._trust.document

    @trust_policy.setter
    def trust_policy(self, document: Mapping[str, object]) -> None:
        self._trust = TrustPolicy(document)

    @property
    def trust(self) -> TrustPolicy:
        """The trust policy, ready to be asked."""
        return self._trust

    @property
    def max_session_duration(self) -> int:
        """Seconds that a session of it may last, 3600 to 43200 (documented); may be changed.

        Raises:
            ValueError: When set to anything else.
        """
        return self._max_session_duration

    @max_session_duration.setter
    def max_session_duration(self, seconds: int) -> None:
        if seconds not in SESSION_SECONDS:
            raise ValueError(f"max_session_duration is 3600 to 43200 seconds, not {seconds}")
        self._max_session_duration = seconds

    def session_arn(self, session_name: str) -> str:
        """Return the ARN that a session of the role has as a caller (documented shape).

        Args:
            session_name: The session's name, the last part of the ARN.
        """
        return f"acs:ram::{self._account_id}:assumed-role/{self.name}/{session_name}"

    def session(self, session_name: str) -> Principal:
        """Return whom the credential of a session speaks for.

        Args:
            session_name: The session's name.
        """
        return Principal(
            kind="AssumedRoleUser",
            arn=self.session_arn(session_name),
            entity_arn=self.arn,
            account_id=self._account_id,
            principal_id=f"{self.role_id}:{session_name}",
            role_id=self.role_id,
        )
