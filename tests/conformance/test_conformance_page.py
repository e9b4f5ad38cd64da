"""docs/conformance.md tells of the catalogue as it is; `make conformance` writes it anew."""

import re

import pytest

from alicred_emulator.conformance.results import grouped
from alicred_emulator.scenarios import catalogue
from alicred_emulator.scenarios.subject import Unsupported
from alicred_emulator.subjects import command
from tests.docs.blocks import ROOT, take, text_of

[ANSWERS] = take("docs/conformance.md", "json")
PICTURE = ROOT / "docs" / "conformance.svg"
ROW = re.compile(
    r"\| `(?P<stem>\w+)`: (?P<title>.*?)(?: <sub>\((?P<cases>[\w, ]+)\)</sub>)? "
    r"\| (?P<cells>[^|]+(?:\| [^|]+)+) \|"
)


@pytest.fixture(scope="module")
def rows():
    """The rows of the page's stories: the stem, and what stands behind it."""
    text = text_of("docs/conformance.md")
    found = [ROW.fullmatch(line) for line in text.splitlines() if line.startswith("| `")]
    return {row["stem"]: row for row in found if row}


def test_every_story_is_on_the_page_and_no_other(rows):
    """Whoever adds, renames or removes a story or a case runs `make conformance`."""
    named = {
        f"{stem}/{case}" if case else stem
        for stem, row in rows.items()
        for case in (row["cases"] or "").split(", ")
    }
    assert named == {story.name for story in catalogue()}


def test_what_the_stories_are_called_and_rest_on_is_up_to_date(rows):
    """Titles and facts are those of the files."""
    for story in catalogue():
        row = rows[story.name.partition("/")[0]]
        assert row["title"] == story.title
        assert row["cells"].split(" | ")[0] == (story.fact or "unsaid")


def test_alicred_lives_through_all_of_them(rows):
    """Its columns say passed, or that there is nothing to ask: a thread cannot be cancelled."""
    for stem, row in rows.items():
        _, sync, asynchronous, *_ = row["cells"].split(" | ")
        assert asynchronous == "passed", stem
        assert sync == ("left out" if stem.startswith("cancelled_") else "passed"), stem


def test_the_picture_shows_every_story(rows):
    """It was drawn with the page."""
    drawn = PICTURE.read_text(encoding="utf-8")
    named = set(re.findall(r"<title>([\w/]+): ", drawn))
    assert named == {story.name for story in catalogue()}
    assert all(f">{group}</text>" in drawn for group, _ in grouped(catalogue()))


def test_the_answers_of_the_page_are_understood():
    """Each line is one that a program may give: a key, a token, an error, nothing to ask."""
    key, token, error, unsupported = ANSWERS.text.splitlines()
    assert command._seen(key).security_token == "..."
    assert command._seen(token).bearer_token == "..."
    assert command._seen(error).failure.kind == "unreachable"
    with pytest.raises(Unsupported, match="there is no such type"):
        command._seen(unsupported)
