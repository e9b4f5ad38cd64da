"""Who may do what with files that are written for other programs, which may be other users'."""

from typing import Final

FOR_ALL_TO_READ: Final = 0o644
FOR_ALL_TO_PASS: Final = 0o711
"""Of a folder: who knows the name of a file in it may open that one, and nobody else may list it."""
