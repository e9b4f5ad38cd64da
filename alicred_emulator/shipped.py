"""Data that the package needs at run time: it lives in `fixtures/`, and the wheel carries a copy."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_HERE: Final = Path(__file__).parent


def toml_module() -> ModuleType:
    """Return the reader of TOML, loaded when it is first asked for."""
    # Python 3.10 has it from the extra alone.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - see above
    else:  # pragma: no cover - each Python has one of the two
        import tomli as tomllib  # noqa: PLC0415 - see above
    return tomllib


def shipped(name: str) -> Path:
    """Return where a file or directory of `fixtures/` is.

    Args:
        name: Its name in `fixtures/`.
    """
    carried = _HERE / "fixtures" / name
    # A checkout, and an editable install of one, have it beside the package.
    return carried if carried.exists() else _HERE.parent / "fixtures" / name


def table(name: str) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        name: Its name in `fixtures/`.

    Returns:
        Its content.
    """
    content: dict[str, Any] = toml_module().loads(shipped(name).read_text(encoding="utf-8"))
    return content
