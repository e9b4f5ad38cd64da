"""docs/exec.md names what there is, and its program drives an emulator."""

import re

from alicred_emulator.control.server import ControlServer
from alicred_emulator.identities import IDENTITIES
from alicred_emulator.launch.isolation.table import AUTO, ISOLATIONS
from tests.docs.blocks import take, text_of

PAGE = text_of("docs/exec.md")
[PROGRAM] = take("docs/exec.md", "python")


def test_the_program_moves_the_clock_and_breaks_the_instance(alicred_emulator):
    """It is given the address of a control API, as the first line of the command says it."""
    before = alicred_emulator.clock.now()
    with ControlServer(alicred_emulator) as control:
        exec(PROGRAM.text, {"control": control.url})
    assert alicred_emulator.clock.now() > before
    assert [handle.name for handle in alicred_emulator.faults.in_force] == ["imds_down"]


def test_the_tables_name_all_isolations_and_identities():
    """In the order of the code."""
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert named == [*ISOLATIONS, AUTO, *IDENTITIES]
