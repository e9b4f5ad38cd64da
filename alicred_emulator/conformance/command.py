"""What the command does, from its options to its exit status."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alicred_emulator.conformance.candidates import candidates
from alicred_emulator.conformance.documents import write_json, write_junit
from alicred_emulator.conformance.markdown import page
from alicred_emulator.conformance.results import Told
from alicred_emulator.conformance.svg import picture
from alicred_emulator.conformance.telling import Say, tell
from alicred_emulator.scenarios.parametrise import chosen
from alicred_emulator.scenarios.reader import catalogue

PAGE: Final = "conformance.md"
PICTURE: Final = "conformance.svg"
"""The files of a report."""


class UsageError(Exception):
    """The command was called wrongly; the message says how."""


def perform(  # noqa: PLR0913 - the options of the command
    *,
    names: Sequence[str],
    subjects: Sequence[str],
    program: str | None,
    only_list: bool,
    json: Path | None,
    junit: Path | None,
    report: Path | None,
    say: Say,
) -> int:
    """Tell the chosen stories to the chosen subjects.

    Args:
        names: Globs for the names of stories; none means all.
        subjects: Names of subjects.
        program: The command line of a program that is one.
        only_list: Whether the stories are listed instead.
        json: A file for the results as JSON.
        junit: A file for the results as JUnit XML.
        report: A directory for the comparison.
        say: Takes lines for the user.

    Returns:
        The exit status: 1 if a story failed.

    Raises:
        UsageError: If a story or subject is unknown, or a file could not be written in the end.
    """
    with _said_plainly():
        stories = chosen(catalogue(), *names)
    if only_list:
        for story in stories:
            say(f"{story.name}: {story.title}")
        return 0
    with _said_plainly():
        for folder in filter(None, (json and json.parent, junit and junit.parent, report)):
            folder.mkdir(parents=True, exist_ok=True)
        subjects_told = candidates(subjects, program)
    told = tell(stories, subjects_told, say)
    with _said_plainly():
        _write(told, json, junit, report)
    return int(any(each.failed() for each in told))


@contextmanager
def _said_plainly() -> Generator[None, None, None]:
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        # Of a full disk no file is named.
        reason = f"{error.filename or 'what came of it'} cannot be written: {error.strerror}"
        raise UsageError(f"{reason}; choose a place in a directory that can be written") from error


def _write(told: Sequence[Told], json: Path | None, junit: Path | None, report: Path | None) -> None:
    if json is not None:
        write_json(told, json)
    if junit is not None:
        write_junit(told, junit)
    if report is not None:
        (report / PAGE).write_text(page(told, PICTURE), encoding="utf-8")
        (report / PICTURE).write_text(picture(told), encoding="utf-8")
