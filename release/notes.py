"""Prints what CHANGELOG.md says of the version that a tag names: `python release/notes.py v0.1.0`.

The rule kept here: a tag that is not the version of the package, or of which nothing is told, is no release.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes(tag: str) -> str:
    """Return the section of a tag's version, without its heading.

    Args:
        tag: The tag, such as ``v0.1.0``.
    """
    version = "".join(_found(r'^__version__ = "(.+)"$', ROOT / "alicred" / "__init__.py"))
    if tag != f"v{version}":
        sys.exit(f"{tag} is not the version {version}; change it in alicred/__init__.py, and tag that commit")
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n([\s\S]+?)(?=^## |\Z)"
    sections = _found(heading, ROOT / "CHANGELOG.md")
    if not sections:
        sys.exit(f"CHANGELOG.md has no section of {version} with a date; write one")
    return sections[0].strip() + "\n"


def _found(pattern: str, path: Path) -> list[str]:
    return re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)


if __name__ == "__main__":
    sys.stdout.write(notes(sys.argv[1]))
