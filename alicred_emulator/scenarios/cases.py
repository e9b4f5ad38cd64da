"""A story that is told once for each of its cases: ``$key`` stands for the case's value.

The rule kept here: every key of a case is used, and everything that is used is given by every case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from alicred_emulator.scenarios.tables import Table
from alicred_emulator.scenarios.values import mapped, texts_in

_USED: Final = re.compile(r"\$([a-z_][a-z0-9_]*)")
_CASE_NAME: Final = re.compile(r"[a-z0-9_]+")


def told_for_each(root: Table) -> Iterator[tuple[str, Table]]:
    """Yield the file's table once for each case, under the case's name; once under none if it has no cases.

    Raises:
        ScenarioError: If a case leaves something out, or gives what nobody uses.
    """
    cases = root.table("cases")
    content = {key: value for key, value in root.content.items() if key != "cases"}
    if not cases.content:
        yield "", root.replaced(_told(root, content, {}))
        return
    for name in cases:
        if not _CASE_NAME.fullmatch(name):
            raise cases.error(name, "is no name of a case; use small letters, digits and underscores")
        case = cases.table(name)
        unused = [key for key in case if key not in _uses(content)]
        if unused:
            raise case.error(unused[0], f"is used nowhere; write ${unused[0]} where it belongs")
        yield name, root.replaced(_told(case, content, case.content))


def _uses(content: Mapping[str, Any]) -> set[str]:
    return {name for text in texts_in(content) for name in _USED.findall(text)}


def _told(case: Table, content: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    def told(text: str) -> Any:
        for name in _USED.findall(text):
            if name not in given:
                allowed = ", ".join(f"${key}" for key in given) or "none, since there are no [cases]"
                raise case.error(None, f"does not say what ${name} is; given: {allowed}")
        whole = _USED.fullmatch(text)
        return given[whole[1]] if whole else _USED.sub(lambda match: str(given[match[1]]), text)

    return mapped(content, told)
