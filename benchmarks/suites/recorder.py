"""A pytest plugin that repeats a suite's test and notes what each time took, set-up and reports included.

Options: how often to repeat it, and where to write the seconds as a JSON list.
"""

import json
from collections.abc import Generator
from pathlib import Path
from time import perf_counter

import pytest

# freezegun replaces what modules hold; a default argument escapes it, as this must.
_now = [perf_counter]


class Recorder:
    """Notes how long each test takes as a whole."""

    def __init__(self, written_to: Path) -> None:
        self._written_to = written_to
        self._seconds: list[float] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Time one test."""
        began = _now[0]()
        outcome = yield
        self._seconds.append(_now[0]() - began)
        return outcome

    def pytest_unconfigure(self) -> None:
        """Write what was noted."""
        self._written_to.write_text(json.dumps(self._seconds))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    parser.addoption("--repeat", type=int, default=1)
    parser.addoption("--record", type=Path)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record."""
    config.pluginmanager.register(Recorder(config.getoption("--record")), "benchmark-recorder")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat every test."""
    metafunc.fixturenames.append("_repetition")
    metafunc.parametrize("_repetition", range(metafunc.config.getoption("--repeat")))
