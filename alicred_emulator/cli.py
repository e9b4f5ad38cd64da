"""The command line: options and exit statuses, over the modules that do the work."""

import sys
from pathlib import Path
from typing import Any

import click

from alicred_emulator.listener import PortUnavailableError
from alicred_emulator.serve import DEFAULT_PORT_BASE, HIGHEST_PORT_BASE, ReadyFileError, serve_until_stopped

_USAGE_STATUS = 2


class _ServeByDefault(click.Group):
    """A group whose bare call, or one with nothing but options, is its command ``serve``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
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
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a JSON object with addresses and variables here once everything listens.",
)
@click.pass_obj
def serve(ends_process: bool | None, /, **options: Any) -> None:  # noqa: FBT001 - click passes it so
    """Start the fakes and print where they are, until Ctrl-C or SIGTERM."""
    try:
        serve_until_stopped(**options, say=click.echo, ends_process=bool(ends_process))
    except (PortUnavailableError, ReadyFileError) as error:
        click.echo(f"alicred-emulator: {error}", err=True)
        sys.exit(_USAGE_STATUS)


@command.command()
def demo() -> None:
    """Tell a day in the life of an instance's credential, in a few seconds."""
    from alicred_emulator.demo import tell  # noqa: PLC0415 - serving does not need it

    tell(click.echo)
