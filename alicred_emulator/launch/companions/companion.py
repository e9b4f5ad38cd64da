"""What accompanies a program for as long as it runs."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from alicred_emulator.emulator import Emulator
from alicred_emulator.environment import Changes

Companion = Callable[[Emulator, Changes], AbstractContextManager[Changes]]
"""A timeline that is played, a clock that the program shows. It is given the emulator and what will be said
to the program so far, and adds variables to it."""
