"""What the keeper can be told to do, by name, and how it answers that it could not."""

from typing import Final

FOLDER: Final = "folder"
"""Make a folder for temporary files. Answer: its ``path``."""
ENTER: Final = "enter"
"""Enter a sandbox that has the ``addresses``."""
BIND: Final = "bind"
"""Bind sockets at the ``endpoints``, and pass them back."""
LAY_OVER: Final = "lay over"
"""Show files in other places, by pairs of ``files``."""
START: Final = "start"
"""Start the program with ``changes`` of its environment. Answer: the ``errno`` if it cannot be."""
SIGNAL: Final = "signal"
"""Send the program the signal ``number``; the only order without an answer."""

REFUSAL: Final = "refusal"
"""The key of an answer that says which step was refused; ``errno`` says why."""
