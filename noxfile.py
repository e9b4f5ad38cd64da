"""All that is asked of a change, on every CPython that the machine has: `nox`; `nox -R` installs nothing.

Rules of this file: an interpreter that is not there is passed over, and the report says so; what is installed
is what pyproject.toml asks for; what `make` can do is left to `make`.
"""

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from xml.etree import ElementTree as ET

import nox

# In one line, since a test compares it with the matrix of the workflow.
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
WORKERS = f"--numprocesses={(os.cpu_count() or 1) + 1}"
CHOICES = {"lowest": ("--resolution=lowest-direct",), "newest": ("--upgrade",)}
# A doubtful string is warned of when it is compiled: at the latest by a test, if not when it is installed.
COMPILED = "--compile-bytecode"
SHUFFLED_RUNS = 20

# The oldest that users may have, and that tools or SDKs of the test group do not go together with.
OLDEST_PYTEST = "pytest==7.4.0"
OLDEST_CRYPTOGRAPHY = "cryptography==42.0.0"

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False


def with_pyenv(path: str) -> str:
    """Return a PATH that has pyenv's interpreters before its stand-ins, of which but one works at a time."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return os.pathsep.join([*map(str, newest_of_each(root / "versions")), path])


def newest_of_each(versions: Path) -> Iterator[Path]:
    """Yield the folder of each Python's newest release."""
    found: dict[str, dict[int, Path]] = defaultdict(dict)
    for folder in versions.glob("3.*"):
        release = re.fullmatch(r"(3\.\d+)\.(\d+)", folder.name)
        if release and release[1] in PYTHONS:
            found[release[1]][int(release[2])] = folder / "bin"
    for releases in found.values():
        yield releases[max(releases)]


os.environ["PATH"] = with_pyenv(os.environ.get("PATH", os.defpath))
# With byte code that is kept, the tests are read in a third of the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@nox.session(python=PYTHONS)
@nox.parametrize("deps", [nox.param(name, id=name) for name in CHOICES])
def tests(session: nox.Session, deps: str) -> None:
    """Run the suite, with the lowest versions that pyproject.toml allows or with the newest there are."""
    session.install(*CHOICES[deps], COMPILED, "--editable=.[emulator,rsa]", "--group=test")
    session.run("python", "-m", "pytest", WORKERS, *session.posargs)


@nox.session(python=PYTHONS[0])
def floor(session: nox.Session) -> None:
    """Test library and plugin with the lowest of what users have, which the SDKs in `tests` do not allow."""
    lowest = CHOICES["lowest"]
    session.install(*lowest, COMPILED, "--editable=.[emulator,rsa]", "--group=test-tools")
    # The emulator asks for more; the library does not.
    session.install("--no-deps", OLDEST_CRYPTOGRAPHY)
    folders = ("tests/library", "tests/plugin", "--ignore=tests/plugin/test_sdk_schedulers.py")
    session.run("python", "-m", "pytest", WORKERS, "-m", "not interop", *folders)


@nox.session(python=PYTHONS[0])
def oldest_pytest(session: nox.Session) -> None:
    """Load the plugin in each way there is, in the oldest pytest that it is for."""
    session.install(*CHOICES["lowest"], "--editable=.[emulator]", OLDEST_PYTEST, "pytest-xdist>=3.5")
    # Nothing of the suite's own configuration, which is for a newer one.
    alone = ("--noconftest", "-c", os.devnull, "--rootdir=.", "-p", "pytester", "--import-mode=importlib")
    session.run("python", "-m", "pytest", "-W", "error", *alone, "tests/plugin/test_loading.py")


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Run linters and type checkers: `make lint`."""
    make(session, "lint")


@nox.session(venv_backend="none", default=False)
def coverage(session: nox.Session) -> None:
    """Run the suite once more, and count the branches that it takes: `make coverage`."""
    make(session, "coverage")


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Build the documentation: `make docs`."""
    make(session, "docs")


@nox.session(venv_backend="none")
def wheel(session: nox.Session) -> None:
    """Try the wheel as a stranger would: `make wheel-test`."""
    make(session, "wheel-test")


def make(session: nox.Session, target: str) -> None:
    """Have make do it, in the environment that make keeps."""
    if shutil.which("make") is None:
        session.skip("make is not installed")
    session.run("make", target, external=True)


@nox.session(python=PYTHONS[1], default=False)
def mutation(session: nox.Session) -> None:
    """Change what matters most in both packages, again and again, and see whether a test notices."""
    groups = ("--group=test-tools", "--group=mutation")
    session.install("--upgrade", COMPILED, "--editable=.[emulator,rsa]", *groups)
    session.run("python", "tests/mutation/mutants.py")


@nox.session(default=False)
def shuffled(session: nox.Session) -> None:
    """Run the suite again and again, in another order each time: `nox -s shuffled -- 20`."""
    session.install("--upgrade", COMPILED, "--editable=.[emulator,rsa]", "--group=test")
    runs = int(session.posargs[0]) if session.posargs else SHUFFLED_RUNS
    # Not in `create_tmp`, which becomes TMPDIR: sessions inside tests would take this folder for their root.
    report = Path(session.virtualenv.location, "report.xml")
    failed: dict[str, list[int]] = defaultdict(list)
    for _ in range(runs):
        seed = SystemRandom().randrange(2**32)
        options = (WORKERS, "--quiet", f"--randomly-seed={seed}", f"--junitxml={report}")
        session.run("python", "-m", "pytest", *options, success_codes=[0, 1])
        for name in failures(report):
            failed[name].append(seed)
    if failed:
        lines = (f"{name}: {len(seeds)} of {runs}, with seeds {seeds}" for name, seeds in failed.items())
        session.error("\n".join(["these have failed:", *lines]))
    session.log(f"{runs} runs, and no test has failed in any.")


def failures(report: Path) -> Iterator[str]:
    """Yield the names of the tests that failed, or left something behind, as pytest has written it down."""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by our own pytest
        if case.find("failure") is not None or case.find("error") is not None:
            yield f"{case.get('classname')}::{case.get('name')}"
