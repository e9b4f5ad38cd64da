"""The command ``alicred-emulator``, also ``python -m alicred_emulator``."""

import gc
import sys

from alicred_emulator.extra import lacks


def main() -> None:
    """Run the command line, or say what is missing for it."""
    try:
        from alicred_emulator.cli import command  # noqa: PLC0415 - the extra may not be installed
    except ModuleNotFoundError as missing:
        # click, which would print it, may be what is missing.
        print(lacks("alicred-emulator", missing), file=sys.stderr)  # noqa: T201 - for this reason
        sys.exit(2)
    # What is loaded stays: a look at all of it, at the end in particular, takes longer than many a command.
    gc.freeze()
    # The object says that the process ends with the command.
    command(prog_name="alicred-emulator", obj=True)


if __name__ == "__main__":
    main()
