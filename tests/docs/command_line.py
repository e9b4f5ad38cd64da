"""Makes docs/reference/command-line.md of the parsers of both commands; run it to write the page anew.

Rule: it is made of what the parsers know, not of what they print: that differs by terminal, Python and click.
"""

import argparse
import inspect
from collections.abc import Iterator
from typing import NamedTuple

import click

from alicred import cli
from alicred_emulator.cli import command as emulator_command
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "reference" / "command-line.md"
HEAD = """\
# Command lines

What each command says of itself with `--help`, which every one of them has; the two commands themselves have
`--version` besides. `make command-line` writes this page anew.

"""


class Option(NamedTuple):
    """What a command may be given.

    Attributes:
        names: How it is written, such as `--host`; of an argument, its place in the usage.
        value: What stands behind it, or nothing.
        told: What the command says of it.
    """

    names: str
    value: str
    told: str


class Command(NamedTuple):
    """One command, or one that stands behind its name."""

    name: str
    usage: str
    told: str
    options: tuple[Option, ...]


# What argparse knows of alicred


def library_commands() -> Iterator[Command]:
    """Yield `alicred` and its commands."""
    parser = cli._parser()
    yield Command("alicred", "alicred COMMAND ...", parser.description, tuple(_options_of(parser)))
    [subparsers] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for name, subparser in subparsers.choices.items():
        options = tuple(_options_of(subparser))
        usage = subparser.usage or f"alicred {name}{' [OPTIONS]' if options else ''}"
        yield Command(f"alicred {name}", usage, subparser.description, options)


def _options_of(parser: argparse.ArgumentParser) -> Iterator[Option]:
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._VersionAction | argparse._SubParsersAction):
            continue
        takes_value = action.nargs != 0 and action.option_strings
        value = (action.metavar or action.dest.upper()) if takes_value else ""
        names = ", ".join(action.option_strings) or action.metavar
        yield Option(names, value, action.help % vars(action))


# What click knows of the other


def emulator_commands() -> Iterator[Command]:
    """Yield `alicred-emulator` and its commands."""
    usage = "alicred-emulator [OPTIONS] [COMMAND] ..."
    yield Command("alicred-emulator", usage, _help_of(emulator_command), ())
    for name, command in emulator_command.commands.items():
        arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
        options = tuple(
            _read(parameter) for parameter in command.params if isinstance(parameter, click.Option)
        )
        words = ["alicred-emulator", name, *(["[OPTIONS]"] if options else [])]
        words += [argument.metavar for argument in arguments]
        yield Command(f"alicred-emulator {name}", " ".join(words), _help_of(command), options)


def _read(option: click.Option) -> Option:
    told = option.help
    if option.show_default:
        told = f"{told.removesuffix('.')} (`{option.default}` by default)."
    return Option(", ".join(option.opts), "" if option.is_flag else _value_of(option), told)


def _value_of(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return f"{{{','.join(option.type.choices)}}}"
    return option.metavar or {"integer range": "N"}.get(option.type.name, option.type.name.upper())


def _help_of(command: click.Command) -> str:
    return inspect.cleandoc(command.help)


# The page


def page() -> str:
    """Return the page as it should be."""
    return HEAD + "\n".join(
        "\n".join(_section(command)) for command in (*library_commands(), *emulator_commands())
    )


def _section(command: Command) -> Iterator[str]:
    yield f"## `{command.name}`\n"
    yield f"    {command.usage}\n"
    yield f"{command.told}\n"
    if command.options:
        yield "| option | what it does |"
        yield "|---|---|"
        for option in command.options:
            yield f"| `{f'{option.names} {option.value}'.strip()}` | {_sentence(option.told)} |"
        yield ""


def _sentence(text: str) -> str:
    text = " ".join(text.split()).removesuffix(".")
    return f"{text}." if text.startswith("alicred") else f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
