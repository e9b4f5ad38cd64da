"""Who exists: one account, its users and its roles."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from alicred_emulator.keys import KeyMint, masked

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SESSION_SECONDS: Final = range(3600, 43200 + 1)

_Principal = TypeVar("_Principal")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class User:
    """A RAM user with one AccessKey pair.

    Attributes:
        name: The user's name, unique in the account.
        arn: ``acs:ram::<account>:user/<name>``.
        access_key_id: The id of the AccessKey pair.
        access_key_secret: Its secret.
    """

    name: str
    arn: str
    access_key_id: str
    access_key_secret: str

    def __repr__(self) -> str:
        return f"<User {self.arn} with key {masked(self.access_key_id)}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A RAM role.

    Attributes:
        name: The role's name, unique in the account.
        arn: ``acs:ram::<account>:role/<name>``.
        max_session_duration: Seconds that a session of it may last, 3600 to 43200 (documented).
    """

    name: str
    arn: str
    max_session_duration: int

    def session_arn(self, session_name: str) -> str:
        """Return the ARN that a session of the role has as a caller (documented shape)."""
        return f"{self.arn.replace(':role/', ':assumed-role/', 1)}/{session_name}"


class Ram:
    """The users and roles of one account.

    Args:
        account_id: The account's 16 digits.
        mint: Makes the users' keys.
    """

    def __init__(self, account_id: str, mint: KeyMint) -> None:
        self.account_id: Final = account_id
        self._mint = mint
        self._users: dict[str, User] = {}
        self._roles: dict[str, Role] = {}

    def add_user(self, name: str) -> User:
        """Create a user with an AccessKey pair.

        Args:
            name: 1 to 64 letters, digits, dots, hyphens and underscores.

        Returns:
            The new user.

        Raises:
            ValueError: If the name is malformed or taken.
        """
        _check_name("user", name, self._users)
        key_id, secret = self._mint.user_key()
        user = User(
            name=name,
            arn=f"acs:ram::{self.account_id}:user/{name}",
            access_key_id=key_id,
            access_key_secret=secret,
        )
        self._users[name] = user
        return user

    def add_role(self, name: str, *, max_session_duration: int = 3600) -> Role:
        """Create a role.

        Args:
            name: 1 to 64 letters, digits, dots, hyphens and underscores.
            max_session_duration: Seconds that a session may last, 3600 to 43200.

        Returns:
            The new role.

        Raises:
            ValueError: If the name is malformed or taken, or the duration out of range.
        """
        _check_name("role", name, self._roles)
        if max_session_duration not in _SESSION_SECONDS:
            raise ValueError(f"max_session_duration is 3600 to 43200 seconds, not {max_session_duration}")
        role = Role(
            name=name,
            arn=f"acs:ram::{self.account_id}:role/{name}",
            max_session_duration=max_session_duration,
        )
        self._roles[name] = role
        return role

    def user(self, name: str) -> User:
        """Return a user by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return _find("user", name, self._users)

    def role(self, name: str) -> Role:
        """Return a role by name.

        Raises:
            LookupError: If there is none; the message lists those there are.
        """
        return _find("role", name, self._roles)


def _check_name(kind: str, name: str, taken: Container[str]) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no {kind} name; use 1 to 64 letters, digits, '.', '-' and '_'")
    if name in taken:
        raise ValueError(f"there is a {kind} called {name!r} already")


def _find(kind: str, name: str, existing: Mapping[str, _Principal]) -> _Principal:
    try:
        return existing[name]
    except KeyError:
        known = ", ".join(existing) or "none"
        raise LookupError(f"no {kind} is called {name!r}; existing: {known}") from None
