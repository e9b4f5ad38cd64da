"""The decision table of what the sign-in services refuse: `fixtures/sign_in_refusals.toml`, read once."""

from dataclasses import dataclass, field
from functools import cache
from typing import Final

from alicred_emulator.shipped import table

TABLE: Final = "sign_in_refusals.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One row of the table.

    Attributes:
        service: The service concerned.
        condition: The name of the check.
        when: The condition for a person.
        order: Where it stands among the checks of its service.
        code: The code, with the places that a check fills in.
        status: The HTTP status.
        message: The message, with the places that a check fills in.
        confidence: Where code, status and message are from.
        operations: The operations concerned; None for all.
        redirected: Whether the browser is sent back with it, as OAuth has it.
        comment: What else is known.
    """

    service: str
    condition: str
    when: str
    order: int
    code: str
    status: int
    message: str
    confidence: dict[str, str]
    operations: list[str] | None = None
    redirected: bool = False
    comment: str = field(default="", repr=False)


@cache
def checks_of(service: str, operation: str) -> tuple[Refusal, ...]:
    """Return the rows that a request for an operation is held against, in their order."""
    rows = [Refusal(**row) for row in table(TABLE)["refusal"]]
    concerned = [
        row
        for row in rows
        if row.service == service and (row.operations is None or operation in row.operations)
    ]
    return tuple(sorted(concerned, key=lambda row: row.order))
