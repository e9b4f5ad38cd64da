"""Types the lines of a block into a shell on the instance, and tells what is not as the page shows it."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from alicred_emulator.control.server import ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.sandbox import trial
from alicred_emulator.serve import _CONTROL_OFFSET, _PORT_OFFSETS, DEFAULT_PORT_BASE
from tests.docs.blocks import Block
from tests.docs.comparing import is_as_shown
from tests.docs.lines import FOREIGN, Line, lines_of, otherwise, serves, words_of
from tests.docs.sessions import TEMPORARY

CONTROL_PORT = DEFAULT_PORT_BASE + _CONTROL_OFFSET
LONGEST_SECONDS = 120
# The reader has none of the plugins that our own tests need, which take longer to load than all else.
NOT_THE_READERS = ("anyio", "cacheprovider", "hypothesispytest", "randomly", "time_machine")
PYTEST = (
    " ".join(f"-p no:{name}" for name in NOT_THE_READERS) + " -o asyncio_default_fixture_loop_scope=function"
)
BEGINNING = """\
exec 2>&1
curl() { command curl --noproxy '*' --fail-with-body "$@"; }
begun=
"""
END = """
[ -z "$begun" ] || { kill $begun; wait $begun; }
"""
# What serves is begun, said to be ready by its first lines, and told to stop.
SERVED = """\
{line} >{log} 2>&1 & begun="$begun $!"
until [ -s {ready} ] || ! kill -0 $!; do sleep 0.02; done
"""
STOPPED = """\
kill $!
wait $!
status=$?; begun=; cat {log}; (exit $status)
"""
STATUS = re.compile(r"\n<status (\d+)>\n")


class Terminal(NamedTuple):
    """Where lines are typed.

    Attributes:
        folder: The current folder.
        variables: The whole environment.
        ports: Those of the fakes, by the default port that pages show.
    """

    folder: Path
    variables: Mapping[str, str]
    ports: Mapping[int, int]

    def wrong(self, block: Block) -> list[str]:
        """Type the lines of a block; return what is wrong with each that is not as the page has it."""
        lines = list(lines_of(block))
        assert lines, f"{block.id} has no line"
        told, run = [], []
        for line in lines:
            look = otherwise(line)
            if look is None:
                run.append(line)
            elif problem := look(words_of(line), self.folder):
                told.append(f"{block.id}: {line.typed}: {problem}")
        return told + [f"{block.id}: {problem}" for problem in self._typed(run)]

    def _typed(self, lines: list[Line]) -> list[str]:
        skip_without(lines)
        if not lines:
            return []
        done = subprocess.run(
            ["sh", "-c", BEGINNING + "".join(self._script(line) for line in lines) + END],
            cwd=self.folder,
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        printed = STATUS.split(done.stdout)
        assert len(printed) > 2 * len(lines) - 1, done.stdout
        return [
            f"{line.typed}: status {status}\n{output}"
            for line, output, status in zip(lines, printed[::2], printed[1::2], strict=False)
            if not is_right(line, output, int(status))
        ]

    def _script(self, line: Line) -> str:
        typed = self._on_fakes(line.typed)
        if serves(line):
            typed = self._serving(typed)
        return f"{typed}\nprintf '\\n<status %d>\\n' $?\n"

    def _on_fakes(self, typed: str) -> str:
        """Return a line with the addresses that a page shows become those of the fakes."""
        return re.sub(r"127\.0\.0\.1:(\d+)", lambda found: self._address(int(found[1])), typed)

    def _address(self, port: int) -> str:
        # Any other port is one that `exec` has told on the page: that of its control API.
        return f"127.0.0.1:{self.ports.get(port, self.ports[CONTROL_PORT])}"

    def _serving(self, typed: str) -> str:
        """Return what begins it, on free ports, and ends it unless it was begun with `&`."""
        words = shlex.split(typed, comments=True)
        stays = words[-1] == "&"
        if stays:
            words.pop()
        if words[0] == "alicred-emulator" and "--port-base" not in words:
            words += ["--port-base", "0"]
        if words[0] == "alicred-emulator" and "--ready-file" not in words:
            words += ["--ready-file", "ready-file-of-the-test"]
        ready = words[words.index("--ready-file") + 1] if "--ready-file" in words else "log-of-the-test"
        script = SERVED.format(line=shlex.join(words), log="log-of-the-test", ready=shlex.quote(ready))
        return script + ("true" if stays else STOPPED.format(log="log-of-the-test"))


def is_right(line: Line, printed: str, status: int) -> bool:
    """Tell whether what came of a line is what its page shows; where that is nothing, it has to succeed."""
    return is_as_shown(printed, line.shown) if line.shown.strip() else status == 0


def skip_without(lines: list[Line]) -> None:
    """Skip where a program is missing, or what the page shows cannot be done."""
    for line in lines:
        for word in words_of(line):
            if word in FOREIGN and shutil.which(word) is None:
                pytest.skip(f"{word} is not installed")
        if "isolation namespace:" in line.shown and trial.why_not() is not None:
            pytest.skip("namespaces do not work here, and the page shows them")


def terminal(
    folder: Path, variables: Mapping[str, str], emulator: Emulator, control: ControlServer
) -> Terminal:
    """Return a terminal on an instance that runs.

    Args:
        folder: The current folder.
        variables: What the environment of its child processes is.
        emulator: The instance, and the services around it.
        control: Its control API.
    """
    path = f"{Path(sys.executable).parent}:{variables['PATH']}"
    ports = {
        DEFAULT_PORT_BASE + offset: urlsplit(emulator.services[name].url).port
        for name, offset in _PORT_OFFSETS.items()
    }
    variables = {**variables, "PATH": path, "PYTEST_ADDOPTS": PYTEST, TEMPORARY: str(folder.parent)}
    return Terminal(folder, variables, {**ports, CONTROL_PORT: control.port})
