"""What was asked of the fakes, and the credentials that they issued, without a secret of either.

A header's value and a parameter's value are shown only where they are known to be harmless. Of a credential
everything is told but the secret and the token: whoever was given it has them.
"""

from typing import Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    COUNT,
    FLAG,
    MOMENT,
    TEXT,
    listed,
    mapped,
    nullable,
    said,
    whole,
    word,
)
from alicred_emulator.control.settings import (
    MOMENT_SETTING,
    PRINCIPAL_SETTING,
    TEXT_SETTING,
    Kind,
    Setting,
    moment_text,
)
from alicred_emulator.journal import Entry, Journal
from alicred_emulator.ledger import IssuedCredential
from alicred_emulator.messages import Headers
from alicred_emulator.services import SERVICES

MASK: Final = "***"
HARMLESS_HEADERS: Final = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host"),
        *("transfer-encoding", "user-agent", "x-acs-action", "x-acs-version"),
        "x-aliyun-ecs-metadata-token-ttl-seconds",
    }
)
"""The header fields whose values are shown."""

_ENTRY: Final = whole(
    "JournalEntry",
    {
        "service": TEXT,
        "method": TEXT,
        "path": said(TEXT, "Without its query, percent-encoding undone."),
        "query": said(TEXT, "With the values of what could be a secret masked."),
        "operation": said(nullable(TEXT), "What was asked, in the fake's terms, or null if not understood."),
        "status": said(nullable(COUNT), "The HTTP status, or null when no answer was sent."),
        "time": said(MOMENT, "When, by the emulator's clock."),
        "headers": said(mapped(TEXT), "The header fields, with the values of what could be a secret masked."),
        "placed": said(FLAG, "Whether the fake knew what was asked."),
        "detail": said(TEXT, "Why it was answered so, and which faults took part."),
    },
)
_JOURNAL: Final = whole(
    "Journal",
    {
        "entries": listed(_ENTRY),
        "unplaced_read": said(FLAG, "Whether somebody has read the requests that no fake could place."),
    },
)
_OF_SERVICE: Final = {"service": said(word(*SERVICES), "The requests of one service alone.")}
_UNPLACED: Final = said(word("", "true"), "Those alone that no fake could place; they count as read then.")

CREDENTIAL: Final = Kind(
    "IssuedCredential",
    {
        "access_key_id": TEXT_SETTING,
        "principal": TEXT_SETTING.but("The ARN of whom it speaks for."),
        "holder": PRINCIPAL_SETTING,
        "origin": TEXT_SETTING.but("The fake that issued it."),
        "issued_at": MOMENT_SETTING.but("From when it is valid."),
        "expires_at": MOMENT_SETTING.but("From when on it is refused."),
        "policy": TEXT_SETTING.or_null(),
        "source_identity": TEXT_SETTING.or_null(),
        "uses": Setting(said(COUNT, "How often a call was granted to it.")),
    },
)


def _journal(call: Call) -> Journal:
    name = call.query.get("service")
    return call.emulator.journal if name is None else call.emulator.services[name].journal


def shown_headers(headers: Headers) -> dict[str, str]:
    """Return header fields as they may be shown."""
    return {name: value if name in HARMLESS_HEADERS else MASK for name, value in headers.items()}


def _show(entry: Entry) -> dict[str, object]:
    return {
        "service": entry.service,
        "method": entry.method,
        "path": entry.path,
        "query": entry.shown_query,
        "operation": entry.operation,
        "status": entry.status,
        "time": moment_text(entry.time),
        "headers": shown_headers(entry.headers),
        "placed": entry.placed,
        "detail": entry.detail,
    }


def _entries(call: Call) -> object:
    journal = _journal(call)
    entries = journal.unplaced if "unplaced" in call.query else list(journal)
    return {"entries": [_show(entry) for entry in entries], "unplaced_read": journal.unplaced_read}


def _clear(call: Call) -> None:
    _journal(call).clear()


def _issued(call: Call) -> IssuedCredential:
    wanted = call.places["access_key_id"]
    credential = call.emulator.ledger.get(wanted)
    if credential is None:
        raise LookupError(
            "no fake issued a credential with that id; GET /ledger lists those that were issued"
        )
    return credential


ROUTES: Final = (
    Route(
        method="GET",
        path="/journal",
        operation="journal",
        summary="Read the requests that were made, oldest first.",
        handle=_entries,
        query={**_OF_SERVICE, "unplaced": _UNPLACED},
        answer=_JOURNAL,
    ),
    Route(
        method="DELETE",
        path="/journal",
        operation="clear_journal",
        summary="Forget the requests that were made.",
        handle=_clear,
        query=_OF_SERVICE,
    ),
    Route(
        method="GET",
        path="/ledger",
        operation="ledger",
        summary="List every credential that any fake issued, in the order of their issue.",
        handle=lambda call: {
            "credentials": [CREDENTIAL.show(one) for one in call.emulator.ledger.credentials]
        },
        answer=whole("Ledger", {"credentials": listed(CREDENTIAL.schema)}),
    ),
    CREDENTIAL.read_route(
        "/ledger/{access_key_id}", "credential", "Read what is known of a credential.", _issued
    ),
)
