"""What is published, looked at as files: whole, reproducible, and what pyproject.toml says."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*command: object, cwd: Path, status: int = 0, variables: Mapping[str, str] | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment.update(variables or {})
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode != status:
        sys.exit(f"{command} ended with {done.returncode}, not {status}:\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def expect(condition: object, what: str) -> None:
    if not condition:
        sys.exit(f"not true of the wheel: {what}")
    print(f"  {what}")


@contextmanager
def nobody_else_may_read() -> Iterator[None]:
    """Make files as somebody does who is careful."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def check_reproducible(made: Path, folder: Path) -> None:
    """Make it again from its own sdist: at another place, later, by somebody whose files nobody may read."""
    [sdist] = made.glob("*.tar.gz")
    with nobody_else_may_read(), tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
        [unpacked] = folder.iterdir()
        for path in unpacked.rglob("*"):
            os.utime(path)
        again = folder / "again"
        run(sys.executable, unpacked / "release" / "dist.py", again, cwd=folder)
    for path in made.iterdir():
        same = path.read_bytes() == (again / path.name).read_bytes()
        expect(same, f"{path.name} is the same, byte for byte, when its own sdist is built again")
    straight = folder / "straight"
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", straight, CHECKOUT]
    run(*build, cwd=folder)
    [wheel] = straight.iterdir()
    expect(
        wheel.read_bytes() == (made / wheel.name).read_bytes(),
        "the checkout gives the wheel that the sdist gives",
    )


def check_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    if (CHECKOUT / ".git").exists():
        listed = run(
            "git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT
        ).splitlines()
        there = {name for name in listed if (CHECKOUT / name).is_file()}
        expect(names == there | {"PKG-INFO"}, "the sdist holds what git holds, and nothing else")
    junk = {"node_modules", "__pycache__", ".venv", "dist", "build"}
    expect(not any(junk & set(Path(name).parts) for name in names), "the sdist holds nothing that was made")


def check_contents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [found] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = Metadata.from_email(archive.read(found), validate=True)
    packages = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    expect(packages == {"alicred", "alicred_emulator"}, "it holds the two packages and nothing else")
    expect(
        {"alicred/py.typed", "alicred_emulator/py.typed"} <= set(names), "both packages say they are typed"
    )
    expect(any(name.endswith("licenses/LICENSE") for name in names), "it carries its licence")
    expect(metadata.license_expression == PROJECT["license"], "its metadata is valid, and names the licence")
    needed = [str(each) for each in metadata.requires_dist or () if not each.marker]
    expect(needed == PROJECT["dependencies"], "it needs requests, and nothing else")


def check_bill(path: Path, *requirements: str) -> None:
    bill = json.loads(path.read_text(encoding="utf-8"))
    own, listed = bill["metadata"]["component"], {each["bom-ref"]: each for each in bill["components"]}
    expect(own["purl"] == f"pkg:pypi/alicred@{own['version']}", f"{path.name} is about this version")
    wanted = [each for each in map(Requirement, requirements) if not each.marker or each.marker.evaluate()]
    [edges] = [each["dependsOn"] for each in bill["dependencies"] if each["ref"] == own["bom-ref"]]
    named = sorted(canonicalize_name(listed[edge]["name"]) for edge in edges)
    expect(
        named == sorted(canonicalize_name(each.name) for each in wanted), "it needs what pyproject.toml names"
    )
    reached, ahead = set(), set(edges)
    known = {each["ref"]: set(each.get("dependsOn", ())) for each in bill["dependencies"]}
    while ahead:
        reached |= ahead
        ahead = set().union(*(known[ref] for ref in ahead)) - reached
    expect(reached == set(listed), "whatever it lists is needed by something that it lists")
    expect(
        all(each["purl"] and each["licenses"] for each in listed.values()), "each has its origin and licence"
    )
