"""What cannot be looked at is not there: a home that ``sudo -u`` has left, a name that is too long."""

import sys

import pytest

from alicred_emulator import presence
from alicred_emulator.doctor import settings
from alicred_emulator.launch import program, report
from alicred_emulator.launch.program import NoProgramError

PROBES = (presence.is_there, presence.is_folder, presence.is_readable_file)


@pytest.fixture
def unlookable(tmp_path):
    """A path of which even root is told an error."""
    path = tmp_path / ("n" * 300)
    with pytest.raises(OSError, match="too long"):
        path.lstat()
    return path


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows says that there is no such file")


@pytest.mark.parametrize("is_so", PROBES)
def test_what_cannot_be_looked_at_is_not_there(unlookable, is_so):
    """Nor is what lies beneath it; nobody is told of an error."""
    assert not is_so(unlookable)
    assert not is_so(unlookable / "beneath")


def test_what_is_there_is_told_apart(tmp_path):
    """A folder is no file, and a file no folder."""
    file = tmp_path / "file"
    file.touch()
    assert [is_so(tmp_path) for is_so in PROBES] == [True, True, False]
    assert [is_so(file) for is_so in PROBES] == [True, False, True]


def test_a_run_passes_by_what_cannot_be_looked_at(run, unlookable):
    """Its program could not look at it either."""
    variables = dict.fromkeys(("HOME", "JAVA_HOME", "SSL_CERT_FILE"), str(unlookable))
    done = run("--", "true", **variables)
    assert done.returncode == 0, done.stderr


def test_a_program_in_a_folder_that_cannot_be_looked_at_is_not_found(unlookable):
    """Such folders stand in many a PATH."""
    with pytest.raises(NoProgramError, match="was not found") as refused:
        program.check("no-such-program", str(unlookable))
    assert refused.value.status == 127


def test_a_report_that_cannot_be_looked_at_is_said_at_once(unlookable):
    """As one in a folder that is not there."""
    with pytest.raises(report.ReportError, match="choose a file"):
        report.check(unlookable / "report.json")


def test_the_doctor_passes_by_what_cannot_be_looked_at(unlookable):
    """A variable that names it is minded, and a home that it is holds no profile."""
    assert settings.authorities({"SSL_CERT_FILE": str(unlookable)}).state == "mind"
    assert settings.credentials([], unlookable).state == "ok"
