"""The Dockerfile keeps its rules, and what it names is what there is."""

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from alicred_emulator import serve

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project():
    """What pyproject.toml says of the project."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_no_shell_runs(image):
    """Each command is a list, while the image is made and in it: nothing is split or expanded."""
    commands = [
        *image.all("RUN"),
        *image.all("CMD"),
        image.last("ENTRYPOINT"),
        json.dumps(image.health_check),
    ]
    assert len(commands) == 6
    assert all(json.loads(command) for command in commands)


def test_a_container_is_not_run_by_root(image):
    """The user is a number that is not 0, since a name tells an orchestrator nothing."""
    assert all(int(number) > 0 for number in image.last("USER").split(":"))
    assert len(image.all("USER")) == 1


def test_it_is_told_to_stop_by_what_it_stops_at(image):
    """A signal that it does not catch would leave its end to a kill."""
    assert signal.Signals[image.last("STOPSIGNAL")] in serve._STOPPING


def test_the_base_is_named_by_a_version(image):
    """One base, slim, whose name does not mean another Python tomorrow."""
    [base] = {source.split()[0] for source in image.all("FROM")}
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base)


def test_health_is_asked_where_the_command_serves(image):
    """The port is that of the control API when nobody names another."""
    port = serve.DEFAULT_PORT_BASE + serve._CONTROL_OFFSET
    assert image.health_check == ["python", "-m", "alicred_emulator.health", f"http://127.0.0.1:{port}"]


def test_what_is_installed_comes_from_the_wheels(image):
    """The second stage knows no index, and the image holds what the first one installed."""
    made, _, installed = map(json.loads, image.all("RUN"))
    folder = made[made.index("--wheel-dir") + 1]
    assert "--no-index" in installed
    assert installed[installed.index("--find-links") + 1] == folder
    assert installed[installed.index("--python") + 1] == image.all("COPY")[-1].split()[-1]
    assert image.last("ENV").startswith(f'PATH="{installed[installed.index("--python") + 1]}/bin:')


def test_the_licence_is_the_project_s(image, project):
    """One licence, named once more."""
    [named] = re.findall(r'image\.licenses="([^"]+)"', image.last("LABEL"))
    assert named == project["project"]["license"]


def test_the_builder_is_given_what_the_wheel_is_made_of(project):
    """Everything that pyproject.toml names, and nothing else of the folder."""
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        "pyproject.toml",
        project["project"]["readme"],
        *project["project"]["license-files"],
        *wheel["packages"],
        *(Path(source).parts[0] for source in wheel["force-include"]),
    }
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == needed
