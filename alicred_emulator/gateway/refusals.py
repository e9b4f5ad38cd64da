"""The decision table of what is refused: `fixtures/api_refusals.toml`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from alicred_emulator.shipped import table

TABLE: Final = "api_refusals.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One row of the table.

    Attributes:
        condition: The name of the check.
        when: The condition for a person.
        code: The code, with the places that a check fills in.
        status: The HTTP status.
        message: The message, with the places that a check fills in.
        products: The products concerned.
        confidence: Where code, status and message are from.
        order: Where it stands among the checks; None for what only a fault leads to.
        actions: The actions concerned; None for all.
        trust: Whether it tells that the role's trust policy was what refused.
        comment: What else is known.
    """

    condition: str
    when: str
    code: str
    status: int
    message: str
    products: list[str]
    confidence: dict[str, str]
    order: int | None = None
    actions: list[str] | None = None
    trust: bool = False
    comment: str = field(default="", repr=False)

    def concerns(self, product: str, action: str | None) -> bool:
        """Tell whether it may be the answer to a call."""
        return product in self.products and (self.actions is None or action in self.actions)


@cache
def refusals() -> tuple[Refusal, ...]:
    """Return the whole table, the checks in their order first."""
    rows = [Refusal(**row) for row in table(TABLE)["refusal"]]
    return tuple(sorted(rows, key=lambda row: (row.order is None, row.order or 0)))


@cache
def checks_of(product: str, action: str | None) -> tuple[Refusal, ...]:
    """Return the rows that a call of an action is held against, in their order."""
    return tuple(row for row in refusals() if row.order is not None and row.concerns(product, action))


def refusal_called(code: str) -> tuple[Refusal, Mapping[str, str]]:
    """Return the row with a code, the last of several: it says least of what was wrong with the call.

    Args:
        code: A code of the table; for a row that has a place in it, what it is when that is filled in.

    Returns:
        The row, and the words for its places.

    Raises:
        ValueError: If there is none; the message lists the codes.
    """
    for row in reversed(refusals()):
        if row.code == code and "{" not in code:
            return row, {}
    for row in reversed(refusals()):
        before, place, _ = row.code.partition("{parameter}")
        if place and code.startswith(before) and code != before and "{" not in code:
            return row, {"parameter": code.removeprefix(before)}
    known = ", ".join(sorted({row.code for row in refusals()}))
    raise ValueError(f"no service refuses anything with the code {code!r}; known: {known}")
