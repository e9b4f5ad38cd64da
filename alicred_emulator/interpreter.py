"""A module of this package as a program, with the Python that runs this one.

The rule kept here: it makes no difference where it is started. Python looks for modules in the current
directory first, where a user's ``json.py`` may lie, and before 3.11 has no option to leave that out.
"""

import sys
from typing import Final

_RUN: Final = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def command_of(module: str) -> list[str]:
    """Return the command that runs a module; arguments may follow.

    Args:
        module: Its full name.
    """
    return [sys.executable, "-c", _RUN, module]
