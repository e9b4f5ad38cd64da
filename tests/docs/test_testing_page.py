"""docs/testing.md says which fixture is for what; its recipes are run by `test_blocks`."""

import re

from alicred_emulator import plugin
from tests.docs.blocks import text_of

PAGE = text_of("docs/testing.md")


def test_every_fixture_is_there():
    """Whoever adds one says what it is for."""
    table = PAGE.partition("\n## Which fixture\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| .* \| (.*) \|$", table, re.MULTILINE)
    named = set(re.findall(r"\w+", " ".join(cells[1:])))
    assert named == {name for name in vars(plugin) if name.startswith("alicred_")}
