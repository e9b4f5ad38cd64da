"""The look that every test is given at its end sees each kind of leak, and none where there is none."""

import os
import runpy
import socket
import tempfile
import threading
from pathlib import Path

import pytest

Surroundings = runpy.run_path(str(Path(__file__).with_name("leaks.py")))["Surroundings"]

needs_descriptors = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="this platform does not tell which descriptors are open"
)


@pytest.fixture
def left(tmp_path):
    """Do something, and return what it has left; only a moment is waited for what ends by itself."""

    def left(action, patience_seconds=0.01):
        before = Surroundings(str(tmp_path), patience_seconds=patience_seconds)
        action()
        return before.left_since()

    return left


@pytest.fixture
def sleeper():
    """A thread that goes on until the test is over."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name="sleeper")
    yield thread
    over.set()
    if thread.ident is not None:
        thread.join()


def test_a_thread_that_goes_on_is_seen(left, sleeper):
    """It is named, since the name tells whose it is."""
    assert left(sleeper.start) == ["thread 'sleeper' goes on"]


def test_a_thread_that_is_about_to_end_is_waited_for(left):
    """A refresh that lands a moment after the test is no leak."""
    ending = threading.Event()

    def end_soon():
        thread = threading.Thread(target=ending.wait)
        thread.start()
        threading.Timer(0.01, ending.set).start()

    assert left(end_soon, patience_seconds=10) == []


def test_a_server_that_was_started_anew_is_no_leak(left, tmp_path):
    """A thread and a socket of the same kind have gone for those that have come."""

    def serve():
        over = threading.Event()
        thread = threading.Thread(target=over.wait, name="listener")
        thread.start()
        return over, thread, socket.socket()

    def stop(over, thread, listening):
        over.set()
        thread.join()
        listening.close()

    first = serve()
    between = []
    try:
        assert left(lambda: (between.append(serve()), stop(*first)), patience_seconds=60) == []
    finally:
        stop(*between[0])


@needs_descriptors
def test_a_socket_that_is_open_is_seen(left):
    """However many there are."""
    opened = []
    assert left(lambda: opened.extend([socket.socket(), socket.socket()])) == ["2 sockets are open"]
    for one in opened:
        one.close()


@needs_descriptors
def test_a_file_is_no_socket(left):
    """Descriptors of other kinds are looked at, and passed over."""
    with tempfile.TemporaryFile() as file:
        others = []
        assert left(lambda: others.append(os.dup(file.fileno()))) == []
        os.close(others[0])


def test_a_variable_that_is_not_put_back_is_seen(left, monkeypatch):
    """Set, changed or removed: it is named, and its value is not shown."""
    monkeypatch.setenv("CHANGED", "before")
    monkeypatch.setenv("REMOVED", "before")

    def change():
        monkeypatch.setenv("SET", "a-secret")
        monkeypatch.setenv("CHANGED", "a-secret")
        monkeypatch.delenv("REMOVED")

    expected = [f"variable {name} is not what it was" for name in ("CHANGED", "REMOVED", "SET")]
    assert left(change) == expected


def test_a_temporary_file_is_seen(left, tmp_path):
    """Whatever its name is; but what an emulator of the session keeps is not."""
    assert left((tmp_path / "alicred-x").touch) == ["temporary file alicred-x is there"]
    assert left((tmp_path / "alicred-ca-bundle-x.pem").touch) == []


def test_what_a_wider_fixture_begins_meanwhile_is_excused(tmp_path, left, sleeper):
    """It lives on after the test that was the first to ask for it."""
    before = Surroundings(str(tmp_path), patience_seconds=0.01)
    earlier = Surroundings(str(tmp_path))
    sleeper.start()
    before.excuse(earlier)
    assert before.left_since() == []


def test_every_test_is_looked_at(pytester):
    """The hook of the suite fails a test that leaves something, and only that one."""
    here = Path(__file__).parent
    pytester.makeconftest((here / "conftest.py").read_text(encoding="utf-8"))
    (pytester.path / "leaks.py").write_text((here / "leaks.py").read_text(encoding="utf-8"), encoding="utf-8")
    pytester.makepyfile(
        """
        import os, pytest, tempfile

        @pytest.fixture(scope="module")
        def wide():
            with tempfile.NamedTemporaryFile():
                yield

        def test_good(request, monkeypatch):
            request.getfixturevalue("wide")
            monkeypatch.setenv("PUT_BACK", "x")

        def test_bad(monkeypatch):
            os.environ["LEFT"] = "x"
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*This test leaves something behind: variable LEFT is not what it was.*"])
