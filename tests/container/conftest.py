"""What the files say that make a container of the emulator, and put it beside an application."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "container"


class Image(NamedTuple):
    """A Dockerfile: its instructions, in their order."""

    instructions: list[tuple[str, str]]

    def all(self, name):
        """Return what is said with an instruction, from top to bottom."""
        return [rest for instruction, rest in self.instructions if instruction == name]

    def last(self, name):
        """Return what is said last, which is what holds for the image."""
        return self.all(name)[-1]

    @property
    def entry_point(self):
        """The command that a container runs, without its arguments."""
        return json.loads(self.last("ENTRYPOINT"))

    @property
    def health_check(self):
        """The command that says whether a container is well."""
        return json.loads(self.last("HEALTHCHECK").partition("CMD ")[2])


class Described(NamedTuple):
    """One container of an example."""

    arguments: list[str]
    variables: dict[str, str]
    volumes: dict[str, bool]
    "Where each is mounted: whether it can be written to."


@pytest.fixture(scope="package")
def image():
    """The image, as the Dockerfile describes it."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    return Image([(name, " ".join(rest.split())) for name, rest in lines])


@pytest.fixture(scope="package")
def compose():
    """compose.yaml as it is written."""
    return yaml.safe_load((EXAMPLES / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="package")
def pod():
    """pod.yaml as it is written."""
    return yaml.safe_load((EXAMPLES / "pod.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="package")
def emulators(compose, pod):
    """The container of the emulator in each example."""
    return [_of_compose(compose["services"]["emulator"]), _of_a_pod(pod["spec"]["initContainers"][0])]


@pytest.fixture(scope="package")
def applications(compose, pod):
    """The container of the application in each example."""
    return [_of_compose(compose["services"]["application"]), _of_a_pod(pod["spec"]["containers"][0])]


def _of_compose(service):
    mounts = [[*volume.split(":"), "rw"][1:3] for volume in service["volumes"]]
    arguments = [*service.get("entrypoint", []), *service["command"]]
    return Described(arguments, service["environment"], {place: mode == "rw" for place, mode in mounts})


def _of_a_pod(container):
    return Described(
        [*container.get("command", []), *container.get("args", [])],
        {entry["name"]: entry["value"] for entry in container["env"]},
        {mount["mountPath"]: not mount.get("readOnly") for mount in container["volumeMounts"]},
    )
