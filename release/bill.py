"""The bill of materials of an install of the wheel, in CycloneDX.

The rule kept here: nothing is listed that such an install does not bring, so it is made of an environment
that holds that install alone. It says neither when nor where it was made.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parents[1]


def bill(wheel: Path, extra: str) -> dict[str, Any]:
    """Return the bill of one install.

    Args:
        wheel: What is installed.
        extra: The extra that is installed with it, or an empty string.

    Returns:
        The document, which its schema has passed.
    """
    with tempfile.TemporaryDirectory() as name:
        document = _listed(_installed(f"{wheel}[{extra}]" if extra else str(wheel), Path(name)))
    _complete(document, wheel, extra)
    refusal = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    if refusal is not None:
        sys.exit(f"the bill of materials is malformed: {refusal}")
    return document


def _installed(what: str, folder: Path) -> Path:
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", what], check=True)
    return python


def _listed(python: Path) -> dict[str, Any]:
    tool = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--sv", "1.6"]
    about = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "library"]
    done = subprocess.run([*tool, *about, str(python)], check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def _complete(document: dict[str, Any], wheel: Path, extra: str) -> None:
    # The tool reads pyproject.toml, which has no version, and takes every extra for installed.
    name, version = wheel.name.split("-")[:2]
    component = document["metadata"]["component"]
    component["version"] = version
    component["purl"] = f"pkg:pypi/{name}@{version}"
    component["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    references = {canonicalize_name(listed["name"]): listed["bom-ref"] for listed in document["components"]}
    [own] = [entry for entry in document["dependencies"] if entry["ref"] == component["bom-ref"]]
    own["dependsOn"] = sorted(references[needed] for needed in _required(wheel, extra))


def _required(wheel: Path, extra: str) -> Iterator[NormalizedName]:
    with ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        headers = HeaderParser().parsestr(archive.read(metadata).decode("utf-8"))
    for requirement in map(Requirement, headers.get_all("Requires-Dist", [])):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield canonicalize_name(requirement.name)
