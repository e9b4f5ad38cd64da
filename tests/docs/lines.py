"""The lines that a page has its reader type: what is done with each."""

import ast
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from alicred_emulator.cli import command as emulator_command
from tests.docs.blocks import ROOT, Block

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROMPT = "$ "
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"].keys()
FOREIGN = ("aliyun", "curl", "go", "java", "jq", "node", "npm")
"""Programs that may be missing on a machine, whose lines are left out there."""


class Line(NamedTuple):
    """A line, and what the page shows below it."""

    typed: str
    shown: str


def lines_of(block: Block) -> Iterator[Line]:
    """Yield the lines of a block; of one without prompts, each that is no comment."""
    text = re.sub(r"\\\n *", "", block.text)
    if block.language == "console":
        first, *others = re.split(r"^\$ ", text, flags=re.MULTILINE)
        assert not first, f"{block.id} does not begin with {PROMPT!r}"
        for typed, _, shown in (other.partition("\n") for other in others):
            yield Line(typed, shown)
    else:
        for typed in text.splitlines():
            if typed.strip() and not typed.lstrip().startswith("#"):
                yield Line(typed, "")


# What is not run as it stands, and what is proven of it instead. Each returns what is wrong with the words.


def wrong_requirement(words: list[str], folder: Path) -> str:
    """Of what is installed from here, the extras have to exist; everything else has to be a requirement."""
    files = [folder / after for word, after in pairwise(words) if word == "-r"]
    listed = [text for file in files for text in file.read_text(encoding="utf-8").splitlines()]
    asked = [word for word in words[2:] if not word.startswith("-") and not (folder / word).is_file()]
    for text in [*asked, *listed]:
        wanted = Requirement(re.sub(r"^\.(?=\[|$)", "alicred", text))
        if wanted.name == "alicred" and not wanted.extras <= EXTRAS:
            return f"there is no extra {', '.join(wanted.extras - EXTRAS)}"
    return ""


def wrong_target(words: list[str], folder: Path) -> str:
    """The Makefile has to have each target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    unknown = [word for word in words[1:] if "=" not in word and word not in targets]
    return f"the Makefile has no {unknown}" if unknown else ""


def wrong_session(words: list[str], folder: Path) -> str:
    """The sessions that nox is given have to be functions of noxfile.py."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    known = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    asked = [word for word in words[1:] if not word.startswith("-")]
    unknown = [word for word in asked if word.partition("-")[0] not in known]
    return f"noxfile.py has no {unknown}" if unknown else ""


def wrong_file(words: list[str], folder: Path) -> str:
    """The files that a foreign tool is given have to be there."""
    given = [after for word, after in pairwise(words) if word in {"-f", "--file"}]
    given += [word for word in words[1:] if word.endswith((".yaml", ".yml"))]
    missing = [name for name in given if not (ROOT / name).exists() and not (folder / name).exists()]
    return f"there is no {missing}" if missing else ""


def wrong_options(words: list[str], folder: Path) -> str:
    """The command has to take the words, and starts nothing."""
    _, name, *arguments = [word for word in words if word != "&"]
    emulator_command.commands[name].make_context(name, arguments).close()
    return ""


OTHERWISE: dict[tuple[str, ...], Callable[[list[str], Path], str]] = {
    ("pip", "install"): wrong_requirement,
    ("uv", "add"): wrong_requirement,
    ("make",): wrong_target,
    ("nox",): wrong_session,
    ("docker",): wrong_file,
    ("kubectl",): wrong_file,
    ("git",): wrong_file,
}
WITHOUT_OUTPUT = {
    ("alicred-emulator", "exec"): wrong_options,
    ("alicred-emulator", "conformance"): wrong_options,
}
"""What takes long, or a program that is the reader's, is run only where the page shows what comes of it."""


def otherwise(line: Line) -> Callable[[list[str], Path], str] | None:
    """Return what looks at a line that is not run."""
    words = words_of(line)
    table = OTHERWISE if line.shown.strip() else OTHERWISE | WITHOUT_OUTPUT
    return next((look for first, look in table.items() if tuple(words[: len(first)]) == first), None)


def words_of(line: Line) -> list[str]:
    """Return the words of a line, without a comment at its end; a module that is run goes by its name."""
    words = shlex.split(line.typed, comments=True)
    return words[2:] if words[1:3] in (["-m", "pip"], ["-m", "nox"]) else words


def serves(line: Line) -> bool:
    """Tell whether a line starts what serves until it is told to stop."""
    first, second, *_ = [*words_of(line), "", ""]
    if first == "alicred-emulator":
        return second in {"", "serve", "&"} or second.startswith(("--port-base", "--ready-file", "--host"))
    return (first, second) == ("alicred", "serve")
