"""What readers saw, held against what the story says, and against what no story may break.

The rule kept here: whatever a story expects, a credential that is handed out was issued by the fakes, is
valid now by their clock, and its parts belong together. No secret is in what is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from alicred_emulator.journal import Entry
from alicred_emulator.scenarios.asks import Fail, Read
from alicred_emulator.scenarios.stage import Stage
from alicred_emulator.scenarios.subject import ANY_KIND, KINDS, UNSAID, Seen

EXPIRED: Final = "expired credential"
TORN: Final = "torn credential"
UNKNOWN: Final = "unknown credential"

NEW: Final = "a new credential"

_ISSUER: Final = "oidc."
_LONGEST_TEXT: Final = 300
_SECRET: Final = re.compile(
    r"Fake(?:Secret|Bearer|\w*Token)[A-Za-z0-9]+|CAISFAKE[A-Za-z0-9+/=%\\]+"
    r"|eyJ[\w-]+(?:\.[\w-]*)*|-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/= \\]*"
)
"""All secrets of the fakes have one of these shapes, written in a URL or in JSON as well."""


class Judge:
    """Knows which credential a story calls by which name.

    Args:
        stage: Where the story takes place.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._names: dict[str, str] = {}

    def credential(self, name: str) -> str | None:
        """Return the key id or bearer token of a credential that was read, None if nobody saw it."""
        return next((key for key, called in self._names.items() if called == name), None)

    def told(self, seen: list[Seen]) -> list[str]:
        """Tell what readers saw, by the story's names, each thing once with how many saw it."""
        counted = Counter(self._told(one) for one in seen)
        return [what if count == 1 else f"{what} ({count})" for what, count in counted.items()]

    def judge(self, asked: Read | Fail, seen: list[Seen], allowed_seconds: float | None) -> str | None:
        """Return the first thing that is wrong, None if nothing is.

        Args:
            asked: What the story says.
            seen: What the readers saw.
            allowed_seconds: How long each may have been kept waiting; None if nobody looks.
        """
        broken = next(filter(None, map(self._broken, seen)), None)
        if isinstance(asked, Read):
            self._bind(asked, seen)
        return broken or self._unexpected(asked, seen) or _too_long(seen, allowed_seconds)

    def _broken(self, seen: Seen) -> str | None:
        if seen.failure is not None:
            return None
        if seen.bearer_token:
            return None if seen.bearer_token == self._stage.bearer_token() else UNKNOWN
        emulator = self._stage.emulator
        issued = emulator.ledger.get(seen.access_key_id or "")
        parts = (seen.access_key_secret, seen.security_token or "")
        if issued is not None:
            if parts != (issued.access_key_secret, issued.security_token):
                return TORN
            return None if issued.is_valid(emulator.clock.now()) else EXPIRED
        for key in emulator.user.access_keys:
            if key.access_key_id == seen.access_key_id:
                return None if parts == (key.access_key_secret, "") else TORN
        return UNKNOWN

    def _bind(self, asked: Read, seen: list[Seen]) -> None:
        unbound = [name for name in asked.expected if name not in self._names.values()]
        shown = dict.fromkeys(filter(None, map(_key, seen)))
        strange = [key for key in shown if key not in self._names]
        # Two strangers and two names could be either way round: then in the order of their issue.
        order = [issued.access_key_id for issued in self._stage.emulator.ledger.credentials]
        strange.sort(key=lambda key: order.index(key) if key in order else len(order))
        self._names.update(zip(strange, unbound, strict=False))

    def _unexpected(self, asked: Read | Fail, seen: list[Seen]) -> str | None:
        if isinstance(asked, Fail):
            return next(
                (f"{asked}, and not {self._told(one)}" for one in seen if not _fails(one, asked)), None
            )
        counted = Counter(self._name(one) for one in seen)
        for one in seen:
            if self._name(one) not in asked.expected:
                return f"{asked}, and not {self._told(one)}"
        # With fewer readers than names, either is right.
        for name, wanted in asked.expected.items() if len(asked.expected) <= asked.readers else ():
            if counted[name] != wanted if wanted is not None else not counted[name]:
                return f"{asked}, and {counted[name]} of the readers got {name}"
        return None

    def _name(self, seen: Seen) -> str:
        return self._names.get(_key(seen) or "", "")

    def _told(self, seen: Seen) -> str:
        if seen.failure is None:
            return self._name(seen) or NEW
        kind, text = seen.failure.kind, without_secrets(seen.failure.text)
        return f"{kind}: {text}" if text else kind


def without_secrets(text: str) -> str:
    """Return what a client says in one line, of some length at most, without a secret of the fakes."""
    text = _SECRET.sub("***", " ".join(text.split()))
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def wrong_requests(expected: Mapping[str, int] | None, entries: list[Entry]) -> str | None:
    """Return what is wrong with the requests that were made, None if nothing is or nobody looks."""
    if expected is None:
        return None
    # Unless somebody looks there, too.
    issuer = any(key.startswith(_ISSUER) for key in expected)
    made = Counter(_asked(entry) for entry in entries if issuer or not _is_of_issuer(entry))
    wanted = Counter({key: count for key, count in expected.items() if count})
    if wanted == made:
        return None
    return f"{_told_counts(wanted)} expected, and {_told_counts(made)} made"


def told_requests(entries: list[Entry]) -> list[str]:
    """Tell what was asked and answered, one line a request, without a query."""
    return [
        f"{_asked(entry)} {'no answer' if entry.status is None else entry.status}"
        for entry in entries
        if not _is_of_issuer(entry)
    ]


def _told_counts(counts: Mapping[str, int]) -> str:
    told = [f"{count} {name}" for name, count in counts.items() if count]
    return ", ".join(told) or "no request"


def _is_of_issuer(entry: Entry) -> bool:
    # It is asked for its keys by STS, and by no client.
    return f"{entry.service}." == _ISSUER


def _asked(entry: Entry) -> str:
    return f"{entry.service}.{entry.operation or f'{entry.method} {entry.path!r}'}"


def _key(seen: Seen) -> str | None:
    return seen.bearer_token or seen.access_key_id if seen.failure is None else None


def _fails(seen: Seen, asked: Fail) -> bool:
    if seen.failure is None:
        return False
    kind = seen.failure.kind
    return kind in {asked.kind, UNSAID} or (asked.kind == ANY_KIND and kind in KINDS)


def _too_long(seen: list[Seen], allowed_seconds: float | None) -> str | None:
    longest = max(one.waited_seconds for one in seen)
    if allowed_seconds is None or longest <= allowed_seconds:
        return None
    return f"a reader was kept waiting for {longest:.1f} s, and may be for {allowed_seconds:.1f} s"
