"""Changes what matters most in both packages in small ways, one at a time, and sees that a test notices each.

Which modules and which tests those are says `mutmut.cfg`. The rule kept here: a change that nobody notices
stands in `survivors.toml`, with the reason why it may; one that stands there and is noticed, or is not made
any more, is an error as well. Run by `nox -s mutation`, for ten minutes; not a test module of pytest's.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
WORKSHOP = CHECKOUT / "build" / "mutation"
COPIED = ("alicred", "alicred_emulator", "fixtures", "pyproject.toml", "tests")
NOTICED = ("killed", "timeout")
_RESULT = re.compile(r"\s*(\S+): (.+)")
_NAME = re.compile(r"x(?:ǁ(?P<of>\w+)ǁ|_)(?P<function>\w+?)__mutmut_\d+")


class Survivor(NamedTuple):
    """A change that no test noticed.

    Attributes:
        function: The function that was changed, with its module.
        line: What stands there, in one line.
        mutant: What stood there instead.
    """

    function: str
    line: str
    mutant: str

    def __str__(self) -> str:
        return f"{self.function}\n    - {self.line}\n    + {self.mutant}"


def main() -> int:
    """Make the changes in a copy, and compare those that survive with the explained ones.

    Returns:
        The exit status.
    """
    furnish()
    subprocess.run(mutmut("run"), cwd=WORKSHOP, check=True)
    verdicts = dict(results())
    print("\n".join(table(verdicts)))
    unnoticed = {survivor(name) for name, verdict in verdicts.items() if verdict not in NOTICED}
    explained = set(explanations())
    for text, wrong in (("not noticed", unnoticed - explained), ("no survivor", explained - unnoticed)):
        print(*(f"{text}: {one}" for one in sorted(wrong)), sep="\n", end="\n" if wrong else "")
    return int(not verdicts or unnoticed != explained)


def furnish() -> None:
    """Copy what is changed and what it is tested with; the checkout itself is left alone."""
    shutil.rmtree(WORKSHOP, ignore_errors=True)
    WORKSHOP.mkdir(parents=True)
    for name in COPIED:
        source, target = CHECKOUT / name, WORKSHOP / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, target)
    shutil.copy(HERE / "mutmut.cfg", WORKSHOP / "setup.cfg")


def mutmut(*arguments: str) -> list[str]:
    """Return a command of mutmut's."""
    return [sys.executable, "-m", "mutmut", *arguments]


def told(*arguments: str) -> str:
    """Return what mutmut tells of its last run."""
    return subprocess.run(
        mutmut(*arguments), cwd=WORKSHOP, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


def results() -> Iterator[tuple[str, str]]:
    """Yield the names of the mutants, with what has become of each."""
    for line in told("results", "--all", "true").splitlines():
        if found := _RESULT.fullmatch(line):
            yield found[1], found[2]


def table(verdicts: Mapping[str, str]) -> Iterator[str]:
    """Yield how many mutants of each module there were, and how each kind of them ended."""
    kinds = [*NOTICED, *sorted(set(verdicts.values()) - {*NOTICED})]
    yield "  ".join([f"{'module':40}", "mutants", *kinds])
    counts = Counter((name.rpartition(".")[0], verdict) for name, verdict in verdicts.items())
    for module in dict.fromkeys(module for module, _ in counts):
        numbers = [counts[module, kind] for kind in kinds]
        columns = zip(("mutants", *kinds), (sum(numbers), *numbers), strict=True)
        yield "  ".join([f"{module:40}", *(f"{number:{len(kind)}}" for kind, number in columns)])


def survivor(name: str) -> Survivor:
    """Return what a mutant has changed."""
    module, _, mangled = name.rpartition(".")
    found = _NAME.fullmatch(mangled)
    assert found is not None, name
    changed = [line for line in told("show", name).splitlines() if line[:3] not in {"---", "+++"}]
    return Survivor(
        ".".join(filter(None, (module, found["of"], found["function"]))),
        _in_one_line(line for line in changed if line.startswith("-")),
        _in_one_line(line for line in changed if line.startswith("+")),
    )


def _in_one_line(lines: Iterable[str]) -> str:
    return " ".join(line[1:].strip() for line in lines)


def explanations() -> Iterator[Survivor]:
    """Yield the survivors that are explained."""
    for entry in tomllib.loads((HERE / "survivors.toml").read_text("utf-8"))["survivor"]:
        if set(entry) != {*Survivor._fields, "reason"}:
            sys.exit(f"survivors.toml: an entry has {sorted(entry)}")
        yield Survivor(*(entry[field] for field in Survivor._fields))


if __name__ == "__main__":
    sys.exit(main())
