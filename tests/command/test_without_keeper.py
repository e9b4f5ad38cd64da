"""`alicred-emulator exec` where there is no Linux, as far as one that is can tell."""

import os
import signal
import sys

import pytest

from alicred_emulator import Emulator
from alicred_emulator.launch import command, without_keeper
from alicred_emulator.launch.attaching import hosting
from alicred_emulator.launch.command import Wish
from alicred_emulator.launch.errors import ImpossibleError
from alicred_emulator.launch.isolation import table
from alicred_emulator.launch.program import NoProgramError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are those of POSIX")


@pytest.fixture
def elsewhere(monkeypatch):
    """A machine that is no Linux, and cannot split processes."""
    for module in (command, table, hosting):
        monkeypatch.setattr(module, "ON_LINUX", False)
    monkeypatch.delattr(os, "fork")


def test_a_program_runs_with_the_strongest_isolation_that_works(elsewhere):
    """Its exit status is the command's, and a line says why it is no stronger one."""
    said = []
    script = 'test "$HTTP_PROXY" && exit 7'
    assert command.run(Wish(command=["sh", "-c", script]), said.append) == 7
    [line] = said
    assert line.startswith("isolation proxy: ")
    assert "there are namespaces on Linux alone" in line


def test_an_isolation_that_does_not_work_there_is_refused(elsewhere):
    """Rather than replaced by a weaker one that nobody has asked for."""
    with pytest.raises(ImpossibleError, match="there are namespaces on Linux alone"):
        command.run(Wish(command=["true"], isolation="namespace"), print)


def test_an_emulator_there_takes_no_sockets_over(elsewhere):
    """Whoever attaches to it goes by its proxy."""
    with Emulator() as emulator, hosting.attachable(emulator) as ways:
        assert list(ways) == ["proxy"]


def test_a_program_that_cannot_be_executed_is_none():
    """It was there when it was looked for."""
    with pytest.raises(NoProgramError, match="No such file"):
        without_keeper.launch(["/no/such/program"], {}, print)


WAITS = """
import os, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: os._exit(7))
open(sys.argv[1], "w").close()
signal.pause()
"""


def test_signals_are_passed_on_and_time_passes_meanwhile(tmp_path, monkeypatch):
    """But for those that a terminal sends to both; the handlers of before are put back."""
    monkeypatch.setattr(without_keeper, "_TICK_SECONDS", 0.01)
    ready = tmp_path / "ready"
    before = signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGINT)

    def tick():
        if ready.exists():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGUSR1)

    assert without_keeper.launch([sys.executable, "-S", "-c", WAITS, str(ready)], {}, tick) == 7
    assert (signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGINT)) == before
