"""docs/faults.md knows every fault there is, by name and by value, and every condition."""

import inspect
import re

from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.fault_kinds import MAKERS
from alicred_emulator.faults import Fault
from alicred_emulator.outages import outages
from tests.docs.blocks import text_of

PAGE = text_of("docs/faults.md")


def rows(heading):
    """The rows of the table under a heading, as cells."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and "---" not in line]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def test_every_outage_is_there_as_the_code_means_it(alicred_emulator):
    """Name, service, operation and what happens, in the code's order."""
    known = outages(alicred_emulator._world)
    assert rows("By name") == [
        [
            f"`{name}`",
            f"`{outage.service}`" if outage.service else "",
            f"`{outage.operation}`" if outage.operation else "",
            outage.meaning,
        ]
        for name, outage in known.items()
    ]


def test_every_kind_is_there_with_what_the_fake_does():
    """Each constructor of Fault, and each key of its form."""
    kinds = [cells[0].strip("`").partition("(")[0] for cells in rows("By value")]
    constructors = [name for name, kind in vars(Fault).items() if isinstance(kind, classmethod)]
    assert sorted(kinds) == sorted(constructors)
    written = " ".join(cells[1] for cells in rows("By value"))
    assert [kind for kind in MAKERS if f"{{ {kind} = " not in written] == []
    for kind, cells in zip(kinds, rows("By value"), strict=True):
        assert (cells[3] == "is not asked") == Fault(kind).replaces_answer


def test_every_condition_is_there():
    """Each parameter of `add` that says where and when."""
    named = [cells[0].strip("`").partition("=")[0] for cells in rows("Where and when")]
    parameters = [*inspect.signature(FaultBoard.add).parameters][2:]
    assert sorted(named) == sorted(parameters)
