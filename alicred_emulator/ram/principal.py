"""For whom a credential speaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An account root, a RAM user or a session of a role, as `GetCallerIdentity` describes it.

    Source:
        https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity

    Attributes:
        kind: ``Account``, ``RAMUser`` or ``AssumedRoleUser`` (documented).
        arn: Its ARN as a caller, such as ``acs:ram::<account>:assumed-role/<role>/<session>``.
        entity_arn: The ARN of the root, the user or the role in RAM.
        account_id: The account it belongs to.
        principal_id: The account's id, the user's id, or ``<role id>:<session>`` (documented).
        user_id: The user's id; the account's for a root, None for a session.
        role_id: The role's id, None unless it is a session.
    """

    kind: str
    arn: str
    entity_arn: str
    account_id: str
    principal_id: str
    user_id: str | None = None
    role_id: str | None = None

    @property
    def trusted_as(self) -> frozenset[str]:
        """The ARNs by which a trust policy may mean it: its own, and that of its whole account."""
        return frozenset({self.entity_arn, f"acs:ram::{self.account_id}:root"})
