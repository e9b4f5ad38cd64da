"""The comparison as a page: how many stories each subject lived through, which, and how the others failed.

The rule kept here: it says what was compared and what the expectations rest on, names every story with every
case, and shows of each failure what was expected and what was asked.
"""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from alicred_emulator import environment
from alicred_emulator.conformance.results import REQUESTS, Told, grouped, shade_of
from alicred_emulator.conformance.wording import INTRODUCTION, OWN_CLIENT
from alicred_emulator.scenarios.outcome import FAILED, PASSED, SKIPPED, Outcome, StepResult
from alicred_emulator.scenarios.story import FACTS, Story
from alicred_emulator.scenarios.subject import UNSAID

_UNSAID_FACT: Final = ""
_MOST_REQUESTS: Final = 8


def page(told: Sequence[Told], picture: str) -> str:
    """Write the page.

    Args:
        told: What came of the stories, by subject.
        picture: The name of the picture, beside the page.

    Returns:
        Markdown.
    """
    introduction = INTRODUCTION.format(
        stories=len(_stories(told)),
        subjects=", ".join(dict.fromkeys(each.client for each in told)),
        python=".".join(platform.python_version_tuple()[:2]),
        zone=f"TZ={environment.said('TZ')}" if environment.said("TZ") else "TZ unset",
        picture=picture,
    )
    tables = [_table(_summary(told)), _table(_facts(told))]
    parts = [introduction, *tables, OWN_CLIENT, *_matrix(told), *_failures(told)]
    return "\n".join(parts)


def _stories(told: Sequence[Told]) -> tuple[Story, ...]:
    return tuple(one.story for one in told[0].outcomes) if told else ()


def _table(rows: Iterable[Sequence[object]]) -> str:
    head, *body = [" | ".join(map(str, row)) for row in rows]
    rule = "|".join("---" for _ in head.split(" | "))
    return "\n".join([f"| {head} |", f"|{rule}|", *(f"| {row} |" for row in body), ""])


def _summary(told: Sequence[Told]) -> Iterator[Sequence[object]]:
    yield "subject", "client", "passed", "failed", "of these by the number of requests alone", "left out"
    for each in told:
        counts = each.counted()
        failed = counts[FAILED] + counts[REQUESTS]
        yield f"`{each.subject}`", each.client, counts[PASSED], failed, counts[REQUESTS], counts[SKIPPED]


def _facts(told: Sequence[Told]) -> Iterator[Sequence[object]]:
    yield "what the expectation rests on", "stories", *(f"`{each.subject}` passed" for each in told)
    for fact in (*FACTS, _UNSAID_FACT):
        counts = [each.counted(fact) for each in told]
        if counts and counts[0].total():
            yield fact or "unsaid", counts[0].total(), *(count[PASSED] for count in counts)


def _matrix(told: Sequence[Told]) -> Iterator[str]:
    yield "## Story by story\n"
    yield "`passed`, or how many of a story's cases did; `left out` is what a subject cannot be asked.\n"
    by_file = [each.by_file() for each in told]
    for group, stories in grouped(_stories(told)):
        yield f"### {group}\n"
        stems = dict.fromkeys(story.name.partition("/")[0] for story in stories)
        rows = [_row(stem, [files[stem] for files in by_file]) for stem in stems]
        yield _table([("story", "rests on", *(f"`{each.subject}`" for each in told)), *rows])


def _row(stem: str, outcomes: Sequence[Sequence[Outcome]]) -> Sequence[str]:
    first = outcomes[0][0].story
    cases = [one.story.name.partition("/")[2] for one in outcomes[0] if "/" in one.story.name]
    told = f"`{stem}`: {first.title}"
    return told + _cases(cases), first.fact or "unsaid", *map(_cell, outcomes)


def _cases(cases: Sequence[str]) -> str:
    return f" <sub>({', '.join(cases)})</sub>" if cases else ""


def _cell(outcomes: Sequence[Outcome]) -> str:
    verdicts = Counter(one.verdict for one in outcomes)
    if len(verdicts) == 1:
        [verdict] = verdicts
        return "left out" if verdict == SKIPPED else verdict if verdict == PASSED else f"**{verdict}**"
    return f"**{verdicts[PASSED]} of {len(outcomes)}**"


def _failures(told: Sequence[Told]) -> Iterator[str]:
    for each in told:
        if each.failed():
            yield f"## How {each.subject} failed\n"
            failed = {one.story.name: one for one in each.outcomes if one.verdict == FAILED}
            for group, stories in grouped(one.story for one in failed.values()):
                yield f"<details><summary>{group}: {len(stories)}</summary>\n"
                yield "\n".join(_told_failures([failed[story.name] for story in stories]))
                yield "\n</details>\n"


def _told_failures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each way of failing, with the stories that fail so."""
    ways: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        stem = outcome.story.name.partition("/")[0]
        ways.setdefault((stem, _way(outcome)), []).append(outcome.story.name)
    for (_, way), names in ways.items():
        yield f"- {', '.join(f'`{name}`' for name in names)}: {way}"


def _way(outcome: Outcome) -> str:
    if not outcome.steps:
        return _plain(outcome.reason)
    step = outcome.steps[-1]
    # That an error says no kind is nothing to a reader.
    seen = _plain(", ".join(step.seen)).replace(f"{UNSAID}: ", "").rstrip(".") or "nothing"
    problem = step.problem or ""
    # Where it only sets against each other what stands here anyway, it is left out.
    besides = "" if " and " in problem else f" ({_plain(problem)})"
    by_requests = " The requests alone are others." if shade_of(outcome) == REQUESTS else ""
    return (
        f"step {step.number} expects “{_expected(outcome.story, step)}”, and saw {seen}{besides}. "
        f"It asked {_requests(step)}.{by_requests}"
    )


def _expected(story: Story, step: StepResult) -> str:
    requests = story.steps[step.number - 1].requests
    if requests is None:
        return _plain(step.step)
    return f"{_plain(step.step)}, by {_counted(requests.items()) or 'no request'}"


def _requests(step: StepResult) -> str:
    return _counted(Counter(step.requests).items()) or "nothing"


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    told = [f"`{what}`" if count == 1 else f"{count} `{what}`" for what, count in counts if count]
    more = [f"and {len(told) - _MOST_REQUESTS} other kinds"] if len(told) > _MOST_REQUESTS else []
    return ", ".join([*told[:_MOST_REQUESTS], *more])


def _plain(text: str) -> str:
    # What a client said must not become markup.
    return text.translate({ord(sign): f"\\{sign}" for sign in "\\`*_<>[]|"})
