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
