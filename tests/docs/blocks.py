"""The fenced blocks of every page that a reader sees: which there are, and which a test of its own runs.

Rule: nothing else in the tests reads fences. A block is either *taken* by the test module of its page, which
says so with literal strings, or is run by test_blocks.py in the way of its language.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PATTERNS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md", "examples/**/README.md")
FENCE = re.compile(r'(?P<indent> *)```(?P<language>[\w-]*)(?: title="(?P<title>[^"]+)")?\s*')
TEST = re.compile(r"^ *(?:async )?def test_", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        page: The page's path in the repository.
        number: Its place among the blocks of the page, from 1.
        line: The line of its fence.
        section: The second heading above it, or nothing before the first of those.
        language: What its fence says first.
        title: The file that it is, if its fence names one.
        text: What stands in it.
    """

    page: str
    number: int
    line: int
    section: str
    language: str
    title: str | None
    text: str

    @property
    def id(self) -> str:
        """What it is called in a test's name."""
        return f"{self.page}:{self.line}"

    @property
    def is_test(self) -> bool:
        """Tell whether it is a file of tests."""
        return self.language == "python" and TEST.search(self.text) is not None


class UnreadablePageError(Exception):
    """A page has a fence that nobody understands."""


def pages() -> tuple[str, ...]:
    """Return the paths of all pages."""
    found = (path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern)))
    return tuple(path.relative_to(ROOT).as_posix() for path in found if "node_modules" not in path.parts)


@cache
def text_of(page: str) -> str:
    """Return a page."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks_of(page: str) -> tuple[Block, ...]:
    """Return the blocks of a page, in order."""
    return tuple(read(page, text_of(page)))


def prose(page: str) -> str:
    """Return a page without its blocks."""
    lines = text_of(page).splitlines(keepends=True)
    for block in reversed(blocks_of(page)):
        del lines[block.line - 1 : block.line + block.text.count("\n") + 1]
    return "".join(lines)


def read(page: str, text: str) -> Iterator[Block]:
    """Yield the blocks that stand in a text."""
    number, section = 0, ""
    lines = enumerate(text.splitlines(), 1)
    for line_number, line in lines:
        if line.startswith("## "):
            section = line.removeprefix("## ").strip()
        if not line.lstrip().startswith(("```", "~~~")):
            continue
        fence = FENCE.fullmatch(line)
        if fence is None:
            raise UnreadablePageError(
                f'{page}:{line_number}: a fence is ```language or ```language title="file"'
            )
        number += 1
        body = []
        for _, inner in lines:
            if inner.strip() == "```":
                break
            body.append(inner)
        else:
            raise UnreadablePageError(f"{page}:{line_number}: the block never ends")
        inside = textwrap.dedent("".join(f"{inner}\n" for inner in body)) if fence["indent"] else None
        yield Block(
            page=page,
            number=number,
            line=line_number,
            section=section,
            language=fence["language"],
            title=fence["title"],
            text="".join(f"{inner}\n" for inner in body) if inside is None else inside,
        )


def take(page: str, language: str, section: str | None = None) -> tuple[Block, ...]:
    """Return the blocks of a language on a page, or in a section of it, which the caller runs.

    The arguments have to be literal strings, and the call to stand at the top of a module: `takers` reads it
    there.
    """
    found = tuple(block for block in blocks_of(page) if _is_meant(block, (page, language, section)))
    if not found:
        raise LookupError(f"{page} has no block of {language}" + (f" under {section!r}" if section else ""))
    return found


def _is_meant(block: Block, call: tuple[str, str, str | None]) -> bool:
    page, language, section = call
    return (block.page, block.language) == (page, language) and section in {None, block.section}


@cache
def takers() -> dict[Block, tuple[str, ...]]:
    """Return the blocks that are taken, with the modules that take them."""
    taken: dict[Block, tuple[str, ...]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "take(" in source and path != Path(__file__):
            for call in _calls(ast.parse(source)):
                for block in take(*call):
                    taken[block] = (*taken.get(block, ()), path.relative_to(ROOT).as_posix())
    return taken


def _calls(module: ast.Module) -> Iterator[tuple[str, str, str | None]]:
    """Yield the arguments of each `take(...)` at the top of a module."""
    for statement in module.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "take":
                page, language, *section = [ast.literal_eval(argument) for argument in node.args]
                named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
                yield page, language, named.get("section", section[0] if section else None)


def left_to_all(page: str) -> tuple[Block, ...]:
    """Return the blocks of a page that nobody takes."""
    return tuple(block for block in blocks_of(page) if block not in takers())
