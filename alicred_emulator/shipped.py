"""Data that the package needs at run time: it lives in `fixtures/`, and the wheel carries a copy."""

import sys
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        name: Its name in `fixtures/`.

    Returns:
        Its content.
    """
    # Here, since Python 3.10 has it from the extra alone.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - see above
    else:
        import tomli as tomllib  # noqa: PLC0415 - see above
    carried = _HERE / "fixtures" / name
    # A checkout, and an editable install of one, have it beside the package.
    path = carried if carried.exists() else _HERE.parent / "fixtures" / name
    content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return content
