"""Suites of one repeated test, run by pytest in a process of its own."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environment import ROOT, for_child
from benchmarks.measure import Samples
from benchmarks.processes import run

_SUITES = ROOT / "benchmarks" / "suites"


def repeated(suite: str, repeat: int, plugins: Sequence[str] = ()) -> Callable[[], list[float]]:
    """Return a function that runs a suite and returns what each of its tests took, but the first.

    The first pays for what the session sets up once.

    Args:
        suite: The name of a file in `benchmarks/suites`.
        repeat: How often to repeat its test.
        plugins: The pytest plugins that it needs; no other is loaded.
    """
    command = [sys.executable, "-m", "pytest", "-c", str(_SUITES / "pytest.ini"), f"--repeat={repeat}"]
    for plugin in ("benchmarks.suites.recorder", *plugins):
        command += ["-p", plugin]
    environment = {**for_child(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def run_suite() -> list[float]:
        with TemporaryDirectory() as folder:
            record = Path(folder) / "seconds.json"
            run([*command, f"--record={record}", str(_SUITES / f"{suite}.py")], environment=environment)
            seconds: list[float] = json.loads(record.read_text())
        if len(seconds) != repeat:
            raise AssertionError(f"{len(seconds)} tests ran, not {repeat}")
        return seconds[1:]

    return run_suite


def pooled(runs: Mapping[str, list[list[float]]]) -> Samples:
    """Return the tests of all runs of each suite together."""
    return {name: [seconds for run in suites for seconds in run] for name, suites in runs.items()}
