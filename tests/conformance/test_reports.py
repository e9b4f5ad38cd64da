"""What a run looks like as a page, a picture and documents, whoever was told what."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from alicred_emulator.conformance.documents import write_json, write_junit
from alicred_emulator.conformance.markdown import page
from alicred_emulator.conformance.results import GROUPS, REQUESTS, Told, group_of, grouped, shade_of
from alicred_emulator.conformance.svg import picture
from alicred_emulator.scenarios import Outcome, StepResult, catalogue

READ = {"number": 2, "step": "one reader: A"}


@pytest.fixture
def outcome(stories):
    """What came of a story, told to somebody; failed if there is a problem."""

    def outcome(name, problem=None, *, seen=("A",), requests=(), reason="", verdict=None):
        step = StepResult(**READ, seen=seen, requests=requests, problem=problem)
        return Outcome(
            story=stories[name],
            subject="somebody",
            verdict=verdict or ("failed" if problem else "passed"),
            reason=reason or (problem or ""),
            steps=() if verdict == "skipped" else (step,),
            seconds=0.25,
        )

    return outcome


@pytest.fixture
def told(outcome):
    """A run of four stories that ended in four ways."""
    return Told(
        "somebody",
        "somebody's client 1.0",
        (
            outcome("access_key_never_ends"),
            outcome("uri_expiry", "expired credential", seen=("B<1>",)),
            outcome(
                "uri_lifetimes/a_minute",
                "no request expected, and 2 credentials_uri.Credential made",
                requests=("credentials_uri.Credential 200",) * 2,
            ),
            outcome("uri_lifetimes/two_minutes", reason="it cannot", verdict="skipped"),
        ),
    )


def test_a_failure_by_requests_alone_is_told_apart(told):
    """Whoever asks once more than needed has not handed out an ended credential."""
    assert [shade_of(one) for one in told.outcomes] == ["passed", "failed", REQUESTS, "skipped"]


def test_every_story_of_the_catalogue_is_about_something_that_has_a_name():
    """A new kind of story is given a group before the report shows it under the others."""
    strays = {story.name for story in catalogue() if group_of(story) == GROUPS[-1]}
    assert strays == set()
    assert sum(len(stories) for _, stories in grouped(catalogue())) == len(catalogue())


def test_the_page_counts_what_came_of_the_stories(told):
    """Failures by requests alone are failures, and counted apart as well."""
    assert "| `somebody` | somebody's client 1.0 | 1 | 2 | 1 | 1 |" in page([told], "a.svg")


def test_the_page_counts_promises_apart(told):
    """What rests on alicred's promise is no fault of another's."""
    text = page([told], "a.svg")
    assert "| what the expectation rests on | stories | `somebody` passed |" in text
    assert "| alicred's promise | 3 | 0 |" in text


def test_the_page_names_each_story_with_its_cases(told):
    """A cell says in a word what came of all cases, or how many passed."""
    text = page([told], "a.svg")
    assert "| **failed** |" in next(line for line in text.splitlines() if line.startswith("| `uri_expiry`: "))
    row = next(line for line in text.splitlines() if line.startswith("| `uri_lifetimes`: "))
    assert "<sub>(a_minute, two_minutes)</sub>" in row
    assert row.endswith("| **0 of 2** |")


def test_the_page_shows_how_each_failed(told):
    """What was expected, what was seen, what was asked; and nothing that a client said becomes markup."""
    text = page([told], "a.svg")
    assert "- `uri_expiry`: step 2 expects “one reader: A”, and saw B\\<1\\> (expired credential)." in text
    assert "It asked nothing." in text
    assert "It asked 2 `credentials_uri.Credential 200`. The requests alone are others." in text


def test_those_that_failed_alike_stand_together(told, outcome):
    """One line for many cases."""
    alike = tuple(outcome(f"uri_lifetimes/{case}", "torn credential") for case in ("a_minute", "two_minutes"))
    text = page([Told("somebody", "it", alike)], "a.svg")
    assert "- `uri_lifetimes/a_minute`, `uri_lifetimes/two_minutes`: step 2 expects" in text


def test_the_picture_has_a_mark_for_each_story_and_subject(told):
    """Each has the class of its verdict, and says which it is."""
    root = ET.fromstring(picture([told, told]))
    marks = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if len(path)]
    assert [mark.get("class") for mark in marks].count("failed") == 2
    assert len(marks) == 8
    assert marks[0][0].text == "access_key_never_ends: passed"


def test_the_picture_is_read_on_light_and_dark_ground(told):
    """Its colours follow the reader's, and the verdicts have shapes of their own."""
    text = picture([told])
    assert "@media (prefers-color-scheme: dark)" in text
    root = ET.fromstring(text)
    legend = [path.get("d") for path in root.iter("{http://www.w3.org/2000/svg}path") if not len(path)]
    shapes = {"".join(sign for sign in outline if sign.isalpha()) for outline in legend}
    assert len(legend) == 4
    assert len(shapes) >= 3


def test_what_xml_cannot_hold_is_replaced(outcome, tmp_path):
    """A client may say anything; the file is read all the same."""
    told = Told("somebody", "it", (outcome("uri_expiry", "a \x00 in it", seen=("\x1b[0m",)),))
    write_junit([told], tmp_path / "result.xml")
    [[case]] = ET.parse(tmp_path / "result.xml").getroot()
    assert case.find("failure").get("message") == "a � in it"


def test_the_json_says_which_failed_by_requests_alone(told, tmp_path):
    """A program that reads it can tell them apart as the page does."""
    write_json([told], tmp_path / "result.json")
    outcomes = json.loads((tmp_path / "result.json").read_text())["outcomes"]
    assert [one["requests_alone"] for one in outcomes] == [False, False, True, False]


def test_the_page_says_what_a_step_expected(outcome):
    """With its requests where the story counts them; where no step was lived through, the reason alone."""
    counted = outcome("access_key_never_ends", "the wrong credential")
    unmade = replace(outcome("uri_expiry", "it cannot be built"), steps=())
    text = page([Told("somebody", "it", (counted, unmade))], "a.svg")
    assert "- `uri_expiry`: it cannot be built" in text
    assert "expects “one reader: A, by no request”, and saw A (the wrong credential)." in text
