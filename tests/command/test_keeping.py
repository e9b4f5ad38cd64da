"""The keeper and what is about it, step by step, where no run of the command comes by for certain."""

import errno
import os
import signal
import sys
import tempfile
import threading
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the keeper is Linux's")

ME = 4711
"""The id of a process that there is not."""


class EndedError(BaseException):
    """What would have ended the process."""

    def __init__(self, status):
        self.status = status


@pytest.fixture
def in_this_process(monkeypatch):
    """Have what a forked process would do done here."""

    def end(status):
        raise EndedError(status)

    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", end)


@pytest.fixture
def line():
    """Both ends of a line; those that a test has closed may be closed again."""
    from alicred_emulator.launch.channel import Channel

    one, other = Channel.pair()
    yield one, other
    one.close()
    other.close()


@pytest.fixture
def keeper(line):
    """A keeper, that nobody has had forked, and the command's end of its line."""
    from alicred_emulator.launch.keeping.keeper import Keeper

    one, other = line
    return Keeper(other, ["true"], os.getpgrp(), set()), one


@pytest.fixture
def kept(line):
    """The command's side of one, and the keeper's end of the line."""
    from alicred_emulator.launch.keeping.kept import Kept

    one, other = line
    kept = Kept(["true"], set())
    kept._channel = one
    return kept, other


# A process that is split off


def test_a_forked_process_ends_with_its_work(in_this_process):
    """With the status that the work returns."""
    from alicred_emulator.forking import forked

    with pytest.raises(EndedError) as ended:
        forked(lambda: 7)
    assert ended.value.status == 7


def test_a_defect_ends_a_forked_process_as_well(in_this_process, capsys):
    """It is told of, and does not go on with what its parent does."""
    from alicred_emulator.forking import forked

    with pytest.raises(EndedError) as ended:
        forked(lambda: 1 // 0)
    assert ended.value.status == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("stderr", [None, "full"])
def test_a_forked_process_ends_where_it_can_tell_nobody(in_this_process, monkeypatch, stderr):
    """A daemon's standard error is closed, or on a disk that is full; its child goes on nowhere either."""
    from alicred_emulator.forking import forked

    def flush():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stderr", stderr and SimpleNamespace(flush=flush))
    with pytest.raises(EndedError) as ended:
        forked(lambda: 7)
    assert ended.value.status == 7


# The keeper


def test_a_keeper_says_what_the_kernel_refuses(keeper, monkeypatch):
    """Which step it was, and the number of the error."""
    from alicred_emulator.launch.keeping import keeper as module

    keeper, command = keeper
    refusal = module.kernel.KernelRefusalError("unshare", errno.EPERM)
    monkeypatch.setattr(module.entrance, "enter", lambda _addresses: (_ for _ in ()).throw(refusal))
    command.send({"order": "enter", "addresses": []})
    assert keeper._obey()
    assert command.receive() == ({"refusal": "unshare: Operation not permitted", "errno": errno.EPERM}, [])


def test_a_keeper_that_can_make_no_folder_says_what_to_do(keeper, monkeypatch, tmp_path):
    """As in a container whose whole file system is read-only."""
    keeper, command = keeper
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    command.send({"order": "folder"})
    assert keeper._obey()
    answer, _ = command.receive()
    assert "name a directory that can be written by TMPDIR" in answer["refusal"]


def test_a_keeper_ends_where_nobody_takes_its_answer(keeper):
    """The command is gone while it does as it was told."""
    keeper, command = keeper

    def be_left(_order):
        command.close()
        return {}, ()

    keeper._orders["bind"] = be_left
    command.send({"order": "bind"})
    assert not keeper._obey()


def test_what_the_group_was_sent_is_forgotten_where_nobody_asks(keeper, monkeypatch):
    """The command was not sent it, so the next one of that kind is not kept from the program."""
    from alicred_emulator.launch.keeping import keeper as module

    keeper, command = keeper
    keeper._wake = None
    keeper._heard = {signal.SIGINT}
    ready = iter([[], [keeper._channel]])
    monkeypatch.setattr(module.select, "select", lambda *_: (next(ready), [], []))
    command.close()
    assert keeper._serve() is None
    assert keeper._heard == set()


def test_a_signal_that_the_whole_group_was_sent_is_not_passed_on(keeper, monkeypatch):
    """The program has it already; what the ear has heard meanwhile is asked first."""
    keeper, _ = keeper
    keeper._pass_on(signal.SIGTERM)
    sent = []
    monkeypatch.setattr(os, "kill", lambda *what: sent.append(what))
    hearing, telling = os.pipe()
    try:
        keeper._program, keeper._ear = ME, (ME, hearing)
        os.write(telling, bytes([signal.SIGTERM]))
        keeper._pass_on(signal.SIGTERM)
        assert sent == []
        os.write(telling, bytes([signal.SIGUSR1]))
        keeper._pass_on(signal.SIGTERM)
        assert sent == [(ME, signal.SIGTERM)]
    finally:
        os.close(hearing)
        os.close(telling)


def test_what_the_ear_has_heard_is_not_passed_on(keeper, monkeypatch):
    """It comes to the keeper by itself, and mostly before the command asks for it."""
    from alicred_emulator.launch.keeping import keeper as module

    keeper, command = keeper
    hearing, telling = os.pipe()
    try:
        keeper._program, keeper._ear, keeper._wake = ME, (ME, hearing), None
        ready = iter([[hearing], [keeper._channel], [keeper._channel]])
        monkeypatch.setattr(module.select, "select", lambda *_: (next(ready), [], []))
        monkeypatch.setattr(os, "kill", pytest.fail)
        os.write(telling, bytes([signal.SIGTERM]))
        command.send({"order": "signal", "number": signal.SIGTERM})
        command.close()
        assert keeper._serve() is None
    finally:
        os.close(hearing)
        os.close(telling)


def test_an_ear_that_was_killed_is_not_listened_to_any_more(keeper, monkeypatch):
    """Its pipe would be ready for ever; from then on every signal is passed on."""
    keeper, _ = keeper
    hearing, telling = os.pipe()
    os.close(telling)
    keeper._program, keeper._ear = ME, (ME, hearing)
    sent = []
    monkeypatch.setattr(os, "kill", lambda *what: sent.append(what))
    for number in (signal.SIGTERM, signal.SIGINT):
        keeper._pass_on(number)
    assert sent == [(ME, signal.SIGTERM), (ME, signal.SIGINT)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(hearing)


def test_a_keeper_waits_for_ends_and_not_for_ever(keeper, monkeypatch):
    """A descendant that does not end is killed by and by."""
    from alicred_emulator.launch.keeping import keeper as module

    keeper, _ = keeper
    read = []
    keeper._wake = SimpleNamespace(recv=read.append)
    ready = iter([[], [keeper._wake]])
    monkeypatch.setattr(module.select, "select", lambda *_: (next(ready), [], []))
    keeper._wait_a_little()
    assert read == []
    keeper._wait_a_little()
    assert len(read) == 1


def test_a_keeper_without_children_has_no_program_that_has_ended(keeper, monkeypatch):
    """There was one perhaps, that somebody else has waited for."""
    from alicred_emulator.launch.keeping import keeper as module

    def reaped():
        raise ChildProcessError

    monkeypatch.setattr(module, "reaped", reaped)
    assert keeper[0]._ended() is None


# The command's side


def test_an_order_that_is_refused_is_an_error(kept):
    """With the number, by which it is explained."""
    from alicred_emulator.launch.keeping.kept import RefusedError

    kept, keeper = kept
    keeper.send({"refusal": "mount: Operation not permitted", "errno": errno.EPERM})
    with pytest.raises(RefusedError, match=r"mount: Operation not permitted") as refused:
        kept.lay_over([])
    assert refused.value.number == errno.EPERM


@pytest.mark.parametrize("hears_the_order", [True, False])
def test_a_keeper_that_was_killed_is_an_error(kept, hears_the_order):
    """Whether it had still got the order or not."""
    from alicred_emulator.launch.keeping.kept import RefusedError

    kept, keeper = kept
    if hears_the_order:
        keeper._socket.shutdown(1)
    else:
        keeper.close()
    with pytest.raises(RefusedError, match="the process that keeps the program was killed"):
        kept.enter([])


def test_sockets_that_cannot_be_taken_over_are_an_isolation_that_is_impossible(kept, monkeypatch):
    """It says what limit is in the way."""
    from alicred_emulator.launch.errors import ImpossibleError

    kept, _ = kept

    def receive():
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(kept._channel, "receive", receive)
    with pytest.raises(ImpossibleError, match=r"Too many open files; see ulimit -n"):
        kept.bind([])


def test_a_keeper_that_makes_no_folder_is_dismissed(monkeypatch):
    """And waited for, since the command goes on."""
    from alicred_emulator.launch.keeping import kept

    waited = []
    monkeypatch.setattr(kept, "forked", lambda _work: ME)
    monkeypatch.setattr(os, "waitpid", lambda *what: waited.append(what))
    with pytest.raises(kept.RefusedError), kept.Kept(["true"], set()):
        pass
    assert waited == [(ME, 0)]


def test_a_signal_for_a_program_that_has_ended_is_nothing(kept):
    """It is on its way while the keeper ends."""
    kept, keeper = kept
    kept.signal(signal.SIGTERM)
    assert keeper.receive() == ({"order": "signal", "number": signal.SIGTERM}, [])
    keeper.close()
    kept.signal(signal.SIGTERM)


# Signals


def test_what_the_command_is_sent_is_passed_on_while_time_passes(monkeypatch):
    """Until the program has ended, with the status of its keeper."""
    from alicred_emulator.launch.keeping import passing_on

    passed_on, ticks = [], []
    ends = iter([None, None, 7])
    keeper = SimpleNamespace(start=lambda _changes: None, ended=lambda: next(ends), signal=passed_on.append)
    monkeypatch.setattr(passing_on, "_TICK_SECONDS", 0)
    with passing_on.held_back():
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        assert passing_on.launch(keeper, {}, lambda: ticks.append(None)) == 7
    assert (passed_on, len(ticks)) == ([signal.SIGUSR1], 1)


@pytest.mark.parametrize(
    ("number", "leads", "hung_up"),
    [(signal.SIGHUP, True, True), (signal.SIGHUP, False, False), (signal.SIGINT, True, False)],
)
def test_the_end_of_a_terminal_is_said_to_the_leader_alone(monkeypatch, number, leads, hung_up):
    """So what else the kernel sends has come to the program as well."""
    from alicred_emulator.launch.keeping import passing_on

    monkeypatch.setattr(os, "getsid", lambda _pid: os.getpid() if leads else ME)
    assert passing_on._hung_up(SimpleNamespace(si_signo=number)) == hung_up


@pytest.mark.parametrize("code", [0, -6, 128])
def test_the_ear_tells_of_what_processes_have_sent(monkeypatch, code):
    """What the kernel sends, such as Ctrl-C, the program gets by itself."""
    from alicred_emulator.launch.keeping import ear

    received = iter([SimpleNamespace(si_signo=signal.SIGTERM, si_code=code)])
    joined = []

    def wait(_numbers):
        for signal_ in received:
            return signal_
        raise OSError(errno.EINTR, "ended")

    monkeypatch.setattr(os, "setpgid", lambda *what: joined.append(what))
    monkeypatch.setattr(ear, "die_with", joined.append)
    monkeypatch.setattr(signal, "sigwaitinfo", wait)
    hearing, telling = os.pipe()
    assert ear._hear(ME, 7, {signal.SIGTERM}, telling) == 1
    os.close(telling)
    with os.fdopen(hearing, "rb") as pipe:
        assert pipe.read() == (bytes([signal.SIGTERM]) if code <= 0 else b"")
    assert joined == [(0, 7), ME]


def test_signals_that_nobody_wants_any_more_are_dropped():
    """They came while the command ended, and would end it in the middle of that."""
    from alicred_emulator.launch.keeping import passing_on

    with passing_on.held_back():
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
    assert signal.sigpending() == set()


# Descendants


def test_descendants_that_cannot_be_ended_are_left(monkeypatch):
    """Such as one that waits for a disk: there is an end to waiting for it."""
    from alicred_emulator.launch.keeping import orphans

    waits, killed = [], []
    monkeypatch.setattr(orphans, "reaped", dict)
    monkeypatch.setattr(orphans, "_children", lambda: [ME])
    monkeypatch.setattr(os, "kill", lambda *what: killed.append(what))
    orphans.end_all(lambda: waits.append(None), patiently=True)
    assert len(waits) == 100
    assert killed == [(ME, signal.SIGTERM), *[(ME, signal.SIGKILL)] * 90]


def test_where_the_kernel_shows_no_processes_there_are_no_children(monkeypatch, tmp_path):
    """A container may come without /proc."""
    from alicred_emulator.launch.keeping import orphans

    monkeypatch.setattr(orphans, "_PROC", tmp_path / "proc")
    assert orphans._children() == []


def test_who_has_ended_meanwhile_is_nobodys_child(monkeypatch, tmp_path):
    """It was there when the processes were listed, and is gone when it is looked at."""
    from alicred_emulator.launch.keeping import orphans

    (tmp_path / str(ME)).mkdir()
    monkeypatch.setattr(orphans, "_PROC", tmp_path)
    assert orphans._children() == []
