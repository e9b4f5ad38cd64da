"""Whether a file is there for this process, and for what it starts.

The rule kept here: what cannot be looked at is not there. Up to Python 3.13, `Path.exists` and its like raise
where a folder on the way is somebody else's, as the home is that ``sudo -u`` has left in the environment, or
where a name is too long.
"""

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Tell whether there is anything at a path."""
    return os.path.exists(path)  # noqa: PTH110 - see above


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder at a path."""
    return os.path.isdir(path)  # noqa: PTH112 - the same


def is_readable_file(path: Path) -> bool:
    """Tell whether there is a file at a path that can be read."""
    return os.path.isfile(path) and os.access(path, os.R_OK)  # noqa: PTH113 - the same
