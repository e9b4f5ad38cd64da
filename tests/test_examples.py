"""What an example says of itself is true; its page has its reader run its tests, and so they are run here."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docs.blocks import blocks_of
from tests.docs.lines import EXTRAS, lines_of

EXAMPLES = Path(__file__).parents[1] / "examples"
PROJECTS = sorted(path.parent for path in EXAMPLES.glob("*/requirements.txt"))
WORKFLOW = EXAMPLES / "downstream_ci" / ".github" / "workflows" / "tests.yml"
FOR_THE_MACHINE = "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"

each_project = pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)


def requirements(*files):
    """Return what files of requirements ask for."""
    return [Requirement(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def imported(file):
    """Yield the packages that a module imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


def typed(project):
    """Return the lines that the page of an example has its reader type."""
    page = f"examples/{project.name}/README.md"
    return [line.typed for block in blocks_of(page) for line in lines_of(block)]


@each_project
def test_what_an_example_asks_for_is_what_it_is_run_with(project):
    """The versions that are installed here are among those that it allows."""
    for wanted in requirements(project / "requirements.txt", project / "requirements-test.txt"):
        assert wanted.extras <= EXTRAS
        assert wanted.specifier.contains(version(wanted.name), prereleases=True), str(wanted)


@each_project
def test_an_example_asks_for_whatever_it_imports(project):
    """What it runs with stands in one file, and what its tests need besides in the other."""
    own = {path.stem for path in project.glob("*.py")} | sys.stdlib_module_names
    # Where alicred is installed so that it can be edited, no list has its packages.
    distributions = {**packages_distributions(), "alicred": ["alicred"], "alicred_emulator": ["alicred"]}
    for file in project.rglob("*.py"):
        files = ["requirements.txt", *(["requirements-test.txt"] if file.parent != project else [])]
        asked = {
            canonicalize_name(wanted.name) for wanted in requirements(*(project / name for name in files))
        }
        for name in set(imported(file)) - own:
            # Python 3.10 knows the modules of those only which list them in a file of their own.
            brought_by = set(map(canonicalize_name, distributions.get(name, [name])))
            assert asked & brought_by, f"{file.name} imports {name}"


@each_project
def test_an_example_has_its_reader_run_its_tests(project):
    """The page is what runs them here."""
    assert any(line.startswith("python -m pytest") for line in typed(project))


def test_the_steps_of_the_workflow_are_what_its_page_has_its_reader_type():
    """So each of them is run here; but for what is installed, and for what is done to the machine."""
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    steps = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    others = set(steps) - set(typed(EXAMPLES / "downstream_ci")) - {FOR_THE_MACHINE}
    assert others == {'pip install "alicred[emulator]"'}


def test_the_workflow_tries_the_oldest_python_that_alicred_runs_on():
    """A project that begins with it need not think of another."""
    [matrix] = re.findall(r"python: (\[.*\])", WORKFLOW.read_text(encoding="utf-8"))
    assert yaml.safe_load(matrix)[0] == "3.10"
