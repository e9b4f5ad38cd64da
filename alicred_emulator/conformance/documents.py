"""A run as JSON, for programs, and as JUnit XML, for what shows test results."""

import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from alicred_emulator.conformance.results import Told, group_of, shade_of
from alicred_emulator.scenarios.outcome import FAILED, PASSED, SKIPPED, Outcome
from alicred_emulator.scenarios.story import Story

FORMAT: Final = 1
"""The version of the JSON document; a reader may count on its keys."""

_NOT_IN_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_json(told: Sequence[Told], path: Path) -> None:
    """Write a run as JSON.

    Args:
        told: What came of it, by subject.
        path: The file.
    """
    stories = {one.story.name: one.story for each in told for one in each.outcomes}
    document = {
        "format": FORMAT,
        "python": platform.python_version(),
        "subjects": [_subject(each) for each in told],
        "stories": [_story(story) for story in stories.values()],
        "outcomes": [_outcome(one) for each in told for one in each.outcomes],
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _subject(told: Told) -> Mapping[str, Any]:
    verdicts = [one.verdict for one in told.outcomes]
    counts = {verdict: verdicts.count(verdict) for verdict in (PASSED, FAILED, SKIPPED)}
    return {"name": told.subject, "client": told.client, **counts}


def _story(story: Story) -> Mapping[str, Any]:
    return {"name": story.name, "title": story.title, "fact": story.fact, "group": group_of(story)}


def _outcome(outcome: Outcome) -> Mapping[str, Any]:
    return {
        "story": outcome.story.name,
        "subject": outcome.subject,
        "verdict": outcome.verdict,
        "requests_alone": shade_of(outcome) != outcome.verdict,
        "reason": outcome.reason,
        "seconds": round(outcome.seconds, 3),
        "steps": [asdict(step) for step in outcome.steps],
    }


def write_junit(told: Sequence[Told], path: Path) -> None:
    """Write a run as JUnit XML: a suite for each subject, a case for each story.

    Args:
        told: What came of it, by subject.
        path: The file.
    """
    root = ET.Element("testsuites", name="alicred-emulator conformance")
    for each in told:
        suite = ET.SubElement(root, "testsuite", _counts(each))
        for outcome in each.outcomes:
            _add_case(suite, outcome)
    ET.indent(root)
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _counts(told: Told) -> dict[str, str]:
    verdicts = [one.verdict for one in told.outcomes]
    return {
        "name": told.subject,
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(FAILED)),
        "errors": "0",
        "skipped": str(verdicts.count(SKIPPED)),
        "time": f"{sum(one.seconds for one in told.outcomes):.3f}",
    }


def _add_case(suite: ET.Element, outcome: Outcome) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=outcome.subject,
        name=outcome.story.name,
        time=f"{outcome.seconds:.3f}",
    )
    if outcome.verdict == FAILED:
        failure = ET.SubElement(case, "failure", message=_plain(outcome.reason))
        failure.text = _plain(outcome.told())
    elif outcome.verdict == SKIPPED:
        ET.SubElement(case, "skipped", message=_plain(outcome.reason))


def _plain(text: str) -> str:
    # What a client said may hold what XML cannot.
    return _NOT_IN_XML.sub("�", text)
