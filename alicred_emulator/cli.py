"""The command line: options and exit statuses, over the modules that do the work."""

import sys
from pathlib import Path
from typing import Any

import click

from alicred_emulator import scenarios
from alicred_emulator.identities import IDENTITIES
from alicred_emulator.launch.companions.choosing import CONTROLLED, REAL, companions
from alicred_emulator.launch.errors import LaunchError
from alicred_emulator.launch.folder import folder_of_a_command
from alicred_emulator.launch.isolation.table import AUTO, ISOLATIONS
from alicred_emulator.listener import PortUnavailableError
from alicred_emulator.serve import DEFAULT_PORT_BASE, HIGHEST_PORT_BASE, ReadyFileError, serve_until_stopped

_USAGE_STATUS = 2
_FILE = click.Path(dir_okay=False, path_type=Path)
# Ten minutes a second: a pod's token is renewed by a tick of every second, and twelve minutes before its end.
_FASTEST = 600

_SCENARIO = click.option(
    "--scenario",
    type=_FILE,
    help="Begin with the world of this file, and play its timeline.",
)
_SPEED = click.option(
    "--speed",
    metavar="N",
    type=click.IntRange(1, _FASTEST),
    default=1,
    help="Run the clocks N times as fast as real time.",
)


class _ServeByDefault(click.Group):
    """A group whose bare call, or one with nothing but options, is its command ``serve``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name before what is left out."""
        first = args[0] if args else "serve"
        own_option = first in {"--help", "--version"}
        if not args or (first.startswith("-") and not own_option):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ServeByDefault, context_settings={"help_option_names": ["--help"], "max_content_width": 100}
)
@click.version_option(package_name="alicred", message="%(prog)s %(version)s")
def command() -> None:
    """Alibaba Cloud's credential services on this machine: an ECS instance to program against.

    Without a command it serves, as `alicred-emulator serve` does.
    """


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port-base",
    type=click.IntRange(0, HIGHEST_PORT_BASE),
    default=DEFAULT_PORT_BASE,
    show_default=True,
    help="The first of the ports; 0 for any free ones.",
)
@click.option(
    "--ready-file",
    type=_FILE,
    help="Write a JSON object with addresses and variables here once everything listens.",
)
@_SCENARIO
@_SPEED
@click.pass_obj
def serve(ends_process: bool | None, /, **options: Any) -> None:  # noqa: FBT001 - click passes it so
    """Start the fakes and print where they are, until Ctrl-C or SIGTERM."""
    try:
        serve_until_stopped(**options, say=click.echo, ends_process=bool(ends_process))
    except (LaunchError, PortUnavailableError, ReadyFileError, scenarios.ScenarioError) as error:
        _tell(str(error))
        sys.exit(_USAGE_STATUS)


@command.command()
@click.pass_obj
def demo(ends_process: bool | None) -> None:  # noqa: FBT001 - click passes it so
    """Tell a day in the life of an instance's credential, in a few seconds."""
    from alicred_emulator.demo import tell  # noqa: PLC0415 - serving does not need it

    try:
        with folder_of_a_command("alicred-demo-", ends_process=bool(ends_process)):
            tell(click.echo)
    except LaunchError as error:
        _tell(str(error))
        sys.exit(error.status)


@command.command("exec", context_settings={"allow_interspersed_args": False})
@click.option(
    "--isolation",
    type=click.Choice([AUTO, *ISOLATIONS]),
    default=AUTO,
    show_default=True,
    help="How the program meets the fakes; auto takes the strongest that works here, and says which.",
)
@click.option(
    "--identity",
    type=click.Choice(IDENTITIES),
    default="ecs",
    show_default=True,
    help="What the environment says besides: nothing, a user's AccessKey, a pod's token, a credentials URI.",
)
@click.option(
    "--forward",
    metavar="PORT",
    multiple=True,
    type=click.IntRange(1, 65535),
    help="A port of this machine's loopback that stays reachable; may be repeated.",
)
@click.option(
    "--allow",
    metavar="HOST",
    multiple=True,
    help="A host that isolation by proxy lets pass; may be repeated.",
)
@click.option(
    "--attach",
    metavar="FILE",
    type=_FILE,
    help="Meet an emulator that runs already, by its ready file, instead of one of its own.",
)
@click.option("--report", type=_FILE, help="Write what the program asked for as JSON here at the end.")
@click.option(
    "--clock",
    type=click.Choice([REAL, CONTROLLED]),
    default=REAL,
    show_default=True,
    help="Whose wall clock the program sees: the machine's, or that of the fakes, as it is moved.",
)
@_SCENARIO
@_SPEED
@click.argument("program", metavar="[--] CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
def execute_program(
    program: tuple[str, ...], clock: str, speed: int, scenario: Path | None, **options: Any
) -> None:
    """Run a program as if it were on the instance, with its exit status."""
    from alicred_emulator.launch.command import Wish, run  # noqa: PLC0415 - serving does not need it

    try:
        beside = companions(program, _tell, clock=clock, speed=speed, scenario=scenario)
        sys.exit(run(Wish(command=program, speed=speed, companions=beside, **options), _tell))
    except LaunchError as error:
        _tell(str(error))
        sys.exit(error.status)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Say it as one JSON object.")
def doctor(as_json: bool) -> None:  # noqa: FBT001 - click passes it so
    """Say what works on this machine, and what to install or do.

    The exit status is 0 if `exec` works, in whichever isolation, and 1 if it does not.
    """
    from alicred_emulator.doctor.command import examine  # noqa: PLC0415 - as above

    sys.exit(examine(click.echo, as_json=as_json))


@command.command()
@click.option(
    "--subject",
    "subjects",
    metavar="SUBJECT",
    multiple=True,
    help="alicred-sync (the default), alicred-async, sdk-sync, sdk-async; may be repeated.",
)
@click.option(
    "--subject-command",
    "program",
    metavar="CMD",
    help="A program to tell them to, which answers each line `get` with a line of JSON.",
)
@click.option("--json", type=_FILE, help="Write what came of them as JSON here.")
@click.option("--junit", type=_FILE, help="Write it as JUnit XML here.")
@click.option(
    "--report",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the comparison here, as conformance.md and conformance.svg.",
)
@click.option("--list", "only_list", is_flag=True, help="Only list the stories.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.pass_obj
def conformance(ends_process: bool | None, /, **options: Any) -> None:  # noqa: FBT001 - the same
    """Tell lifecycle stories to a client, and say which it lives through.

    NAME chooses stories and may be a glob, such as 'uri_*'; all are told without it. The exit status is 1 if
    a story failed.
    """
    from alicred_emulator.conformance.command import UsageError, perform  # noqa: PLC0415 - as above

    try:
        with folder_of_a_command("alicred-conformance-", ends_process=bool(ends_process)):
            sys.exit(perform(**options, say=click.echo))
    except (LaunchError, UsageError) as error:
        _tell(str(error))
        sys.exit(_USAGE_STATUS)


def _tell(line: str) -> None:
    """Print a line that is the command's own, and not what it was asked for."""
    click.echo(f"alicred-emulator: {line}", err=True)
