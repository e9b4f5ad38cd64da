"""docs/doctor.md names what the command looks at, in its words."""

import re

from alicred_emulator.doctor.findings import MIND, MISSING, OK
from alicred_emulator.doctor.probes import PROBES
from tests.docs.blocks import take, text_of

PAGE = text_of("docs/doctor.md")
[SESSION] = take("docs/doctor.md", "console")


def test_the_tables_name_all_states_and_probes():
    """In the order of the code."""
    cells = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`(.+?)`", cell)]
    assert named == [OK, MISSING, MIND, *(probe.name for probe in PROBES)]


def test_the_session_shows_lines_as_they_are_said():
    """With the names and purposes of the code."""
    shown = re.findall(rf"^(?:{OK}|{MISSING}|{MIND}) +(.*?): ", SESSION.text, re.MULTILINE)
    assert len(shown) == 4
    assert {tuple(re.split(r"  +| (?=exec )", line, maxsplit=1)) for line in shown} <= {
        (probe.name, probe.purpose) for probe in PROBES
    }
