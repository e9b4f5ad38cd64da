"""`alicred-emulator conformance`: stories told to subjects, and what is written about it."""

import importlib.metadata
import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from alicred_emulator import faketime
from alicred_emulator.cli import command

PASSING = "uri_first_fetch"
FAILING = "uri_refresh_point"

needs_libfaketime = pytest.mark.skipif(
    faketime.find_library() is None, reason=f"libfaketime is not installed: {faketime.HINT}"
)


def conformance(*arguments):
    return CliRunner().invoke(command, ["conformance", *map(str, arguments)])


def test_a_story_is_a_line_and_a_subject_two():
    """Verdict, name and time of each, and how many there were of which in the end."""
    done = conformance(PASSING, "bearer*")
    head, first, second, summary, *_ = done.output.splitlines()
    assert head == f"alicred-sync: alicred {importlib.metadata.version('alicred')}"
    assert first.startswith("passed  bearer_token_is_handed_back (0.")
    assert second.startswith(f"passed  {PASSING} (0.")
    assert summary.startswith("alicred-sync: 2 passed, 0 failed, 0 skipped in ")
    assert done.exit_code == 0


def test_subjects_are_told_one_after_the_other():
    """In the order in which they were named; what one cannot do is skipped, and the reason said."""
    done = conformance("cancelled_while_cold", "--subject", "alicred-async", "--subject", "alicred-sync")
    heads = [line.partition(":")[0] for line in done.output.splitlines() if ": alicred " in line]
    assert heads == ["alicred-async", "alicred-sync"]
    assert "skipped cancelled_while_cold (0.00 s): a thread cannot be cancelled" in done.output
    assert done.exit_code == 0


@needs_libfaketime
def test_a_story_that_failed_is_status_1(double):
    """Its line says in which step, and what was wrong."""
    done = conformance(FAILING, "--subject-command", double("stale"))
    assert f"failed  {FAILING} (" in done.output
    assert " s): step 5: one reader: B, and not A" in done.output
    assert done.exit_code == 1


def test_a_command_alone_is_the_only_subject(double):
    """alicred is told the stories where nobody else is named."""
    done = conformance("access_key_never_ends", "--subject-command", double("good"))
    assert "alicred-sync" not in done.output
    assert "it knows no access_key" in done.output


def test_the_stories_are_listed():
    """With their titles, and none is told."""
    done = conformance("--list", "uri_first*")
    assert done.output == (
        "uri_first_fetch: A credentials URI is asked once, and its credential served from the cache\n"
    )
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["no_such_story"], "alicred-emulator: no story is called 'no_such_story'; alicred-emulator conform"),
        (
            ["--subject", "sdk"],
            "alicred-emulator: no subject is called 'sdk'; known: alicred-sync, alicred-async, sdk-sync, ",
        ),
        (["--subject-command", "no-such-program"], "alicred-emulator: there is no program 'no-such-program'"),
    ],
)
def test_a_wrong_call_is_status_2(arguments, problem):
    """One line says what is known, before anything is told."""
    done = conformance(*arguments)
    assert done.output.startswith(problem)
    assert len(done.output.splitlines()) == 1
    assert done.exit_code == 2


def test_a_client_that_is_not_installed_is_named_with_what_installs_it(monkeypatch):
    """The line can be copied."""

    def version(distribution):
        raise importlib.metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(importlib.metadata, "version", version)
    done = conformance("--subject", "sdk-sync")
    assert done.output == (
        "alicred-emulator: sdk-sync needs alibabacloud_credentials, which is not installed: "
        "pip install alibabacloud_credentials\n"
    )
    assert done.exit_code == 2


@needs_libfaketime
def test_the_json_tells_everything(double, tmp_path):
    """Subjects, stories and outcomes with their steps, and no secret; its folder is made."""
    file = tmp_path / "new" / "result.json"
    conformance(FAILING, "--subject", "alicred-sync", "--subject-command", double("stale"), "--json", file)
    document = json.loads(file.read_text())
    assert set(document) == {"format", "python", "subjects", "stories", "outcomes"}
    assert [(one["name"], one["passed"], one["failed"]) for one in document["subjects"]] == [
        ("alicred-sync", 1, 0),
        ("command", 0, 1),
    ]
    assert [set(one) for one in document["stories"]] == [{"name", "title", "fact", "group"}]
    good, bad = document["outcomes"]
    assert (
        set(good)
        == set(bad)
        == {
            *("story", "subject", "verdict", "requests_alone", "reason", "seconds", "steps"),
        }
    )
    assert (good["verdict"], bad["verdict"], bad["requests_alone"]) == ("passed", "failed", False)
    assert good["steps"][0]["requests"] == ["credentials_uri.Credential 200"]
    assert bad["steps"][-1]["problem"] == "one reader: B, and not A"


@needs_libfaketime
def test_the_junit_file_is_read_by_what_shows_test_results(double, tmp_path):
    """A suite for each subject, a case for each story; a failure is told in full, a skip says why."""
    file = tmp_path / "result.xml"
    names = (FAILING, "bearer*")
    conformance(*names, "--subject", "alicred-sync", "--subject-command", double("stale"), "--junit", file)
    good, bad = ET.parse(file).getroot()
    assert [
        (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped"))
        for suite in (good, bad)
    ] == [
        ("alicred-sync", "2", "0", "0"),
        ("command", "2", "1", "1"),
    ]
    skipped, failed = bad
    assert skipped.find("skipped").get("message") == "it knows no bearer"
    assert failed.get("name") == FAILING
    assert failed.find("failure").get("message").startswith("step 5: ")
    assert "saw A" in failed.find("failure").text


def test_the_report_is_a_page_and_its_picture(tmp_path):
    """The page shows the picture, which is SVG."""
    conformance(PASSING, "--report", tmp_path / "report")
    page = (tmp_path / "report" / "conformance.md").read_text(encoding="utf-8")
    assert "](conformance.svg)" in page
    assert f"`{PASSING}`" in page
    assert ET.parse(tmp_path / "report" / "conformance.svg").getroot().tag.endswith("}svg")


def test_it_runs_as_a_program(tmp_path):
    """The console script finds the command, and its exit status is the process's."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "alicred_emulator", "conformance", PASSING],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"passed  {PASSING}" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="a link takes a privilege on Windows")
def test_results_that_cannot_be_written_are_one_line(tmp_path):
    """Of a file, that is found out in the end."""
    place = tmp_path / "results"
    place.symlink_to(tmp_path / "nowhere" / "results")
    done = conformance("access_key_never_ends", "--json", place)
    assert done.exit_code == 2
    line = done.output.splitlines()[-1]
    assert line.startswith(f"alicred-emulator: {place} cannot be written: ")
    assert line.endswith("choose a place in a directory that can be written")


def test_a_list_that_nobody_reads_to_its_end_is_no_mistake():
    """As in a pipe to `head`."""
    listing = [sys.executable, "-m", "alicred_emulator", "conformance", "--list"]
    with subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.interop
def test_the_sdk_is_told_stories_by_its_name():
    """Its version is said, and one process serves all stories."""
    done = conformance("access_key_never_ends", "--subject", "sdk-sync")
    version = importlib.metadata.version("alibabacloud_credentials")
    assert done.output.startswith(f"sdk-sync: alibabacloud_credentials {version}\n")
    assert "sdk-sync: 1 passed, 0 failed" in done.output
