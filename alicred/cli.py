"""The command line: options and exit statuses, over the modules that do the work.

Rule of this module: a failure is two lines on stderr, what happened and what to do; only a mistake of
alicred's own is a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import TextIOWrapper
from typing import NoReturn

from alicred import __version__
from alicred.client import Client
from alicred.commands.errors import FAILED, USAGE, CommandError
from alicred.commands.hearing import warnings_heard
from alicred.environment import inherited
from alicred.exceptions import CredentialException, NoCredentialError

__all__ = ["main"]

_INTERRUPTED = 130
_HIGHEST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status.

    Args:
        arguments: What stands behind the command's name; None for the process's own.
    """
    for stream in (sys.stdout, sys.stderr):
        # A profile may have a name that this terminal cannot show.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parser().parse_args(arguments, argparse.Namespace(ends_process=arguments is None))
        status = int(options.run(options) or 0)
        sys.stdout.flush()
    except CommandError as error:
        return _failed(error.problem, error.remedy, error.status)
    except NoCredentialError as error:
        return _failed(error.problem, "Configure one; `alicred explain` says what was looked for where.")
    except CredentialException as error:
        return _failed(f"{error.provider}: {error.problem}", error.remedy)
    except BrokenPipeError:
        # Whoever read has gone; what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints look like all others of this command."""

    def error(self, message: str) -> NoReturn:
        _failed(f"{message}.", f"See `{self.prog} --help`.")
        sys.exit(USAGE)


def _failed(problem: str, remedy: str, status: int = FAILED) -> int:
    _tell(f"alicred: {problem}")
    if remedy:
        _tell(f"hint: {remedy}")
    return status


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _say_at_once(line: str) -> None:
    _say(line)
    sys.stdout.flush()


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="alicred", description="Alibaba Cloud credentials: which, whence, and for whom.")
    parser.add_argument("--version", action="version", version=f"alicred {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (add, run, told) in _COMMANDS.items():
        command = commands.add_parser(name, help=f"{told[0].lower()}{told[1:]}", description=f"{told}.")
        add(command)
        command.set_defaults(run=run)
    return parser


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--identity", action="store_true", help="ask STS who the credential is")
    parser.add_argument("--json", action="store_true", help="print one JSON document in place of a page")


def _explain(options: argparse.Namespace) -> int:
    from alicred.commands.explain import explain  # noqa: PLC0415 - the others do not need it

    colour = sys.stdout.isatty() and not inherited().get("NO_COLOR")
    found = explain(_say, identity=options.identity, as_json=options.json, colour=colour)
    return 0 if found else FAILED


def _add_exec(parser: argparse.ArgumentParser) -> None:
    # What follows is the program's, options included.
    parser.usage = "alicred exec [--] CMD ..."
    parser.add_argument("command", metavar="CMD", nargs=argparse.REMAINDER, help="the program, its arguments")


def _exec(options: argparse.Namespace) -> int:
    from alicred.commands.exec import execute  # noqa: PLC0415 - the others do not need it

    command: list[str] = options.command
    if command[:1] == ["--"]:
        del command[0]
    if not command:
        raise CommandError(
            "exec needs a program to run.", remedy="Name it: alicred exec -- CMD.", status=USAGE
        )
    with _warnings_told():
        credential = Client().get_credential()
    return execute(command, credential, tell=_tell)


def _add_process(_command: argparse.ArgumentParser) -> None:
    """It takes no options: how it is called is written into a profile."""


def _process(_options: argparse.Namespace) -> int:
    from alicred.commands import process  # noqa: PLC0415 - the others do not need it

    process.refuse_to_run_within()
    with _warnings_told():
        credential = Client().get_credential()
    _say(process.document(credential))
    return 0


def _warnings_told() -> AbstractContextManager[None]:
    """Show on stderr what the library warns of, such as that it passes over a broken place."""
    return warnings_heard(lambda warning: _tell(f"alicred: {warning}"))


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=0, help="the port to listen on; 0, the default: any free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument(
        "--allow-non-loopback",
        action="store_true",
        help="let whoever reaches --host over the network have the credential",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_HIGHEST_PORT}")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from alicred.commands.serve import serve  # noqa: PLC0415 - the others do not need it

    listen_to = (options.host, options.port)
    with _warnings_told():
        serve(
            listen_to,
            allow_network=options.allow_non_loopback,
            say=_say_at_once,
            tell=_tell,
            ends_process=options.ends_process,
        )
    return 0


_COMMANDS = {
    "explain": (_add_explain, _explain, "Say where the credential is from, or why there is none"),
    "exec": (_add_exec, _exec, "Run a program with the credential in its environment"),
    "process": (_add_process, _process, "Print the credential as aliyun-cli's External mode reads it"),
    "serve": (
        _add_serve,
        _serve,
        "Hand the credential out to programs on this machine, at a credentials URI",
    ),
}
