"""Make what is published, and use it as a stranger would: in clean environments, far from the source folders.

The flat layout hides packaging mistakes from the test suite, since the source folders are importable from the
checkout whether the wheel holds them or not. Run by `make wheel-test`; not a test module of pytest's.
"""

import json
import os
import re
import shutil
import sys
import tempfile
import venv
from pathlib import Path

from published import (
    CHECKOUT,
    PROJECT,
    check_bill,
    check_contents,
    check_reproducible,
    check_sdist,
    expect,
    run,
)

USER_TEST = """
from alicred import Client, Config


def test_the_credential_is_refreshed(alicred_emulator, alicred_clock):
    client = Client(Config(type="ecs_ram_role"))
    first = client.get_credential()
    alicred_clock.shift(hours=5, minutes=45)
    assert client.get_credential() != first
    assert alicred_emulator.imds.journal.count("GET", "/latest/meta-data/ram/security-credentials/*") == 3
"""

STS_TEST = """
import pytest

from alicred import Client, Config, CredentialException


def test_an_unknown_key_is_refused(alicred_emulator):
    user, role = alicred_emulator.user, alicred_emulator.role
    key = {"access_key_id": user.access_key_id, "access_key_secret": user.access_key_secret}
    assert Client(Config(type="ram_role_arn", role_arn=role.arn, **key)).get_credential().security_token
    key["access_key_id"] = "LTAIofNobody"
    with pytest.raises(CredentialException, match="InvalidAccessKeyId.NotFound"):
        Client(Config(type="ram_role_arn", role_arn=role.arn, **key)).get_credential()
"""

ONLY_REQUESTS = {
    "alicred",
    "requests",
    "urllib3",
    "idna",
    "certifi",
    "charset-normalizer",
    "pip",
    "setuptools",
}


def clean_environment(folder: Path, *packages: str) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", *packages, cwd=folder)
    return python


def check_image(folder: Path) -> None:
    """Do what the Dockerfile's first stage does, in a folder instead of a container."""
    ignored = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    (folder / "source").mkdir(parents=True)
    for name in (line[1:] for line in ignored if line.startswith("!")):
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, folder / "source" / name)
    text = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    for command in re.findall(r"^RUN (.*)$", text, re.MULTILINE):
        _, *arguments = [re.sub("^(?=/(wheels|opt)/?)", str(folder), each) for each in json.loads(command)]
        run(sys.executable, *arguments, cwd=folder / "source")
    entry_point = folder / "opt" / "alicred" / "bin" / "alicred-emulator"
    expect(entry_point.read_bytes().startswith(b"#!"), "the image has the command")
    expect("alicred-emulator" in run(entry_point, "--version", cwd=folder), "which finds all that it needs")


def check_library(wheel: Path, folder: Path) -> None:
    python = clean_environment(folder / "plain", str(wheel))
    listed = json.loads(run(python, "-m", "pip", "list", "--format=json", cwd=folder))
    names = {package["name"].lower() for package in listed}
    expect(names <= ONLY_REQUESTS, "a plain install brings requests and what requests needs")
    said = run(
        python,
        "-c",
        "from alicred import Client, Config;"
        "c = Client(Config(type='access_key', access_key_id='a', access_key_secret='b'));"
        "print(c.get_credential().access_key_id)",
        cwd=folder,
    )
    expect(said.strip() == "a", "the library works without the extra")
    nowhere = {"HOME": str(folder), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    said = run(python.parent / "alicred", "explain", cwd=folder, status=1, variables=nowhere)
    expect("There is no credential." in said, "the command alicred works without the extra")
    command = python.parent / "alicred-emulator"
    said = run(command, "demo", cwd=folder, status=2)
    expect('pip install "alicred[emulator]"' in said, "the command says which extra it needs")
    run(python, "-m", "pip", "install", "--quiet", "pytest", cwd=folder)
    said = run(python, "-m", "pytest", "-q", "test_user.py", cwd=folder, status=1)
    expect('pip install "alicred[emulator]"' in said, "a fixture says which extra it needs")


def check_emulator(wheel: Path, folder: Path) -> None:
    python = clean_environment(folder / "extra", f"{wheel}[emulator]", "pytest")
    for options in ([], ["-p", "alicred_emulator"]):
        said = run(python, "-m", "pytest", "-q", "-W", "error", *options, "test_user.py", cwd=folder)
        expect("1 passed" in said, f"the README's test passes {' '.join(options)}".rstrip())
    said = run(python, "-m", "pytest", "-q", "-W", "error", "test_sts.py", cwd=folder)
    expect("1 passed" in said, "STS refuses by the table that the wheel carries")
    command = python.parent / "alicred-emulator"
    expect("refresh point" in run(command, "demo", cwd=folder), "the demo is told")
    expect("alicred-emulator" in run(command, "--version", cwd=folder), "the command knows its version")
    catalogue = "from alicred_emulator.scenarios import catalogue; print(len(catalogue()) >= 60)"
    expect("True" in run(python, "-c", catalogue, cwd=folder), "the wheel carries the catalogue of stories")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = folder / "dist"
        run(sys.executable, CHECKOUT / "release" / "dist.py", made, cwd=folder)
        (folder / "test_user.py").write_text(USER_TEST, encoding="utf-8")
        (folder / "test_sts.py").write_text(STS_TEST, encoding="utf-8")
        [wheel], [sdist] = made.glob("*.whl"), made.glob("*.tar.gz")
        extra = PROJECT["optional-dependencies"]["emulator"]
        print(f"{wheel.name}:")
        check_contents(wheel)
        check_sdist(sdist)
        for bill in made.glob("*.cdx.json"):
            check_bill(bill, *PROJECT["dependencies"], *(extra if "-emulator." in bill.name else ()))
        check_library(wheel, folder)
        check_emulator(wheel, folder)
        check_reproducible(made, folder / "elsewhere")
        if os.name == "posix":
            check_image(folder / "image")


if __name__ == "__main__":
    main()
