"""docs/reference/command-line.md says what --help says; `make command-line` writes it anew."""

import re

import pytest
from click.testing import CliRunner

from alicred.cli import main
from alicred_emulator.cli import command as emulator_command
from tests.docs import command_line
from tests.docs.blocks import text_of

PAGE = text_of("docs/reference/command-line.md")
COMMANDS = (*command_line.library_commands(), *command_line.emulator_commands())
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def test_the_page_is_up_to_date():
    """Whoever changes an option or its help runs `make command-line`."""
    assert command_line.page() == PAGE


@pytest.fixture
def help_of(capsys):
    """Return what a command prints with --help."""

    def help_of(name):
        first, *words = name.split()
        if first == "alicred-emulator":
            return CliRunner().invoke(emulator_command, [*words, "--help"]).output
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        return capsys.readouterr().out

    return help_of


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_section_has_every_option_that_the_help_has(help_of, command):
    """Those that the page's head has are of all commands."""
    section = PAGE.partition(f"## `{command.name}`\n")[2].partition("\n## ")[0]
    listed = set(OPTION.findall(help_of(command.name)))
    assert listed == set(OPTION.findall(section)) | (listed & {"--help", "--version"})
    words = command.told.split("\n\n")[0].split()
    assert " ".join(words) in " ".join(help_of(command.name).split())


def test_every_command_has_its_section():
    """Those that --help lists, and the two themselves."""
    assert re.findall(r"^## `(.*)`$", PAGE, re.MULTILINE) == [command.name for command in COMMANDS]
    assert {"alicred exec", "alicred-emulator exec"} <= {command.name for command in COMMANDS}
