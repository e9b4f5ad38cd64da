"""A profile: what a file says about one way to a credential, under field names that other tools gave it.

Rule of this module: an error names the file, the profile and the field, and never shows a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alicred.exceptions import ConfigurationError
from alicred.values import Value

__all__ = ["Fields", "Profile", "listed", "shown"]

_LONGEST_NAME = 64
_MOST_NAMES = 20


def shown(name: str, *, longest: int | None = _LONGEST_NAME) -> str:
    """Return a name as a message may show it: in one line, and not longer than one cares to read."""
    printable = name if name.isprintable() else ascii(name)[1:-1]
    return printable if longest is None or len(printable) <= longest else printable[:longest] + "..."


def listed(names: Iterable[str]) -> str:
    """Return which profiles a file has, as a remedy says it: one sentence."""
    every = [shown(name) for name in names]
    more = [f"and {len(every) - _MOST_NAMES} more"] if len(every) > _MOST_NAMES else []
    return f"It has: {', '.join(every[:_MOST_NAMES] + more) or 'none at all'}."


class Fields(dict[str, object]):
    """Values by field that show the fields alone, in the report of whoever prints local variables too."""

    def __repr__(self) -> str:
        return f"{sorted(map(shown, self))!r}"


class Profile(Value):
    """One profile of one file.

    Attributes:
        file: The path of the file.
        name: The profile's name.
        fields: What it says, as in the file.
        place: The element of the default chain that its errors are told under.
    """

    file: str
    name: str
    fields: Mapping[str, object]
    place: str = "cli_profile"

    def __repr__(self) -> str:
        return f"Profile(file={self.file!r}, name={self.name!r}, fields={sorted(map(shown, self.fields))!r})"

    @property
    def where(self) -> str:
        """What a message about it begins with."""
        return f'profile "{shown(self.name)}" of {shown(self.file, longest=None)}'

    def text(self, field: str) -> str | None:
        """Return a text, None where it is missing, null or empty.

        Raises:
            ConfigurationError: It is something else.
        """
        value = self.fields.get(field)
        if value is None or isinstance(value, str):
            return value or None
        raise self.error(f"{field} is not a text.", "Write it in quotation marks.")

    def required_text(self, field: str) -> str:
        """Return a text that has to be there.

        Raises:
            ConfigurationError: It is missing, empty or something else.
        """
        value = self.text(field)
        if value is None:
            raise self.error(f"{field} is missing or empty.", "Add it, or choose another profile.")
        return value

    def number(self, field: str) -> int | None:
        """Return a whole number, None where it is missing or null.

        Raises:
            ConfigurationError: It is something else.
        """
        value = self.fields.get(field)
        if value is None or type(value) is int:
            return value
        raise self.error(f"{field} is not a whole number.", "Write it in digits, without quotation marks.")

    def switch(self, field: str) -> bool | None:
        """Return a switch, None where it is missing, null or empty.

        Raises:
            ConfigurationError: It is something else.
        """
        value = self.fields.get(field)
        if isinstance(value, str):
            # An INI file has nothing but texts.
            value = {"true": True, "false": False, "": None}.get(value.lower(), value)
        if value is None or isinstance(value, bool):
            return value
        raise self.error(f"{field} is neither true nor false.", "Write one of them.")

    def flag(self, field: str) -> bool:
        """Return a switch, which is off where it is missing, null or empty.

        Raises:
            ConfigurationError: It is something else.
        """
        return bool(self.switch(field))

    def error(self, problem: str, remedy: str) -> ConfigurationError:
        """Return the error for something in this profile.

        Args:
            problem: What is wrong, one sentence that names the field.
            remedy: What to do about it, one sentence.
        """
        return ConfigurationError(f"{self.where}: {problem}", remedy=remedy, provider=self.place)
