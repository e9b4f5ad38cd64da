"""A release is what its tag says: the version, and a section of the changelog that tells of it."""

import runpy
from pathlib import Path

import pytest

import alicred

ROOT = Path(__file__).parents[1]
VERSION = '__version__ = "1.2.3"\n'


@pytest.fixture
def notes(tmp_path):
    """The notes of a tag, in a checkout with a version and a changelog."""
    names = runpy.run_path(str(ROOT / "release" / "notes.py"))

    def notes(tag, changelog, version=VERSION):
        (tmp_path / "alicred").mkdir()
        (tmp_path / "alicred" / "__init__.py").write_text(version, encoding="utf-8")
        (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
        names["notes"].__globals__["ROOT"] = tmp_path
        return names["notes"](tag)

    return notes


def test_this_version_can_be_tagged():
    """The changelog has a section of it, with a date."""
    written = runpy.run_path(str(ROOT / "release" / "notes.py"))["notes"](f"v{alicred.__version__}")
    assert "alicred.Client" in written


def test_the_notes_are_one_section(notes):
    """Neither its heading nor what comes after belongs to it."""
    older, newer = "## [1.2.2] - 2029-01-02\n\n- That.\n", "## [Unreleased]\n\n"
    changelog = f"{newer}## [1.2.3] - 2030-01-02\n\n### Fixed\n\n- It.\n\n{older}"
    assert notes("v1.2.3", changelog) == "### Fixed\n\n- It.\n"


def test_the_oldest_section_ends_with_the_file(notes):
    """There is none after it."""
    assert notes("v1.2.3", "## [1.2.3] - 2030-01-02\n\nThe first.\n") == "The first.\n"


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "v1.2.30"])
def test_a_tag_is_the_version(notes, tag):
    """Otherwise it is said what to change."""
    with pytest.raises(SystemExit, match=r"is not the version 1\.2\.3; change it in alicred/__init__\.py"):
        notes(tag, "## [1.2.3] - 2030-01-02\n\n- It.\n")


@pytest.mark.parametrize(
    "heading", ["## [Unreleased]", "## [1.2.3]", "## [1.2.3] - soon", "## [1.2.30] - 2030-01-02"]
)
def test_what_nothing_is_told_of_is_not_released(notes, heading):
    """A section with a date is asked for."""
    with pytest.raises(SystemExit, match=r"no section of 1\.2\.3 with a date; write one"):
        notes("v1.2.3", f"{heading}\n\n- It.\n")
