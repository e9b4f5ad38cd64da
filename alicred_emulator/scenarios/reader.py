"""From files to stories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final

from alicred_emulator.environment import SETTINGS
from alicred_emulator.scenarios import asks, changes
from alicred_emulator.scenarios.cases import told_for_each
from alicred_emulator.scenarios.client_keys import read_client
from alicred_emulator.scenarios.names import check_names
from alicred_emulator.scenarios.rehearsal import rehearse
from alicred_emulator.scenarios.story import FACTS, Step, Story
from alicred_emulator.scenarios.subject import ABILITIES
from alicred_emulator.scenarios.tables import Document, ScenarioError, Table
from alicred_emulator.scenarios.world import Change, read_changes
from alicred_emulator.services import SERVICES
from alicred_emulator.shipped import shipped

_Reader = Callable[[Table, str], asks.Ask | changes.WorldAction]

VERBS: Final[Mapping[str, tuple[_Reader, tuple[str, ...]]]] = {**changes.VERBS, **asks.VERBS}
"""Each verb of a story, with what reads it and which keys may stand beside it."""

KEYS: Final = ("title", "story", "fact", "needs", "world", "client", "variables", "files", "steps", "cases")


@cache
def catalogue() -> tuple[Story, ...]:
    """Return the stories that the package brings with it, in order of name.

    Raises:
        ScenarioError: If a file has a mistake.
    """
    paths = sorted(shipped("scenarios").glob("*.toml"))
    return tuple(story for path in paths for story in read_story(path))


def read_story(path: Path | str) -> tuple[Story, ...]:
    """Read a file.

    Args:
        path: The file.

    Returns:
        Its story, or one for each of its cases.

    Raises:
        ScenarioError: If it has a mistake; the message names file, line, key and what is allowed.
    """
    path = Path(path)
    document = Document(path)
    root = Table(document, (), document.content)
    root.only(KEYS)
    return tuple(_case(path.stem, case, table) for case, table in told_for_each(root))


def _case(stem: str, case: str, root: Table) -> Story:
    if not case:
        return _story(stem, root)
    try:
        return _story(f"{stem}/{case}", root)
    except ScenarioError as error:
        # A value of a case is wrong where it is used.
        raise ScenarioError(f"{error} (in the case {case})") from None


def _story(name: str, root: Table) -> Story:
    world = read_changes(root.table("world"))
    client = read_client(root.table("client"))
    tables, steps = root.tables("steps"), _steps(root)
    actions = [step.action for step in steps]
    check_names(tables, actions)
    rehearse(root.table("world"), world, zip(tables, actions, strict=True))
    return Story(
        name=name,
        title=root.text("title").strip(),
        telling=root.text("story").strip(),
        fact=root.choice("fact", FACTS) if "fact" in root else "",
        needs=_needs(root, world, steps),
        world=world,
        client=client,
        variables=_variables(root),
        files=_files(root),
        steps=steps,
    )


def _variables(root: Table) -> Mapping[str, str]:
    # The others are not put back after a story.
    for name in root.table("variables"):
        if not name.startswith(SETTINGS):
            raise root.table("variables").error(name, f"is not known; allowed: {'*, '.join(SETTINGS)}*")
    return _texts(root, "variables")


def _files(root: Table) -> Mapping[str, str]:
    for name in root.table("files"):
        path = PurePath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            wanted = "is no path within the home directory; write it like .alibabacloud/credentials"
            raise root.table("files").error(name, wanted)
    return _texts(root, "files")


def _texts(root: Table, key: str) -> Mapping[str, str]:
    table = root.table(key)
    for name in table:
        changes.check_references(table, name, table.text(name))
    return dict(table.content)


def _needs(root: Table, world: tuple[Change, ...], steps: tuple[Step, ...]) -> frozenset[str]:
    derived = frozenset(need for step in steps for need in step.action.needs)
    derived |= changes.Set(world).needs
    if "needs" not in root:
        return derived
    given = root.texts("needs")
    for need in given:
        if need not in ABILITIES:
            raise root.error("needs", f"holds {need!r}, which is not known; allowed: {', '.join(ABILITIES)}")
    lacking = sorted(derived - set(given))
    if lacking:
        raise root.error("needs", f"lacks {', '.join(lacking)}, which the steps ask for; leave needs out")
    return frozenset(given)


def _steps(root: Table) -> tuple[Step, ...]:
    tables = root.tables("steps")
    if not tables:
        raise root.error(None, "needs at least one of [[steps]]")
    return tuple(_step(number, table) for number, table in enumerate(tables, 1))


def _step(number: int, table: Table) -> Step:
    verb = verb_of(table, VERBS, ("because",))
    read, besides = VERBS[verb]
    table.only((verb, *besides, "because"))
    action: Any = read(table, verb)
    counts = {key: _requests(table.table(key)) for key in ("requests", "in_all") if key in table}
    return Step(number=number, action=action, because=table.text("because", ""), **counts)


def verb_of(table: Table, verbs: Mapping[str, tuple[Any, tuple[str, ...]]], always: tuple[str, ...]) -> str:
    """Return the one verb that a table has.

    Args:
        table: The table.
        verbs: The verbs, each with the keys that may stand beside it.
        always: The keys that may stand beside any.

    Raises:
        ScenarioError: If it has another number of them.
    """
    found = [key for key in table if key in verbs]
    if len(found) != 1:
        besides = dict.fromkeys(key for _, keys in verbs.values() for key in keys)
        table.only((*verbs, *besides, *always))
        said = " and ".join(found) or "none"
        raise table.error(None, f"has exactly one verb of {', '.join(verbs)}, and not {said}")
    return found[0]


def _requests(table: Table) -> Mapping[str, int]:
    for key in table:
        service, _, operation = key.partition(".")
        fake = SERVICES[service][0] if service in SERVICES else None
        if fake is None:
            raise table.error(
                key, f"is written service.Operation, with one of the services {', '.join(SERVICES)}"
            )
        if operation not in fake.operations:
            known = ", ".join(sorted(fake.operations))
            raise table.error(key, f"names no operation of {service}; known: {known}")
    return {key: table.whole(key) for key in table}
