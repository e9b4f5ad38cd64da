"""Every fenced block of every page is run or read: by the module that takes it, or here by its language."""

import sys
from itertools import pairwise

import pytest

from alicred_emulator.control.server import ControlServer
from tests.docs import blocks, console, data, sessions
from tests.docs.blocks import Block, UnreadablePageError, left_to_all, pages, prose, read, takers, text_of
from tests.docs.comparing import is_as_shown
from tests.docs.folders import sections

# Alibaba's SDK calls what Python deprecates from 3.12 on.
pytestmark = pytest.mark.filterwarnings(r"ignore:datetime\.datetime\.utcnow\(\):DeprecationWarning")

LANGUAGES = {"python", "text", "console", "sh", *data.READERS}
TYPED = ("console", "sh")
LEFT = {page: left_to_all(page) for page in pages()}
WITH_TESTS = [page for page, left in LEFT.items() if any(block.is_test for block in left)]


OUTPUTS = {
    before: block
    for left in LEFT.values()
    for before, block in pairwise(left)
    if (before.language, block.language, before.section) == ("python", "text", block.section)
}
"""Each program with the block right behind it that shows what it prints."""


def pages_with(*languages):
    """Return the pages that have blocks of these languages which nobody takes."""
    return [page for page, left in LEFT.items() if any(block.language in languages for block in left)]


@pytest.mark.parametrize("page", WITH_TESTS)
def test_the_tests_of_a_page_pass(page, tmp_path):
    """A reader who copies one into a file of its name sees it pass."""
    failed = sessions.failures(sections(LEFT[page], tmp_path))
    assert not failed, "\n\n".join(failed)


@pytest.mark.parametrize("page", pages_with("python"))
def test_the_programs_of_a_page_run(page, tmp_path, monkeypatch, capsys, request, alicred_emulator):
    """Each on the instance, after those above it in its section; what it prints is what the page says."""
    made = [(section, section.programs()) for section in sections(LEFT[page], tmp_path)]
    if any(programs for _, programs in made):
        request.getfixturevalue("alicred_on_ecs")
    for section, programs in made:
        monkeypatch.chdir(section.folder)
        monkeypatch.syspath_prepend(section.folder)
        names = {"__name__": "__main__"}
        for block in programs:
            exec(compile(block.text, block.id, "exec"), names)
            printed = capsys.readouterr().out
            assert block not in OUTPUTS or is_as_shown(printed, OUTPUTS[block].text), block.id


@pytest.mark.skipif(sys.platform == "win32", reason="the pages show a shell of POSIX")
@pytest.mark.parametrize("page", pages_with(*TYPED))
def test_what_a_page_has_its_reader_type_works(page, tmp_path, alicred_emulator, alicred_child):
    """Each line ends well or shows what the page shows, on the instance, with an empty home directory."""
    wrong = []
    with ControlServer(alicred_emulator) as control:
        for section in sections(LEFT[page], tmp_path):
            here = console.terminal(section.folder, alicred_child.env, alicred_emulator, control)
            for block in section.blocks:
                wrong += here.wrong(block) if block.language in TYPED else []
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(
    "block",
    [block for left in LEFT.values() for block in left if block.language in data.READERS],
    ids=lambda block: block.id,
)
def test_the_data_of_a_page_are_what_they_are_taken_for(block, tmp_path, alicred_emulator):
    """Whatever reads such a file takes it."""
    data.READERS[block.language](block, tmp_path)


@pytest.mark.parametrize("page", LEFT)
def test_no_block_is_run_by_nobody(page):
    """A block of another language is taken, and a text is what the program above it prints."""
    for block in LEFT[page]:
        assert block.language in LANGUAGES, f"{block.id}: a test module has to take {block.language!r}"
        assert block.language != "text" or block in OUTPUTS.values(), f"{block.id} is not below a program"


def test_a_block_is_taken_once():
    """Nobody has to look for whose it is."""
    twice = {block.id: modules for block, modules in takers().items() if len(modules) > 1}
    assert twice == {}


def test_nobody_else_reads_fences():
    """A test that looks for them by itself is seen by no enumeration."""
    others = [path for path in blocks.TESTS.rglob("*.py") if path.parent.name != "docs"]
    assert [path.name for path in others if "```" in path.read_text(encoding="utf-8")] == []


def test_there_are_pages_and_takers():
    """A folder that was renamed must not leave this file without work."""
    assert {"README.md", "docs/exec.md"} <= set(pages())
    assert "tests/docs/test_operating_page.py" in {module for found in takers().values() for module in found}


def test_prose_is_what_stands_between_the_blocks():
    """All of it, whatever stands in them."""
    assert "title =" in text_of("docs/scenarios.md")
    assert "title =" not in prose("docs/scenarios.md")
    assert prose("docs/scenarios.md").endswith(text_of("docs/scenarios.md").rpartition("```\n")[2])


# The reading itself

PAGE = """\
    ```python
    indented
    ```

## One
```toml title="a/b.toml"
## no heading
```
## Two
```sh
```
"""


def test_a_block_knows_where_it_stands():
    """Its number, line, section and title; a fence that is indented takes its indent with it."""
    first, second, third = read("page.md", PAGE)
    assert first == Block("page.md", 1, 1, "", "python", None, "indented\n")
    assert second == Block("page.md", 2, 6, "One", "toml", "a/b.toml", "## no heading\n")
    assert (third.section, third.text, third.id) == ("Two", "", "page.md:10")


@pytest.mark.parametrize("text", ["```python\n", "~~~\n~~~\n", "```python {.x}\n```\n", "````md\n````\n"])
def test_a_fence_that_is_not_understood_is_no_silence(text):
    """Nor is one that never ends."""
    with pytest.raises(UnreadablePageError, match=r"^page\.md:1: "):
        list(read("page.md", text))


def test_what_is_not_there_cannot_be_taken():
    """A section that was renamed fails the module that runs it."""
    with pytest.raises(LookupError, match="under 'Nothing'"):
        blocks.take("README.md", "python", section="Nothing")


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("a\nb\nc\n", "a\n...\n", True),
        ("a\n", "a\n...\n", True),
        ("a\nb\n", "a\n", False),
        ("at 127.0.0.1:1234, 0.5 s\n", "at 127.0.0.1:8109, 0.1 s\n", True),
        ("key LTAI12345678\n", "key LTAI...\n", True),
        ("a\nc\n", "b\n...\n", False),
    ],
)
def test_what_is_printed_is_compared(printed, shown, same):
    """But for what varies, and what three dots stand for."""
    assert is_as_shown(printed, shown) is same
