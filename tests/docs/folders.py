"""The files of a page: each section has a folder with its titled blocks and its tests in it.

The page of an example is read beside the example's files, so these are there as well.
"""

import shutil
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.docs.blocks import ROOT, Block

CONFIGURATION = {"pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"}
DOCS = {ROOT / "docs", *(ROOT / "docs").rglob("*/")}


class Section(NamedTuple):
    """What stands under one heading, and the folder that its blocks are run in."""

    name: str
    folder: Path
    blocks: tuple[Block, ...]

    def tests(self) -> dict[Path, Block]:
        """Return the files of tests."""
        return {self.file_of(block): block for block in self.blocks if block.is_test}

    def file_of(self, block: Block) -> Path:
        """Return the file that a block is; one without a title goes by its number."""
        return self.folder / (block.title or f"test_block_{block.number}.py")

    def write(self) -> None:
        """Make its files."""
        beside = (ROOT / self.blocks[0].page).parent
        if beside not in {ROOT, *DOCS}:
            shutil.copytree(beside, self.folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        self.folder.mkdir(parents=True, exist_ok=True)
        for block in self.blocks:
            if block.title or block.is_test:
                path = self.file_of(block)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")

    def programs(self) -> list[Block]:
        """Return what is run as a program: what is no test, no fixture, and used by no other block."""
        return [
            block
            for block in self.blocks
            if block.language == "python" and not block.is_test and not self._is_used(block)
        ]

    def _is_used(self, block: Block) -> bool:
        """Tell whether pytest, a test, a program or a line of a console takes a titled block."""
        if block.title is None:
            return False
        path = Path(block.title)
        others = [other.text for other in self.blocks if other is not block]
        imports = (f"import {path.stem}", f"from {path.stem} ", f".{path.stem} import", path.name)
        return path.name == "conftest.py" or any(word in text for text in others for word in imports)

    @property
    def stands_alone(self) -> bool:
        """Tell whether its tests are a session of their own, as what says how pytest is to run has to be."""
        return any(
            block.title in CONFIGURATION
            or (
                block.title is not None
                and block.title.endswith("conftest.py")
                and "pytest_plugins" in block.text
            )
            for block in self.blocks
        )


def sections(blocks: tuple[Block, ...], folder: Path) -> list[Section]:
    """Return the sections that blocks stand in, with their files written."""
    made = []
    for number, (name, inside) in enumerate(groupby(blocks, key=lambda block: block.section)):
        made.append(Section(name, folder / f"section_{number}", tuple(inside)))
        made[-1].write()
    return made
