"""The calls of the kernel: in what order, and that a refusal says which of them it was."""

import ctypes
import errno
import os
import signal
import sys
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the calls are Linux's")

NEW_MOUNTS, NEW_USER, NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000


@pytest.fixture
def kernel():
    """The module, which is Linux's."""
    from alicred_emulator.sandbox import kernel

    return kernel


@pytest.fixture
def called(kernel, monkeypatch, tmp_path):
    """A kernel that only notes what it is called for, and refuses what it is told to: what to its number."""
    calls, refused = [], {}

    def unshare(flags):
        calls.append(("unshare", flags))
        ctypes.set_errno(refused.get(flags, 0))
        return -1 if flags in refused else 0

    def mount(source, place, *_):
        calls.append(("mount", place))
        return 0

    monkeypatch.setattr(kernel, "_libc", SimpleNamespace(unshare=unshare, mount=mount, prctl=lambda *_: 0))
    monkeypatch.setattr(kernel, "_OWN", tmp_path)
    return calls, refused


def test_whoever_has_the_rights_needs_no_namespace_of_users(kernel, called, tmp_path):
    """Root stays root, with all that it may do."""
    calls, _ = called
    kernel.separate()
    assert calls == [("unshare", NEW_NETWORK | NEW_MOUNTS), ("mount", b"/")]
    assert list(tmp_path.iterdir()) == []


def test_whoever_has_not_stays_who_they_are_in_a_namespace_of_users(kernel, called, tmp_path):
    """It gives them the rights over its networks and mounts alone."""
    calls, refused = called
    refused[NEW_NETWORK | NEW_MOUNTS] = errno.EPERM
    kernel.separate()
    assert calls[1:] == [("unshare", NEW_USER | NEW_NETWORK | NEW_MOUNTS), ("mount", b"/")]
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    uid, gid = os.geteuid(), os.getegid()
    assert written == {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}


@pytest.mark.parametrize(
    ("flags", "number"),
    [(NEW_NETWORK | NEW_MOUNTS, errno.ENOSYS), (NEW_USER | NEW_NETWORK | NEW_MOUNTS, errno.EPERM)],
)
def test_a_refusal_says_which_step_it_was(kernel, called, flags, number):
    """Nothing else is tried where the kernel has no such thing."""
    calls, refused = called
    refused.update({NEW_NETWORK | NEW_MOUNTS: errno.EPERM, flags: number})
    with pytest.raises(kernel.KernelRefusalError, match="unshare: ") as refusal:
        kernel.separate()
    assert (refusal.value.step, refusal.value.errno) == ("unshare", number)
    assert calls[-1] == ("unshare", flags)


def test_a_file_that_cannot_be_written_is_a_step_as_well(kernel, called, monkeypatch, tmp_path):
    """Some machines let a namespace of users be made, and nobody be anybody in it."""
    _, refused = called
    refused[NEW_NETWORK | NEW_MOUNTS] = errno.EPERM
    monkeypatch.setattr(kernel, "_OWN", tmp_path / "none")
    with pytest.raises(kernel.KernelRefusalError, match="setgroups: No such file"):
        kernel.separate()


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize("is_there", [True, False])
def test_who_lost_its_parent_before_it_could_ask_ends_at_once(kernel, monkeypatch, is_there):
    """The kernel tells of ends to come, and not of one that has been."""
    killed = []
    monkeypatch.setattr(os, "kill", lambda *what: killed.append(what))
    kernel.die_with(os.getppid() if is_there else -1)
    assert killed == ([] if is_there else [(os.getpid(), signal.SIGKILL)])
