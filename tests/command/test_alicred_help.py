"""The command as a whole: its help, its page, its version, and what it does not load."""

import importlib
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

import alicred as library
from alicred.cli import main
from alicred.exceptions import ServiceUnreachableError

PAGE = (Path(__file__).parents[2] / "docs" / "command.md").read_text(encoding="utf-8")
EXPLAIN_PAGE = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
COMMANDS = ("explain", "exec", "process", "serve")


def test_the_help_and_the_page_name_every_command(alicred):
    """A person who asks for help sees what there is, and so does a reader."""
    done = alicred("--help")
    listed = re.findall(r"^    (\w+) ", done.out, re.MULTILINE)
    assert done.status == 0
    assert tuple(listed) == tuple(re.findall(r"^\| `alicred (\w+)", PAGE, re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_pages_name_every_option(alicred, command):
    """An option that is not written down is found by nobody."""
    done = alicred(command, "--help")
    options = set(re.findall(r"--[a-z-]+", done.out)) - {"--help"}
    page = EXPLAIN_PAGE if command == "explain" else PAGE
    assert done.status == 0
    assert {option for option in options if f"`{option}`" not in page} == set()


def test_the_version_is_the_librarys(alicred):
    """There is one distribution."""
    assert alicred("--version").out == f"alicred {library.__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("explane",)])
def test_no_command_and_an_unknown_one_are_status_two(alicred, arguments):
    """Two lines on stderr, and not the whole help."""
    done = alicred(*arguments)
    problem, remedy = done.err.splitlines()
    assert (done.status, done.out) == (2, "")
    assert problem.startswith("alicred: ")
    assert remedy == "hint: See `alicred --help`."


def test_a_failure_is_told_with_who_has_met_it(alicred, monkeypatch):
    """In one line where there is nothing to advise."""
    failures = [
        ServiceUnreachableError("it is down.", remedy="Wait.", provider="demo"),
        ServiceUnreachableError("it is down.", provider="demo"),
    ]

    def fail(_client):
        raise failures.pop(0)

    monkeypatch.setattr(library.Client, "get_credential", fail)
    assert alicred("exec", "true") == (1, "", "alicred: demo: it is down.\nhint: Wait.\n")
    assert alicred("exec", "true") == (1, "", "alicred: demo: it is down.\n")


def test_what_it_prints_may_be_caught_by_whatever_can_be_written_to(monkeypatch):
    """A program that calls it may have put something else in the place of a terminal."""
    caught = StringIO()
    monkeypatch.setattr(sys, "stdout", caught)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert caught.getvalue() == f"alicred {library.__version__}\n"


def test_its_module_does_nothing_by_being_imported(capsys):
    """Tools import every module of a package."""
    importlib.import_module("alicred.__main__")
    assert capsys.readouterr() == ("", "")


def test_importing_the_library_loads_nothing_of_the_command():
    """An application does not pay for it."""
    code = (
        "import sys, alicred\n"
        "theirs = ('alicred.cli', 'alicred.commands', 'argparse')\n"
        "sys.exit(', '.join(sorted(set(theirs) & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_a_command_loads_nothing_of_the_others(alicred_emulator):
    """Whoever runs a program by it waits for it."""
    code = (
        "import sys\n"
        "from alicred.cli import main\n"
        "main(['process'])\n"
        "others = {'alicred.commands.serve', 'alicred.commands.trace', 'http.server'}\n"
        "sys.exit(', '.join(others & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
