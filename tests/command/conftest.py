"""What the tests of the two commands share."""

import os
from collections.abc import Callable
from typing import NamedTuple

import pytest

from alicred import testing
from alicred.cli import main


class Done(NamedTuple):
    """What a run of the command left."""

    status: int
    out: str
    err: str


@pytest.fixture
def alicred(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command ``alicred`` in this process."""

    def alicred(*arguments: str) -> Done:
        capsys.readouterr()
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = ended.code
        return Done(status, *capsys.readouterr())

    return alicred


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    """A machine with nothing: no variables, an empty home, no instance around it."""
    for name in list(os.environ):
        if name.startswith("ALIBABA_CLOUD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", "http://127.0.0.1:1")
    testing.reset()


@pytest.fixture
def folder(exec_command):
    """An empty directory that everybody may write to, where temporary files of a run go."""
    with exec_command.open_folder() as folder:
        yield folder


@pytest.fixture
def run(exec_command, ready_command, folder):
    """Run `alicred-emulator exec` with arguments, and wait for its end."""

    def run(*arguments, prefix=(), **variables):
        if prefix:
            return exec_command.run(arguments, folder, prefix, **variables)
        return ready_command.run(arguments, folder, **variables)

    return run


@pytest.fixture
def started(exec_command, folder):
    """Start `alicred-emulator exec` in a process group of its own, and kill it at the end."""
    running = []

    def started(*arguments, prefix=(), **variables):
        process = exec_command.start(arguments, folder, prefix, **variables)
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate(timeout=exec_command.SECONDS)


@pytest.fixture(scope="session")
def whoever(exec_command):
    """What a user is run by: a name to the beginning of a command. Skips where namespaces do not work."""
    prefixes = {"this user": [], "an ordinary user": exec_command.AS_ORDINARY_USER}
    known = {}

    def whoever(user):
        if user not in known:
            known[user] = exec_command.why_no_namespaces(prefixes[user])
        if known[user] is not None:
            pytest.skip(f"no namespaces for {user}: {known[user]}")
        return prefixes[user]

    return whoever


@pytest.fixture(
    scope="module",
    params=["this user", "an ordinary user"] if os.name == "posix" and os.geteuid() == 0 else ["this user"],
)
def user(request, whoever):
    """Who runs the command: whoever runs the tests and, if that is root, an ordinary user as well."""
    return whoever(request.param)
