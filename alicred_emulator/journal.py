"""What was asked of the fakes and what they answered, in order.

One record holds all services; each service's journal is a view of it. The text that a failed test
shows never contains a header's value, a body, or a query value that could be a secret.
"""

import copy
import difflib
import fnmatch
import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, overload
from urllib.parse import parse_qsl

from alicred_emulator.messages import Headers

KEPT_ENTRIES: Final = 10_000
"""How many entries a journal keeps; a server that runs for days forgets the oldest."""

_HARMLESS_PARAMETERS: Final = frozenset(
    {"Action", "DurationSeconds", "Format", "RegionId", "RoleArn", "RoleSessionName", "Version", "audience"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and what became of it.

    Attributes:
        service: The name of the fake, such as ``imds``.
        method: The request's method.
        path: The request's path without its query, percent-encoding undone.
        query: The request's query, as sent.
        operation: What was asked, in the fake's terms, or None if that was not understood.
        status: The HTTP status, or None when no answer was sent.
        time: When, by the emulator's clock: an aware datetime in UTC.
        headers: The request's headers, read without regard to case.
        placed: Whether the fake knew what was asked.
        detail: Why it was answered so, and which faults took part.
    """

    service: str
    method: str
    path: str
    operation: str | None
    status: int | None
    time: datetime
    query: str = field(default="", repr=False)
    headers: Headers = field(default_factory=Headers, repr=False)
    placed: bool = True
    detail: str = ""

    def matches(self, expectation: str) -> bool:
        """Tell whether the entry is what is expected.

        Args:
            expectation: Method and path such as ``PUT /latest/api/token``, or an operation such as ``Token``;
                ``*`` and ``?`` allowed in both.
        """
        method, blank, path_glob = expectation.partition(" ")
        if not blank:
            return self.operation is not None and fnmatch.fnmatchcase(self.operation, expectation)
        return self.method == method and fnmatch.fnmatchcase(self.path, path_glob.strip())

    @property
    def shown_query(self) -> str:
        """The query with the values of what could be a secret masked."""
        return _masked(self.query)

    def render(self) -> str:
        """Return the entry as one line of text without secrets."""
        status = "---" if self.status is None else str(self.status)
        parts = [f"{self.time:%Y-%m-%d %H:%M:%S}", f"{self.service:<15}", status, self.method]
        parts.append(_printable(self.path) + (f"?{self.shown_query}" if self.query else ""))
        if self.operation is not None:
            parts.append(f"[{self.operation}]")
        if not self.placed:
            parts.append("NOT PLACED")
        if self.detail:
            parts.append(f"- {_printable(self.detail)}")
        return " ".join(parts)


class _Record:
    """The entries of all services."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self.unplaced_read = False


class Journal(Sequence[Entry]):
    """The requests that were made, oldest first.

    Iterating, ``len()`` and indexing work on what is there at that moment; requests may arrive
    meanwhile from any thread.
    """

    def __init__(self) -> None:
        self._record = _Record()
        self._service: str | None = None

    def view(self, service: str) -> "Journal":
        """Return a journal that shows one service's entries of the same record."""
        view = copy.copy(self)
        view._service = service  # noqa: SLF001 - a copy of this very object
        return view

    def __len__(self) -> int:
        return len(self._snapshot())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._snapshot())

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._snapshot()[index]

    def __repr__(self) -> str:
        return f"<Journal of {self._service or 'all services'}: {len(self)} requests>"

    def append(self, entry: Entry) -> None:
        """Add an entry; called by the fakes."""
        with self._record.lock:
            self._record.entries.append(entry)

    def count(self, method_or_operation: str, path_glob: str | None = None) -> int:
        """Count requests.

        Args:
            method_or_operation: A method such as ``GET`` when a path follows, else the name of an
                operation such as ``RoleCredential`` (``*`` and ``?`` allowed).
            path_glob: The path without its query, in which ``*`` matches anything, ``/`` included.

        Returns:
            How many requests match.
        """
        expectation = method_or_operation if path_glob is None else f"{method_or_operation} {path_glob}"
        return sum(entry.matches(expectation) for entry in self)

    def assert_requests(self, expected: Iterable[str]) -> None:
        """Assert that exactly these requests were made, in this order.

        Args:
            expected: Items such as ``PUT /latest/api/token``, with ``*`` in the path if wanted, or
                names of operations such as ``Token``.

        Raises:
            AssertionError: If anything else was made; the message shows the difference.
        """
        wanted, entries = list(expected), self._snapshot()
        shown = [f"{entry.method} {_printable(entry.path)}" for entry in entries]
        # A glob or an operation that is met counts as the line it met, so that only what really
        # differs shows as a difference.
        lines = [
            line if entry is not None and item is not None and entry.matches(item) else item
            for item, entry, line in itertools.zip_longest(wanted, entries, shown)
        ][: len(wanted)]
        if lines != shown:
            difference = difflib.ndiff([line or "" for line in lines], shown)
            raise AssertionError(
                "The requests made (+) are not those expected (-):\n" + "\n".join(difference)
            )

    def clear(self) -> None:
        """Forget the entries of this view; of the whole, also that the unplaced ones were read."""
        with self._record.lock:
            kept = [entry for entry in self._record.entries if not self._shows(entry)]
            self._record.entries.clear()
            self._record.entries.extend(kept)
            if self._service is None:
                self._record.unplaced_read = False

    @property
    def unplaced(self) -> list[Entry]:
        """The requests that no fake could place; reading them says that the test knows of them."""
        self._record.unplaced_read = True
        return self.peek_unplaced()

    @property
    def unplaced_read(self) -> bool:
        """Whether `unplaced` was read, on any view, since the whole journal was cleared."""
        return self._record.unplaced_read

    def peek_unplaced(self) -> list[Entry]:
        """Return the requests that no fake could place, without counting as having read them."""
        return [entry for entry in self if not entry.placed]

    def render(self) -> str:
        """Return the journal as text for a failed test's report, one line a request."""
        return "\n".join(entry.render() for entry in self)

    def _snapshot(self) -> list[Entry]:
        with self._record.lock:
            entries = list(self._record.entries)
        return entries if self._service is None else [entry for entry in entries if self._shows(entry)]

    def _shows(self, entry: Entry) -> bool:
        return self._service is None or entry.service == self._service


def _printable(text: str) -> str:
    # A path comes from outside, as may a part of a detail; no control character may reach the terminal.
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _masked(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    shown = [
        f"{_printable(name)}={_printable(value) if name in _HARMLESS_PARAMETERS else '***'}"
        for name, value in pairs
    ]
    return "&".join(shown)
