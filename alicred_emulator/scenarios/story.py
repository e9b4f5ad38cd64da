"""A story as it is told: the world, the client, and what happens one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alicred_emulator.scenarios.asks import Ask
from alicred_emulator.scenarios.changes import WorldAction
from alicred_emulator.scenarios.world import Change

FACTS: Final = ("documented", "measured", "alicred's promise")
"""Where an expectation can come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens.

    Attributes:
        number: Its place in the story, from 1 on.
        action: What happens.
        because: A sentence for the ear, or nothing.
        requests: How many requests of which kind were made since the last look; None if nobody looks.
        in_all: How many were made since the story began; None if nobody looks.
    """

    number: int
    action: WorldAction | Ask
    because: str = ""
    requests: Mapping[str, int] | None = None
    in_all: Mapping[str, int] | None = None

    def __str__(self) -> str:
        return str(self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientForm:
    """How the client is configured, references not filled in yet.

    Attributes:
        type: The type of the credential; ``default`` for the default chain.
        parameters: The other parameters by name; a ``source`` is a mapping itself.
        identity: Whose environment it finds.
    """

    type: str
    parameters: Mapping[str, Any] = field(repr=False)
    identity: str = "ecs"

    @property
    def timeout_seconds(self) -> float:
        """How long it waits for an answer; 1 s, as clients wait for an instance, unless the story says so."""
        timeout: int = self.parameters.get("timeout", 1000)
        return timeout / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story.

    Attributes:
        name: What it is called: the file's stem, and the case's name after a slash.
        title: One sentence that says what is so.
        telling: A paragraph: what happens, and why it matters.
        fact: Where the expectation comes from, one of `FACTS`, or nothing.
        needs: What a subject must be able to do.
        world: What differs from the default world.
        client: How the client is configured.
        variables: Further environment variables.
        files: Files in the client's home directory, by their path there.
        steps: What happens.
    """

    name: str
    title: str
    telling: str = field(repr=False)
    fact: str
    needs: frozenset[str]
    world: tuple[Change, ...]
    client: ClientForm
    variables: Mapping[str, str] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    steps: tuple[Step, ...] = field(repr=False)
