"""The files for the forge keep their rules: pinned actions, least rights, no secret, only what is there."""

import json
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
# Read from where they are: the tool itself is loaded by nobody.
SCHEMAS = distribution("check-jsonschema")
FORGE = ROOT / ".github"
# What a project that uses alicred may copy is held to the same.
EXAMPLE = ROOT / "examples" / "downstream_ci" / ".github"
WORKFLOWS = sorted(path for folder in (FORGE, EXAMPLE) for path in (folder / "workflows").glob("*.yml"))
FORMS = sorted((FORGE / "ISSUE_TEMPLATE").glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
RUNNING_ON = re.compile(r"(ubuntu|macos|windows)-\d[\d.]*")
COMMAND = re.compile(
    r"^(?:make ([\w-]+)|nox .*--session \"?([\w-]+?)[-\"]|\.?/?(\.ci/run|release/\w+\.py))", re.MULTILINE
)


MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")


def read(path):
    """Return a file of YAML; its key `on` is a boolean to this format, and a word to whoever reads it."""
    return yaml.safe_load(path.read_text(encoding="utf-8").replace("\non:", '\n"on":'))


JOBS = [
    pytest.param(job, id=f"{path.stem}-{name}")
    for path in WORKFLOWS
    for name, job in read(path)["jobs"].items()
]


def steps(path):
    """Return the commands of a workflow."""
    return [step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step]


def schema(path):
    """Return the name of the published schema of a file."""
    if path.parent.name == "workflows":
        return "github-workflows"
    if path.parent.name == "ISSUE_TEMPLATE":
        return "github-issue-config" if path.stem == "config" else "github-issue-forms"
    return "dependabot"


@pytest.mark.parametrize("path", sorted({*FORGE.rglob("*.yml"), *WORKFLOWS}), ids=lambda path: path.name)
def test_a_file_is_of_the_published_form(path):
    """The schemas are those that editors go by, too."""
    vendored = SCHEMAS.locate_file(f"check_jsonschema/builtin_schemas/vendor/{schema(path)}.json")
    described = json.loads(vendored.read_text(encoding="utf-8"))
    assert list(validator_for(described, Draft202012Validator)(described).iter_errors(read(path))) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned(path):
    """A tag can be moved, a commit cannot; the comment says which version it is."""
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    assert [line for line in used if not PINNED.match(line)] == []


def test_an_action_has_one_version():
    """Whoever updates it updates it everywhere."""
    used = {
        line for path in WORKFLOWS for line in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    }
    names = [line.partition("@")[0] for line in used]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights(path):
    """Each job asks for its own."""
    assert read(path)["permissions"] == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_secret_is_used(path):
    """There is nothing to steal: publishing is trusted by who does it."""
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert "workflow_run" not in text


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_an_end_and_says_its_rights(job):
    """It is stopped when it hangs, and runs on a machine whose release does not change under it."""
    assert job["timeout-minutes"] <= 45
    assert "permissions" in job
    for machine in job.get("strategy", {}).get("matrix", {}).get("os", [job["runs-on"]]):
        assert RUNNING_ON.fullmatch(machine)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_runs_our_code_can_write_nothing(job):
    """Whatever a change does in it reaches neither the repository nor a package index."""
    steps = job["steps"]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    if checkouts:
        assert job["permissions"] == {"contents": "read"}
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_only_who_signs_may_say_who_it_is():
    """An identity token is for attestations, and for the publishers, each in an environment of its own."""
    jobs = {(path.stem, name): job for path in WORKFLOWS for name, job in read(path)["jobs"].items()}
    signing = {key for key, job in jobs.items() if "id-token" in job["permissions"]}
    publishing = {("release", "rehearse"), ("release", "publish"), ("docs", "deploy")}
    assert signing == publishing | {("release", "attest")}
    assert all("environment" in jobs[key] for key in publishing)


def test_one_check_stands_for_all():
    """It waits for every other job of the workflow, and looks at each even if one has failed."""
    jobs = read(FORGE / "workflows" / "ci.yml")["jobs"]
    last = jobs.pop("required-checks-pass")
    assert set(last["needs"]) == set(jobs)
    assert last["if"] == "always()"


def test_every_python_is_tried_on_every_system():
    """The matrix begins with the oldest Python that pyproject.toml allows, and is what nox runs."""
    matrix = read(FORGE / "workflows" / "ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}"
    assert {machine.partition("-")[0] for machine in matrix["os"]} == {"ubuntu", "macos", "windows"}
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert (
        re.findall(r"3\.\d+", re.search(r"^PYTHONS = \((.*)\)$", text, re.MULTILINE)[1]) == matrix["python"]
    )


@pytest.mark.parametrize(
    "path", [path for path in WORKFLOWS if FORGE in path.parents], ids=lambda path: path.stem
)
def test_what_is_run_is_there(path):
    """Targets of make, sessions of nox and scripts are those that a developer has."""
    commands = COMMAND.findall("\n".join(steps(path)))
    assert commands
    for target, session, script in commands:
        assert not target or re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
        assert not session or f"\ndef {session}(session: " in NOXFILE
        assert not script or (ROOT / script).exists()


def test_what_is_published_as_documentation_is_what_was_built():
    """The folder is that of mkdocs.yml."""
    [built] = re.findall(r"^site_dir: (.*)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    job = read(FORGE / "workflows" / "docs.yml")["jobs"]["build"]
    assert job["steps"][-1]["with"]["path"] == built


def test_dependabot_looks_where_dependencies_are():
    """Each folder that it is sent to has the file that its ecosystem reads."""
    reads = {
        "docker": "Dockerfile",
        "github-actions": ".github/workflows",
        "gomod": "go.mod",
        "maven": "pom.xml",
        "npm": "package-lock.json",
        "pip": "pyproject.toml",
    }
    updates = read(FORGE / "dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == reads.keys()
    for update in updates:
        assert (ROOT / update["directory"].strip("/") / reads[update["package-ecosystem"]]).exists()


@pytest.mark.parametrize(
    "path", [form for form in FORMS if form.stem != "config"], ids=lambda path: path.stem
)
def test_a_form_asks_for_no_secret(path):
    """Each begins with what must not be written into it, and where a hole in security goes instead."""
    first = read(path)["body"][0]
    assert first["type"] == "markdown"
    assert "secret" in first["attributes"]["value"]
    assert "SECURITY.md" in first["attributes"]["value"]


def test_everything_has_an_owner():
    """A change of whatever file is looked at by somebody."""
    lines = (FORGE / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines if not line.startswith("#")] == ["*"]
