"""Profiles are written back whole, alone, and by one process at a time."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from alicred import file_lock, write_back
from alicred.file_lock import locked
from alicred.profiles import Profile
from alicred.write_back import NotWrittenError, StoredProfile, update_profile

CONFIG = {
    "current": "größe",
    "profiles": [
        {"name": "other", "mode": "AK", "access_key_id": "LTAIother", "unknown": [1, {"b": None, "a": True}]},
        {"name": "größe", "mode": "OAuth", "oauth_refresh_token": "old", "site": "中国", "retry_count": 0},
        {"name": "größe", "mode": "AK"},
    ],
    "meta_path": "",
}
WRITER = """
import sys
from alicred.write_back import update_profile
for turn in range(100):
    update_profile(sys.argv[1], "shared", {f"{sys.argv[2]}-{turn}": "x" * 50})
"""
posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and flock are of POSIX")


@pytest.fixture
def path(tmp_path):
    """A file as Alibaba's SDKs lay it out."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG, indent=4, ensure_ascii=False), encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def stored(path):
    """The profile where it is kept."""
    return StoredProfile(Profile(file=str(path), name="größe", fields={}))


@pytest.fixture
def warnings(caplog):
    """What has been logged so far."""
    caplog.set_level(logging.INFO, "alicred")
    return lambda: [record.getMessage() for record in caplog.records]


def test_the_fields_that_are_named_change_and_nothing_else(path):
    """Order, unknown fields, other profiles, letters and layout stay as they were."""
    before = path.read_text(encoding="utf-8")
    update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert path.read_text(encoding="utf-8") == before.replace('"old"', '"new"')


def test_new_fields_stand_at_the_end_of_the_profile(path):
    """The first of two profiles of one name is meant, as by every other reader."""
    fields = update_profile(str(path), "größe", {"sts_expiration": 1_800_003_600, "sts_token": "t"})
    assert list(fields)[-2:] == ["sts_expiration", "sts_token"]
    assert json.loads(path.read_text(encoding="utf-8"))["profiles"][1] == fields


def test_a_field_without_a_value_is_taken_out(path):
    """A token that belongs to another key is worse than none."""
    fields = update_profile(str(path), "größe", {"oauth_refresh_token": None, "sts_token": None})
    assert list(fields) == ["name", "mode", "site", "retry_count"]


@pytest.mark.parametrize("indent", ["\t", "  ", " " * 4, " " * 7])
def test_the_indent_is_the_files_own(path, indent):
    """aliyun-cli writes tabs and the SDKs four blanks; whoever compares versions sees what has changed."""
    before = json.dumps(CONFIG, indent=indent, ensure_ascii=False) + "\n"
    path.write_text(before, encoding="utf-8")
    update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert path.read_text(encoding="utf-8") == before.replace('"old"', '"new"')


def test_a_file_in_one_line_is_laid_out_in_lines(path):
    """With four blanks, as the SDKs do."""
    path.write_text(json.dumps(CONFIG), encoding="utf-8")
    update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert path.read_text(encoding="utf-8").startswith('{\n    "current": "größe"')


def test_a_byte_order_mark_stays(path):
    """Whoever put it there may want it."""
    path.write_text(json.dumps(CONFIG), encoding="utf-8-sig")
    update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert path.read_bytes().startswith(b"\xef\xbb\xbf{")


def test_what_is_so_already_is_not_written(path):
    """A file that nobody has changed is not read again by those who watch it."""
    before = path.stat()
    update_profile(str(path), "größe", {"oauth_refresh_token": "old", "never": None})
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_what_somebody_else_has_written_meanwhile_is_left_alone(path):
    """Their token is returned, since ours may be worth nothing any more."""
    before = path.read_bytes()
    fields = update_profile(
        str(path), "größe", {"oauth_refresh_token": "ours"}, provided={"oauth_refresh_token": "older"}
    )
    assert fields["oauth_refresh_token"] == "old"
    assert path.read_bytes() == before


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_of_the_file_stays(path, mode):
    """Whoever shares a file on purpose goes on sharing it, and nobody else is let in."""
    path.chmod(mode)
    update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert path.stat().st_mode & 0o777 == mode


@posix
def test_the_temporary_file_is_for_its_owner_alone(path, monkeypatch):
    """It holds secrets from its first byte on, and nothing is left of it."""
    seen = []
    real = write_back._keep_owner_and_mode

    def look(descriptor, original):
        seen.append((os.fstat(descriptor).st_mode & 0o777, os.fstat(descriptor).st_size))
        real(descriptor, original)

    monkeypatch.setattr(write_back, "_keep_owner_and_mode", look)
    path.chmod(0o644)
    update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert seen == [(0o600, 0)]
    assert list(path.parent.iterdir()) == [path]


@posix
def test_a_link_stays_a_link(path, tmp_path):
    """Dot files are often kept elsewhere."""
    folder = tmp_path / "home"
    folder.mkdir()
    link = folder / "config.json"
    link.symlink_to(path)
    update_profile(str(link), "größe", {"oauth_refresh_token": "new"})
    assert link.is_symlink()
    assert list(folder.iterdir()) == [link]
    assert '"new"' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not hold JSON"),
        (b'{"profiles": [{"name": "gr', "does not hold JSON"),
        (b"[" * 100_000, "does not hold JSON"),
        (b"\xff", "is not UTF-8"),
        (b"[]", "does not hold a JSON object"),
        (b"{}", "does not hold the profile any more"),
        (b'{"profiles": null}', "does not hold the profile any more"),
        (b'{"profiles": [null, 1, "x", {"name": "other"}]}', "does not hold the profile any more"),
        ('{"x": "\\ud800", "profiles": [{"name": "größe"}]}'.encode(), "cannot be written again as it is"),
        ('{"x": 1e999, "profiles": [{"name": "größe"}]}'.encode(), "cannot be written again as it is"),
    ],
    ids=["empty", "cut", "deep", "bytes", "list", "none", "null", "odd", "surrogate", "infinity"],
)
def test_a_file_that_cannot_be_written_faithfully_is_left_alone(path, content, words):
    """No byte of it changes."""
    path.write_bytes(content)
    with pytest.raises(NotWrittenError) as caught:
        update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert words in caught.value.what
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_gone_is_not_made_again(path):
    """Whoever has signed out does not want its tokens back."""
    path.unlink()
    with pytest.raises(NotWrittenError, match="does not exist any more"):
        update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert not path.exists()


def test_a_write_that_fails_half_way_leaves_the_old_file(path, monkeypatch):
    """As when the disk is full; the system's words, which name the temporary file, are not passed on."""
    before = path.read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device", "/secret/path")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWrittenError, match=r"^cannot be written\.$") as caught:
        update_profile(str(path), "größe", {"oauth_refresh_token": "new"})
    assert caught.value.__context__ is None
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_is_logged_once_and_again_after_a_success(path, stored, warnings):
    """The credential is good without; the line names file and profile, and no token."""
    content = path.read_bytes()
    path.unlink()
    for _ in range(2):
        assert stored.update({"oauth_refresh_token": "cAnArY0SeCrEt7"}) is None
    [line] = warnings()
    assert line == (
        f'profile "größe" of {path} cannot be written back: the file does not exist any more. '
        "What was renewed is known to this process alone: mend that before it ends."
    )
    path.write_bytes(content)
    assert stored.update({"oauth_refresh_token": "new"}).text("oauth_refresh_token") == "new"
    path.unlink()
    stored.update({"oauth_refresh_token": "newer"})
    assert len(warnings()) == 2


def test_a_file_that_may_not_be_written_is_told_of(path, stored, warnings, monkeypatch):
    """Root may write everything, so it is feigned here."""

    def forbidden(_place):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(file_lock, "_opened", forbidden)
    assert stored.update({"oauth_refresh_token": "new"}) is None
    assert "may not be written by this process" in warnings()[0]


def test_what_the_file_says_now_is_read(path, stored):
    """What cannot be read says nothing."""
    assert stored.read().text("oauth_refresh_token") == "old"
    path.write_bytes(b"{")
    assert stored.read() is None
    path.unlink()
    assert stored.read() is None


@posix
def test_the_lock_is_the_one_that_alibabas_sdks_take(path):
    """While we write they wait, and while they write so do we, though not for ever."""
    import fcntl

    with path.open("r+") as theirs:
        with locked(path), pytest.raises(BlockingIOError):
            fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)


@posix
def test_a_lock_that_is_never_let_go_is_given_up(path, monkeypatch):
    """The caller has a credential to return."""
    monkeypatch.setattr(file_lock, "_MOST_ATTEMPTS", 2)
    with locked(path), pytest.raises(NotWrittenError, match="is locked by another process"):
        update_profile(str(path), "größe", {"oauth_refresh_token": "new"})


@posix
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_lock_does_not_outlive_its_block_in_a_forked_child(path):
    """A child has the parent's open files, and may live for days."""
    with locked(path):
        child = os.fork()
        if not child:
            signal.pause()
    try:
        with locked(path):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_things_are_done_in_turn(path, stored):
    """The file may be written meanwhile, by whoever's turn it is and by everybody else."""
    entered = threading.Event()

    def next_one():
        with stored.in_turn():
            entered.set()

    waiting = threading.Thread(target=next_one)
    with stored.in_turn():
        waiting.start()
        assert not entered.wait(0.05)
        stored.update({"oauth_refresh_token": "new"})
        assert not entered.is_set()
    waiting.join(10)
    assert entered.is_set()
    assert '"new"' in path.read_text(encoding="utf-8")


def test_who_waits_too_long_for_their_turn_goes_ahead(stored, monkeypatch):
    """As somebody whose folder cannot be locked at all."""
    monkeypatch.setattr(file_lock, "_MOST_ATTEMPTS", 2)
    with stored.in_turn(), stored.in_turn():
        pass

    def impossible(_descriptor):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(file_lock, "_lock", impossible)
    with stored.in_turn():
        pass


@posix
def test_a_lock_on_a_file_that_has_been_replaced_is_worth_nothing(path, monkeypatch):
    """Who waited for it would otherwise write beside the next one."""
    real, replaced = file_lock._opened, []

    def opened(place):
        descriptor = real(place)
        if not replaced:
            replaced.append(place)
            other = path.with_name("other")
            other.write_text(path.read_text(encoding="utf-8").replace('"old"', '"theirs"'), encoding="utf-8")
            other.replace(path)
        return descriptor

    monkeypatch.setattr(file_lock, "_opened", opened)
    fields = update_profile(str(path), "größe", {"sts_token": "t"})
    assert fields["oauth_refresh_token"] == "theirs"


def test_no_update_of_eight_processes_is_lost(path):
    """And whoever reads meanwhile never sees a part of the file."""
    path.write_text('{"profiles": [{"name": "shared"}]}', encoding="utf-8")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, str(number)]) for number in range(8)]
    sizes = []
    while any(writer.poll() is None for writer in writers):
        threading.Event().wait(0.002)
        sizes.append(len(json.loads(path.read_bytes())["profiles"][0]))
    assert [writer.returncode for writer in writers] == [0] * 8
    assert sizes == sorted(sizes)
    [profile] = json.loads(path.read_bytes())["profiles"]
    assert set(profile) == {"name"} | {f"{number}-{turn}" for number in range(8) for turn in range(100)}


@for_any(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_a_file_holds_it_is_written_or_left_alone(tmp_path_factory, content):
    """There is no other error."""
    path = Path(tmp_path_factory.getbasetemp()) / "any.json"
    path.write_bytes(content)
    with pytest.raises(NotWrittenError):
        update_profile(str(path), "x", {"y": "z"})
    assert path.read_bytes() == content


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@for_any(
    fields=st.dictionaries(st.text(max_size=9), VALUES, max_size=5),
    others=st.lists(VALUES, max_size=3),
    more=st.dictionaries(st.text(max_size=9), VALUES, max_size=3),
)
def test_whatever_else_a_file_says_it_goes_on_saying(tmp_path_factory, fields, others, more):
    """In the same order, to the last digit."""
    path = Path(tmp_path_factory.getbasetemp()) / "whole.json"
    profile = {**fields, "name": "it is me", "sts_token": "old"}
    document = {**more, "profiles": [*others, profile]}
    path.write_text(json.dumps(document), encoding="utf-8")
    update_profile(str(path), "it is me", {"sts_token": "new"})
    profile["sts_token"] = "new"
    assert json.dumps(json.loads(path.read_text(encoding="utf-8"))) == json.dumps(document)
