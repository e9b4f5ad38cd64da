"""`config.json`, the file of profiles that aliyun-cli writes: text in, profiles out.

Rule of this module: whatever a file may hold ends in profiles or in an error that names the file, the place
in it and what is wrong there; nothing of its content but the names of profiles gets into the error.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

from alicred.exceptions import ConfigurationError
from alicred.profile_files import ProfileFile
from alicred.profiles import Fields, Profile, listed, shown

__all__ = ["Document", "parse"]

_MOST_SOURCES = 32
_REPAIR = "Repair the file, or write it anew with: aliyun configure"


class Document(NamedTuple):
    """What a file says.

    Attributes:
        file: The file.
        current: The name of the profile that is used where nobody names another.
        profiles: Those that can be told apart, by name.
        flaws: What is wrong with the others, by name; under None what is wrong with one that has no name. It
            is nothing to who means a profile that is sound.
    """

    file: ProfileFile
    current: str | None
    profiles: dict[str, Profile]
    flaws: dict[str | None, ConfigurationError]

    def __repr__(self) -> str:
        return f"Document(file={self.file.path!r}, profiles={list(self.profiles)!r})"

    def chosen(self, named: str | None) -> Profile:
        """Return the profile that is meant.

        Args:
            named: What ``ALIBABA_CLOUD_PROFILE`` says, None to take the current one.

        Raises:
            ConfigurationError: There is no such profile.
        """
        name = named or self.current
        if name is None:
            for flaw in self.flaws.values():
                raise flaw.copy()
            raise self.file.error(
                "does not say which profile is meant: current is missing or empty.",
                f"Run aliyun configure switch, or set ALIBABA_CLOUD_PROFILE. {listed(self.profiles)}",
            )
        found = self._found(name)
        if found is not None:
            return found
        who = "ALIBABA_CLOUD_PROFILE" if named else "current"
        raise self.file.error(f'has no profile "{shown(name)}", which {who} names.', listed(self.profiles))

    def lineage(self, profile: Profile, *, chains: str) -> tuple[Profile, ...]:
        """Return a profile and those that it leads to by ``source_profile``.

        Args:
            profile: Where to begin.
            chains: The mode whose profiles have a source, in lower case.

        Raises:
            ConfigurationError: A source is missing, or leads back.
        """
        path = [profile]
        while (path[-1].text("mode") or "").lower() == chains:
            source = path[-1].required_text("source_profile")
            found = self._found(source)
            if found is None:
                problem = f'source_profile names "{shown(source)}", which is none.'
                raise path[-1].error(problem, listed(self.profiles))
            names = [step.name for step in path]
            if source in names:
                circle = " -> ".join(shown(name) for name in [*names[names.index(source) :], source])
                raise profile.error(f"source_profile leads in a circle: {circle}.", "Break it.")
            if len(path) > _MOST_SOURCES:
                raise profile.error(
                    f"source_profile leads through more than {_MOST_SOURCES} profiles.",
                    "Begin with a later one.",
                )
            path.append(found)
        return tuple(path)

    def _found(self, name: str) -> Profile | None:
        if name in self.profiles:
            return self.profiles[name]
        # The one that is meant may be the one that has lost its name.
        flaw = self.flaws.get(name) or self.flaws.get(None)
        if flaw is not None:
            raise flaw.copy()
        return None


def parse(data: bytes, file: ProfileFile) -> Document:
    """Return what a file says.

    Raises:
        ConfigurationError: It is not what aliyun-cli writes.
    """
    document = _object(_text(data, file), file)
    current = document.get("current")
    if current is not None and not isinstance(current, str):
        raise file.error("has a current that is not a text.", _REPAIR)
    entries = document.get("profiles")
    if entries is not None and not isinstance(entries, list):
        raise file.error("has profiles that are not a list.", _REPAIR)
    return Document(file, current or None, *_told_apart(cast("list[object]", entries or []), file))


def _text(data: bytes, file: ProfileFile) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
    raise file.error(f"is not UTF-8: line {line}, column {column}.", "Save it as UTF-8.")


def _object(text: str, file: ProfileFile) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=Fields)
    except json.JSONDecodeError as error:
        where = f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
    except (ValueError, RecursionError):
        where = "is not JSON of a reasonable size: it nests too deeply, or has a number that is too long."
    else:
        if isinstance(document, dict):
            return cast("dict[str, Any]", document)
        where = "is JSON, but not an object with current and profiles."
    # Raised out here: the parser's own exception carries the whole text.
    raise file.error(where, _REPAIR)


def _told_apart(
    entries: list[object], file: ProfileFile
) -> tuple[dict[str, Profile], dict[str | None, ConfigurationError]]:
    """Return the profiles by name, and what is wrong with those that have none, or share one."""
    profiles: dict[str, Profile] = {}
    flaws: dict[str | None, ConfigurationError] = {}
    for number, entry in enumerate(entries, start=1):
        objection = _objection(entry, number, file)
        if objection is not None:
            flaws.setdefault(None, objection)
            continue
        fields = cast("Fields", entry)
        name = str(fields["name"])
        if name in profiles or name in flaws:
            flaws[name] = file.error(f'has two profiles named "{shown(name)}".', "Rename or remove one.")
            profiles.pop(name, None)
        else:
            profiles[name] = Profile(file=file.path, name=name, fields=fields)
    return profiles, flaws


def _objection(entry: object, number: int, file: ProfileFile) -> ConfigurationError | None:
    if not isinstance(entry, dict):
        return file.error(f"has an entry of profiles, number {number}, that is not an object.", _REPAIR)
    name = cast("Fields", entry).get("name")
    if not isinstance(name, str) or not name:
        return file.error(
            f"has an entry of profiles, number {number}, whose name is missing or no text.", _REPAIR
        )
    return None
