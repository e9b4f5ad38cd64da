"""What is said where a package of the extra is missing, which a plain install of alicred leaves out."""

from typing import Final

INSTALL: Final = 'pip install "alicred[emulator]"'


def lacks(who: str, missing: ModuleNotFoundError) -> str:
    """Say what is missing, and what installs it.

    Args:
        who: Who needs it.
        missing: How its import failed.
    """
    return f"{who} needs {missing.name}, which is not installed. Install it with: {INSTALL}"
