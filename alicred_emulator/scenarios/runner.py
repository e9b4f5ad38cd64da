"""Tells a story to a subject, step by step, and judges what it does.

The rule kept here: whatever a subject does, the process is as before at the end (environment, home directory,
clock), and what it did is an outcome, never an exception.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from alicred_emulator import environment
from alicred_emulator.clock import monotonic_seconds
from alicred_emulator.emulator import Emulator
from alicred_emulator.scenarios.allowances import allowed_seconds, longest_hold
from alicred_emulator.scenarios.asks import Cancel, Fail, Invalidate, Read
from alicred_emulator.scenarios.gate import gate
from alicred_emulator.scenarios.judge import Judge, told_requests, without_secrets, wrong_requests
from alicred_emulator.scenarios.outcome import FAILED, PASSED, SKIPPED, Outcome, StepResult
from alicred_emulator.scenarios.stage import Stage
from alicred_emulator.scenarios.story import Step, Story
from alicred_emulator.scenarios.subject import Opened, Seen, Setting, Subject, Unsupported

BEGINNING: Final = datetime(2026, 1, 1, 8, tzinfo=timezone.utc)
"""When every story begins, for a subject whose clock can be told so."""


def run(story: Story, subject: Subject, emulator: Emulator | None = None) -> Outcome:
    """Tell a story to a subject.

    Args:
        story: The story.
        subject: The subject.
        emulator: A running emulator, which is reset before and after; by default one of the story's own.

    Returns:
        What came of it.
    """
    lacking = sorted(story.needs - subject.abilities)
    if lacking:
        return Outcome(story=story, subject=subject.name, verdict=SKIPPED, reason=_lacks(subject, lacking))
    started = monotonic_seconds()
    with ExitStack() as stack:
        emulator = emulator or stack.enter_context(Emulator())
        stage = stack.enter_context(_stage(story, emulator, follows="clock" in subject.abilities))
        outcome = _tell(story, subject, stage)
        for service in emulator.services.values():
            # A bug of a fake is nobody's outcome.
            service.check()
    return replace(outcome, seconds=monotonic_seconds() - started)


def _lacks(subject: Subject, abilities: list[str]) -> str:
    return "; ".join(subject.lacks.get(one, f"{subject.name} has no {one}") for one in abilities)


@contextmanager
def _stage(story: Story, emulator: Emulator, *, follows: bool) -> Generator[Stage, None, None]:
    """Make the world of a story, and an environment and a home directory for its client."""
    emulator.reset()
    with (
        environment.preserved(),
        tempfile.TemporaryDirectory(prefix="alicred-home-", ignore_cleanup_errors=True) as home,
    ):
        try:
            if follows:
                emulator.clock.freeze()
                emulator.clock.move_to(BEGINNING)
                emulator.reanchor_if_unshown()
            stage = Stage(emulator, Path(home))
            for change in story.world:
                change.apply(stage)
            yield stage
        finally:
            emulator.reset()


def _tell(story: Story, subject: Subject, stage: Stage) -> Outcome:
    setting = _setting(story, stage)
    results: list[StepResult] = []
    verdict, reason = PASSED, ""
    try:
        with subject.open(setting) as client:
            results.extend(_Telling(story, stage, client).steps())
    except Unsupported as unsupported:
        verdict, reason = SKIPPED, str(unsupported)
    except Exception as error:  # noqa: BLE001 - whatever a subject does is an outcome
        verdict, reason = (
            FAILED,
            f"{subject.name} itself failed: {type(error).__name__}: {without_secrets(str(error))}",
        )
    else:
        problem = results[-1].problem
        if problem is not None:
            verdict, reason = FAILED, f"step {results[-1].number}: {problem}"
    return Outcome(story=story, subject=subject.name, verdict=verdict, reason=reason, steps=tuple(results))


def _setting(story: Story, stage: Stage) -> Setting:
    variables = {**stage.emulator.env(story.client.identity), **stage.filled(story.variables)}
    environment.emulate(variables, str(stage.home))
    for name, content in story.files.items():
        path = stage.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stage.filled(content), encoding="utf-8")
        path.chmod(0o600)
    return Setting(
        emulator=stage.emulator,
        client={"type": story.client.type, **stage.filled(story.client.parameters)},
        variables=variables,
        home=str(stage.home),
    )


class _Telling:
    """A story under way."""

    def __init__(self, story: Story, stage: Stage, client: Opened) -> None:
        self._story = story
        self._stage = stage
        self._client = client
        self._judge = Judge(stage)
        self._read: dict[str, Seen] = {}
        self._noted = 0

    def steps(self) -> Iterator[StepResult]:
        """Tell the steps, up to the first that fails."""
        for step in self._story.steps:
            result = self._told(step)
            yield result
            if result.problem is not None:
                return

    def _told(self, step: Step) -> StepResult:
        action = step.action
        if isinstance(action, Read | Fail):
            return self._asked(step, action)
        if isinstance(action, Cancel):
            with gate(self._stage.emulator, longest_hold(self._story)) as held:
                self._client.cancel_read(held.on_request)
        elif isinstance(action, Invalidate):
            return self._invalidated(step, action.name)
        else:
            action.apply(self._stage)
        return StepResult(number=step.number, step=str(step))

    def _invalidated(self, step: Step, name: str) -> StepResult:
        key = self._judge.credential(name)
        problem = f"no reader ever got {name}" if key is None else None
        if key is not None:
            self._client.invalidate(self._read[key])
        return StepResult(number=step.number, step=str(step), problem=problem)

    def _asked(self, step: Step, asked: Read | Fail) -> StepResult:
        seen = self._seen(asked)
        self._read.update({one.bearer_token or one.access_key_id or "": one for one in seen})
        journal = list(self._stage.emulator.journal)
        entries, self._noted = journal[self._noted :], len(journal)
        problem = (
            self._judge.judge(asked, seen, allowed_seconds(self._story, asked))
            or wrong_requests(step.requests, entries)
            or wrong_requests(step.in_all, journal)
        )
        return StepResult(
            number=step.number,
            step=str(step),
            seen=tuple(self._judge.told(seen)),
            requests=tuple(told_requests(entries)),
            problem=problem,
        )

    def _seen(self, asked: Read | Fail) -> list[Seen]:
        if asked.in_fork:
            return [self._client.read_in_fork()]
        if asked.readers == 1:
            return [self._client.read()]
        others = _Countdown(asked.readers - 1)
        with gate(self._stage.emulator, longest_hold(self._story, asked)) as held:
            others.then(held.open)
            return self._client.read_at_once(asked.readers, others.count)


class _Countdown:
    """Calls something once so many have come."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()
        self._call: Callable[[], None] = lambda: None

    def then(self, call: Callable[[], None]) -> None:
        """Say what to call."""
        self._call = call

    def count(self) -> None:
        """Count one that has come; from any thread."""
        with self._lock:
            self._left -= 1
            is_last = self._left == 0
        if is_last:
            self._call()
