"""docs/errors.md knows every class that alicred raises, every code of STS with its remedy, what is said."""

import ast
import re
from pathlib import Path

import pytest

import alicred
from alicred import cli, exceptions
from alicred.commands import errors
from alicred.commands import exec as execution
from alicred.exceptions import CredentialException
from alicred.providers import absence, sts_remedies
from alicred_emulator.launch import program as launched
from alicred_emulator.launch.errors import LaunchError
from tests.docs.blocks import take, text_of
from tests.docs.comparing import is_as_shown

PAGE = text_of("docs/errors.md")
[NOTHING_FOUND] = take("docs/errors.md", "python", section="Nothing found")
[SHOWN] = take("docs/errors.md", "text", section="Nothing found")
FEWEST_LETTERS = 20


def section(heading):
    """What stands under a heading."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(heading):
    """The rows of the tables under a heading, as cells."""
    return re.findall(r"^\| `([^`|]+)` \| (.*) \|$", section(heading), re.MULTILINE)


def messages():
    """What alicred says according to the page; a cell may have two, and a code is no message."""
    cells = [
        cell
        for heading in ("The instance metadata service", "Proxies, TLS, clocks")
        for cell in re.findall(r"^\| ([^|]+?) \|", section(heading), re.MULTILINE)
    ]
    told = [cell for cell in cells if cell != "the message says" and cell[0] not in "-`"]
    return [message for cell in told for message in cell.split("; ")]


def templates():
    """Every text in the sources of alicred, as a pattern, unless it is too short to mean one message."""
    for source in Path(alicred.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            fixed = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            if sum(len(text) for text in fixed if isinstance(text, str)) >= FEWEST_LETTERS:
                yield "".join(re.escape(text) if isinstance(text, str) else ".*" for text in fixed)


def test_every_class_is_there():
    """Whoever adds one says who has to act."""
    named = [name for name, _ in rows("Who has to act")]
    assert sorted(named) == sorted({*exceptions.__all__} - {"Attempt"})


def test_every_attribute_is_there():
    """They are the same for all."""
    named = re.findall(r"^\| `(\w+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE)
    assert sorted(named) == sorted({*vars(CredentialException("x"))} | {"temporary"})


def test_every_code_is_there_with_its_remedy():
    """As the message says it, in the order of the code."""
    assert rows("What STS says") == [*sts_remedies.REMEDIES.items()]


def test_what_passes_by_itself_is_said():
    """No other code does."""
    [sentence] = re.findall(r"`Throttling.User` is `Throttling`\. (.*?) pass by themselves", PAGE, re.DOTALL)
    temporary = filter(sts_remedies.is_temporary, sts_remedies.REMEDIES)
    assert sorted(re.findall("`(.*?)`", sentence)) == sorted(temporary)


def test_nothing_found_reads_as_shown(alicred_on_ecs, capsys):
    """On an instance without a role, by the program of the page."""
    alicred_on_ecs.instance.role = None
    exec(compile(NOTHING_FOUND.text, NOTHING_FOUND.id, "exec"), {"__name__": "__main__"})
    assert is_as_shown(capsys.readouterr().out, SHOWN.text)


def test_how_long_an_absence_is_remembered():
    """As long as the code says."""
    assert f"is remembered for {absence._REMEMBERED_SECONDS:g} s" in section("Nothing found")


def test_the_messages_are_those_of_the_code():
    """Whoever looks for what alicred said finds it, and nothing that it does not say any more."""
    known = re.compile("|".join(f"(?:{pattern})" for pattern in templates()))
    told = messages()
    assert "had not answered within 15 s in all" in told
    # A message begins with the service's name, where there is one.
    ways = "{}", "{}.", "It {}", "It {}."
    assert [it for it in told if not any(known.fullmatch(way.format(it)) for way in ways)] == []


@pytest.mark.parametrize(
    ("column", "statuses"),
    [
        (
            1,
            {
                0,
                errors.FAILED,
                errors.USAGE,
                execution._NOT_EXECUTABLE,
                execution._NOT_FOUND,
                cli._INTERRUPTED,
            },
        ),
        (2, {0, 1, LaunchError.status, launched.NOT_EXECUTABLE, launched.NOT_FOUND}),
    ],
)
def test_the_statuses_are_those_of_the_code(column, statuses):
    """Of each command, all that it ends with by itself."""
    table = re.findall(r"^\| (\d+) \| (.*) \| ?(.*?) ?\|$", section("The commands"), re.MULTILINE)
    assert {int(row[0]) for row in table if row[column]} == statuses
