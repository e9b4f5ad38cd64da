"""What alicred raises: one family, its branches split by who has to act.

Rule of this module: a message says what happened and what to do next, and never holds a secret, a token
or a piece of a service's answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "Attempt",
    "ConfigWarning",
    "ConfigurationError",
    "CredentialException",
    "CredentialRefusedError",
    "NoCredentialError",
    "ServiceUnreachableError",
]


class CredentialException(Exception):  # noqa: N818 - the name that users of Alibaba's SDK catch
    """No credential can be had. Every failure of alicred is one of these.

    Attributes:
        problem: What happened, one sentence.
        remedy: What to do next, one sentence; may be empty.
        provider: The provider that failed, such as ``ecs_ram_role``.
        temporary: Whether the same call may succeed later with nobody changing anything. Such a verdict is
            shared by all callers for the back-off interval, so that an outage is not made worse by retries.
        absent: Whether there simply is nothing at this place: no instance, no role. The default chain passes
            over it in silence.
        code: The service's own word for the failure, such as ``NoPermission``; None where it gave none.
        request_id: The id under which Alibaba Cloud finds the request; None where the service gave none.
    """

    temporary = False

    def __init__(  # noqa: PLR0913 - what a failure consists of
        self,
        problem: str,
        *,
        remedy: str = "",
        provider: str = "alicred",
        absent: bool = False,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self.problem = problem
        self.remedy = remedy
        self.provider = provider
        self.absent = absent
        self.code = code
        self.request_id = request_id
        super().__init__(problem)

    def __str__(self) -> str:
        return f"{self.provider}: {self.problem} {self.remedy}".rstrip()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.__dict__)

    def copy(self, *, problem: str | None = None) -> CredentialException:
        """Return an equal exception with a traceback of its own, for another caller to raise.

        Args:
            problem: What happened, in other words; None for the same.
        """
        return _rebuild(type(self), {**self.__dict__, "problem": problem or self.problem})


class ConfigurationError(CredentialException):
    """What the caller, the environment or a file says cannot work; its author has to change it."""


class CredentialRefusedError(CredentialException):
    """A service answered and said no: a role is missing, not attached, or not allowed."""


class ServiceUnreachableError(CredentialException):
    """A service did not answer, answered with a failure of its own, or made no sense; it may recover."""

    temporary = True


class Attempt(NamedTuple):
    """One element of the default chain, and why it gave no credential.

    Attributes:
        provider: The element's name, such as ``env``.
        reason: Why it was passed over, for a person.
        error: What it raised if it was configured and broken, otherwise None.
    """

    provider: str
    reason: str
    error: CredentialException | None = None


class NoCredentialError(CredentialException):
    """No element of the default chain had a credential.

    Attributes:
        attempts: What was tried, in order.
    """

    def __init__(self, attempts: tuple[Attempt, ...]) -> None:
        self.attempts = attempts
        self.temporary: bool = any(a.error is not None and a.error.temporary for a in attempts)
        super().__init__(
            "no element of the default chain has a credential.",
            remedy="Configure one of them, or pass a Config to Client.",
            provider="default",
        )

    def __str__(self) -> str:
        lines = [f"  {attempt.provider}: {attempt.reason}" for attempt in self.attempts]
        return "\n".join([super().__str__(), *lines])


class ConfigWarning(UserWarning):
    """A parameter has no effect where it was given."""


def _rebuild(kind: type[CredentialException], state: dict[str, Any]) -> CredentialException:
    error = kind.__new__(kind)
    Exception.__init__(error, state["problem"])
    error.__dict__.update(state)
    return error
