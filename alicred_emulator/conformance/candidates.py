"""Whom the stories can be told to, by name; each is loaded when it is chosen.

The rule kept here: a client that is not installed is named together with what installs it.
"""

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alicred_emulator.scenarios.subject import Subject


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject, and what it is to a reader of a report.

    Attributes:
        subject: The subject.
        client: Which client it is, with its version.
    """

    subject: Subject
    client: str


class UnknownSubjectError(ValueError):
    """There is no such subject, or it cannot be one here; the message says what to do."""


def _alicred(*, asynchronous: bool) -> Subject:
    from alicred_emulator.subjects.alicred import AlicredSubject  # noqa: PLC0415 - see above

    return AlicredSubject(asynchronous=asynchronous)


def _sdk(*, asynchronous: bool) -> Subject:
    from alicred_emulator.subjects.sdk import SdkSubject  # noqa: PLC0415 - see above

    return SdkSubject(asynchronous=asynchronous)


_ALICRED: Final = "alicred"
_SDK: Final = "alibabacloud_credentials"
_KNOWN: Final[Mapping[str, tuple[str, Callable[[], Subject]]]] = {
    "alicred-sync": (_ALICRED, lambda: _alicred(asynchronous=False)),
    "alicred-async": (_ALICRED, lambda: _alicred(asynchronous=True)),
    "sdk-sync": (_SDK, lambda: _sdk(asynchronous=False)),
    "sdk-async": (_SDK, lambda: _sdk(asynchronous=True)),
}

NAMES: Final = tuple(_KNOWN)
"""The subjects that have a name."""


def candidates(names: Sequence[str], command: str | None) -> list[Candidate]:
    """Return whom the stories are told to.

    Args:
        names: Names of subjects; the first of `NAMES` where neither they nor a command are given.
        command: The command line of a program that is one.

    Raises:
        UnknownSubjectError: If one cannot be a subject here.
    """
    if not names and command is None:
        names = (NAMES[0],)
    chosen = [_candidate(name) for name in dict.fromkeys(names)]
    return chosen if command is None else [*chosen, _program(command)]


def _candidate(name: str) -> Candidate:
    if name not in _KNOWN:
        raise UnknownSubjectError(f"no subject is called {name!r}; known: {', '.join(NAMES)}")
    distribution, make = _KNOWN[name]
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        raise UnknownSubjectError(
            f"{name} needs {distribution}, which is not installed: pip install {distribution}"
        ) from None
    return Candidate(make(), f"{distribution} {version}")


def _program(line: str) -> Candidate:
    from alicred_emulator.subjects.command import CommandSubject  # noqa: PLC0415 - see above

    try:
        subject = CommandSubject(line)
    except ValueError as error:
        raise UnknownSubjectError(str(error)) from error
    return Candidate(subject, subject.program)
