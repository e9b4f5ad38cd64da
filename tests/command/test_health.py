"""`python -m alicred_emulator.health`: 0 if an emulator answers, and what to do if none does."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from alicred_emulator import health
from alicred_emulator.control.server import ControlServer
from alicred_emulator.health import main


@pytest.fixture
def control(alicred_emulator):
    """The control API of a running emulator."""
    with ControlServer(alicred_emulator) as control:
        yield control


def test_an_emulator_that_answers_is_well(control, capsys):
    """The status is 0, and nothing is said."""
    assert main([control.url]) == 0
    assert capsys.readouterr() == ("", "")


def test_where_nobody_listens_the_status_is_1(control, capsys):
    """The line says why, and how an emulator is started."""
    url = control.url
    control.__exit__(None, None, None)
    assert main([url]) == 1
    told = capsys.readouterr().err
    assert "no emulator answers: " in told
    assert told.endswith("start one with: alicred-emulator serve\n")


def test_another_service_is_not_taken_for_it(alicred_emulator, capsys):
    """A port of the fakes answers as well, but not that it is well."""
    assert main([alicred_emulator.imds.url]) == 1
    assert [entry.path for entry in alicred_emulator.journal.unplaced] == ["/healthz"]
    assert "status 404 is no control API's; ask where the emulator says that it is" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["127.0.0.1:8109", "https://127.0.0.1:8109", "http://", "http://h:port"])
def test_what_is_no_url_of_it_is_said(url, capsys):
    """Nobody is asked."""
    assert main([url]) == 1
    assert "no emulator answers: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["http://127.0.0.1:1", "more"]])
def test_one_url_is_needed(arguments, capsys):
    """The status is that of a wrong use, and an example is given."""
    assert main(arguments) == 2
    assert "such as http://127.0.0.1:8109" in capsys.readouterr().err


def test_it_is_a_module_that_is_run(monkeypatch):
    """The exit status is that of the answer."""
    monkeypatch.setattr(sys, "argv", ["health"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(health.__file__, run_name="__main__")
    assert ended.value.code == 2


def test_it_loads_nothing_of_the_emulator():
    """A probe runs every few seconds."""
    program = (
        "import sys, alicred_emulator.health;"
        "print(*{name.split('.')[0] for name in sys.modules} - {'__main__', *sys.stdlib_module_names})"
    )
    root = Path(health.__file__).parents[1]
    printed = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "alicred_emulator"
