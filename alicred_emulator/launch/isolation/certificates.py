"""Whom a program is to trust: whom it trusts anyway, and the fakes.

The rule kept here: a file that the user named for themselves is not replaced but extended.
"""

import shutil
from pathlib import Path
from typing import Final

from alicred_emulator import environment
from alicred_emulator.file_modes import FOR_ALL_TO_READ
from alicred_emulator.launch.fakes import Fakes
from alicred_emulator.presence import is_readable_file
from alicred_emulator.sandbox.trust_store import java_trust_store

_ADDING: Final = "NODE_EXTRA_CA_CERTS"
"""What it names is trusted besides those that the runtime has built in."""

_JAVA_OPTIONS: Final = "JAVA_TOOL_OPTIONS"
_JAVA_HOMES: Final = ("JAVA_HOME", "JDK_HOME")


def variables(fakes: Fakes, folder: Path) -> dict[str, str | None]:
    """Return the variables by which clients of most languages trust the fakes.

    Args:
        fakes: The fakes.
        folder: Where files are put.
    """
    return {
        name: str(_file(name, before, fakes, folder))
        for name, before in environment.certificate_files().items()
    }


def java_variables(fakes: Fakes, folder: Path, *options: str) -> dict[str, str | None]:
    """Return the variable by which every Java trusts the fakes; it mentions the variable on stderr.

    Args:
        fakes: The fakes.
        folder: Where the trust store is put.
        options: What else every Java is to be told.
    """
    trusted = f"-Djavax.net.ssl.trustStore={write_java_store(folder / 'trusted.jks', fakes)}"
    before = environment.said(_JAVA_OPTIONS)
    return {_JAVA_OPTIONS: " ".join([*([before] if before else []), trusted, *options])}


def extended(file: Path, fakes: Fakes, folder: Path, name: str) -> Path:
    """Write a copy of a bundle that holds the fakes' authority as well.

    Args:
        file: The bundle.
        fakes: The fakes.
        folder: Where the copy is put.
        name: What it is called.

    Returns:
        Where the copy is.
    """
    return _written(folder / name, file.read_bytes(), fakes)


def java_homes() -> list[Path]:
    """Return where Java lives, by what the environment says and by what is run by its name."""
    said = [environment.said(name) for name in _JAVA_HOMES]
    found = shutil.which("java")
    return [*(Path(home) for home in said if home), *([Path(found).resolve().parents[1]] if found else [])]


def write_java_store(file: Path, fakes: Fakes) -> Path:
    """Write a trust store for Java, with everybody's authorities and the fakes'; return where."""
    file.write_bytes(java_trust_store(fakes.ca_bundle().read_text(encoding="utf-8")))
    file.chmod(FOR_ALL_TO_READ)
    return file


def _file(variable: str, before: str | None, fakes: Fakes, folder: Path) -> Path:
    if before and is_readable_file(Path(before)):
        return extended(Path(before), fakes, folder, f"{variable.lower()}.pem")
    if variable == _ADDING:
        return _written(folder / "authority.pem", b"", fakes)
    return fakes.ca_bundle()


def _written(path: Path, before: bytes, fakes: Fakes) -> Path:
    path.write_bytes(before.rstrip() + b"\n" + fakes.ca_certificate().encode("ascii"))
    path.chmod(FOR_ALL_TO_READ)
    return path
