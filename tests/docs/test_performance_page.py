"""docs/performance.md shows one run as it was: page and picture are those of the record beside them."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import page
from benchmarks.catalog import NAMES
from benchmarks.plot import Scale, picture
from benchmarks.record import Facts, Record, read
from benchmarks.row import Row

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def record():
    """The record that is kept."""
    return read(page.RECORD)


def test_the_page_is_that_of_the_record(record):
    """Whoever changes one of them runs `make performance-page`."""
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.page(text, record) == text
    assert page.PICTURE.read_text(encoding="utf-8") == picture(record.rows)


def test_every_measurement_is_on_the_page(record):
    """A row that was added, or could not be measured, is missing nowhere: `make performance` measures it."""
    assert tuple(record.measured) == NAMES
    assert all(record.measured.values())
    text = page.PAGE.read_text(encoding="utf-8")
    shown = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")][2:]
    assert shown == [f"| {row.what}" for row in record.rows]


def test_the_record_is_of_a_whole_run(record):
    """What is shown was repeated as often as it should be, beside all peers."""
    assert not record.quick
    assert "not installed" not in record.facts.versions.values()
    assert not any("not installed" in cell for row in record.rows for cell in row.beside)


def test_the_page_names_no_machine():
    """The system and its cores matter, not whose it is."""
    text = page.RECORD.read_text(encoding="utf-8")
    assert re.findall(r"/(?:home|root|tmp|work)/\w+", text) == []


FACTS = Facts(date="today", python="CPython", machine="Linux, 2 cores", load="0.1", versions={"alicred": "1"})


def record_of(*rows):
    """Return a record of these rows."""
    return Record(facts=FACTS, quick=False, seconds=3.0, measured={"some": list(rows)})


def test_a_bar_that_is_missed_is_said_at_the_top_and_in_its_row():
    """Nobody has to look for it."""
    record = record_of(
        Row(what="one\nthing", ours="1 s", bar="at most 2 s", holds=True),
        Row(what="the other", ours="3 s", bar="at most 2 s", holds=False),
    )
    text = page.page(page.PAGE.read_text(encoding="utf-8"), record)
    assert "- 2 rows in 3 s; missed: the other." in text
    assert "| one<br>thing | 1 s |  |  | at most 2 s | yes |" in text
    assert "| the other | 3 s |  |  | at most 2 s | **no** |" in text


def test_a_record_comes_back_as_it_was_written(tmp_path):
    """The page can be made again at any time."""
    record = record_of(
        Row(what="one", ours="1", beside=["a", "b"], used=0.5, of_peer=0.1, peer="x", holds=True)
    )
    record.write(Path(tmp_path / "record.json"))
    assert read(tmp_path / "record.json") == record


def test_the_picture_has_a_mark_for_each_number():
    """What holds, what misses its bar and what is a peer's differ in shape; the rest is left out."""
    rows = [
        Row(what="held (medians)", ours="", used=0.5, of_peer=0.01, holds=True),
        Row(what="missed", ours="", used=2.0, holds=False),
        Row(what="nothing to draw", ours="", holds=True),
    ]
    drawn = ET.fromstring(picture(rows))
    titles = {path.get("class"): path.findtext(f"{SVG}title") for path in drawn.iter(f"{SVG}path")}
    assert titles == {
        "holds": "0.5x of the bar",
        "misses": "2x of the bar",
        "peer": "0.01x of SDK",
        "line": None,
        "bar": None,
    }
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"held", "missed", "SDK"} <= set(texts)
    assert "nothing to draw" not in texts


def test_the_scale_has_room_for_all_and_for_none_at_all():
    """A share of nothing, or less, stands at the lower end, and the bar is always in sight."""
    scale = Scale([0.002, 0.0, -3.0, 30.0])
    assert scale.at(0.002) > scale.at(0.0) == scale.at(-3.0)
    assert scale.at(0.0) < scale.at(1.0) < scale.at(30.0)
    assert Scale([]).at(0.1) < Scale([]).at(1.0) < Scale([]).at(10.0)
