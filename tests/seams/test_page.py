"""docs/product-sdks.md speaks of the versions that the tests use, and of none besides."""

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
# Stand for all product packages in the blocks; of each the page says under which heading.
EXAMPLES = {
    "alibabacloud_ecs20140526",
    "alibabacloud_kms20160120",
    "alibabacloud_oss20190517",
    "alibabacloud_sls20201230",
    "alibabacloud_sts20150401",
}


@pytest.fixture(scope="module")
def pinned():
    """The packages that are handed a client, with their versions."""
    group = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]["seams"]
    return dict(requirement.split("==") for requirement in group)


def test_the_table_has_each_package_in_the_version_that_is_tested(page, pinned):
    """What a package reads is a fact about a version."""
    rows = re.findall(r"^\| (\S+) (\d\S*)", page, re.MULTILINE)
    assert dict(rows) == {name: version for name, version in pinned.items() if name not in EXAMPLES}


def test_each_package_of_the_table_has_a_section_with_a_block(page, blocks):
    """The tests take the blocks from there."""
    rows = re.findall(r"^\| (\S+) \d", page, re.MULTILINE)
    sections = re.findall(r"^## (\S+)$", page, re.MULTILINE)
    assert sorted(sections) == sorted(rows)
    assert {block.section for block in blocks[1:]} == set(sections)


def test_every_example_package_is_named(page):
    """A reader finds the name of the product package in the block."""
    assert all(f"from {name}.client import" in page for name in EXAMPLES)


def test_the_first_block_builds_a_client(blocks):
    """It is what all the others hand over."""
    names = {}
    exec(blocks[0].text, names)
    assert repr(names["client"]) == "Client(type='default')"
