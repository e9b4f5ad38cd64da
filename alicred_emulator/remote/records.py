"""What was asked of an emulator in another process, and which credentials it has issued.

Moments are aware datetimes in UTC, by that emulator's clock.
"""

from datetime import datetime
from typing import Any, Final, NoReturn

from alicred_emulator.clock import as_utc
from alicred_emulator.journal import Entry, Journal
from alicred_emulator.keys import masked
from alicred_emulator.messages import Headers
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remote.resource import Fact, Resource, principal, segment
from alicred_emulator.remote.wire import Wire

_JOURNAL: Final = "/journal"
_LEDGER: Final = "/ledger"


class RemoteJournal(Journal):
    """A journal whose record is elsewhere. What could be a secret in its entries is masked.

    Args:
        wire: The connection.
        service: The service whose entries are shown; None for all.
    """

    def __init__(self, wire: Wire, service: str | None = None) -> None:
        super().__init__()
        self._wire = wire
        self._service = service

    def append(self, entry: Entry) -> NoReturn:
        """Refuse: requests are entered by the fakes alone.

        Args:
            entry: What is not entered.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f"nothing is entered from here, not even {entry.method} {entry.path}: ask the fake")

    def clear(self) -> None:
        """Forget the entries of this view; of the whole, also that the unplaced ones were read."""
        self._wire.delete(_JOURNAL, **self._query)

    @property
    def unplaced(self) -> list[Entry]:
        """The requests that no fake could place; reading them says that the test knows of them."""
        content = self._wire.get(_JOURNAL, unplaced="true", **self._query)
        return [_entry(fields) for fields in content["entries"]]

    @property
    def unplaced_read(self) -> bool:
        """Whether `unplaced` was read, on any view, since the whole journal was cleared."""
        return bool(self._wire.get(_JOURNAL, **self._query)["unplaced_read"])

    @property
    def _query(self) -> dict[str, str]:
        return {} if self._service is None else {"service": self._service}

    def _snapshot(self) -> list[Entry]:
        return [_entry(fields) for fields in self._wire.get(_JOURNAL, **self._query)["entries"]]


class RemoteCredential(Resource):
    """A credential that a fake elsewhere issued; whoever was given it has its secret and its token.

    Args:
        wire: The connection.
        access_key_id: Its id.

    Attributes:
        access_key_id: Its id.
    """

    def __init__(self, wire: Wire, access_key_id: str) -> None:
        super().__init__(wire, f"{_LEDGER}/{segment(access_key_id)}")
        self.access_key_id: Final = access_key_id

    def __repr__(self) -> str:
        return f"<RemoteCredential {masked(self.access_key_id)}>"

    holder: Fact[Principal] = Fact("For whom it speaks.", principal)
    principal: Fact[str] = Fact("The ARN of whom it speaks for.", str)
    origin: Fact[str] = Fact("The fake that issued it.", str)
    issued_at: Fact[datetime] = Fact("From when it is valid.", as_utc)
    expires_at: Fact[datetime] = Fact("From when on it is refused.", as_utc)
    policy: Fact[str | None] = Fact("The session policy that it was narrowed by, or None.", lambda text: text)
    source_identity: Fact[str | None] = Fact(
        "The source identity of the session, or None.", lambda text: text
    )
    uses: Fact[int] = Fact("How often a call was granted to it.", int)

    def is_valid(self, now: datetime) -> bool:
        """Tell whether a fake accepts it at a moment; at `expires_at` it no longer does.

        Args:
            now: The moment.
        """
        return self.issued_at <= now < self.expires_at


class RemoteLedger:
    """What `alicred_emulator.ledger.Ledger` is, elsewhere.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def credentials(self) -> tuple[RemoteCredential, ...]:
        """All credentials that are remembered, in the order of their issue."""
        issued = self._wire.get(_LEDGER)["credentials"]
        return tuple(RemoteCredential(self._wire, one["access_key_id"]) for one in issued)

    def get(self, access_key_id: str) -> RemoteCredential | None:
        """Return a credential by its id, or None if no fake issued it."""
        credential = RemoteCredential(self._wire, access_key_id)
        try:
            _ = credential.origin
        except LookupError:
            return None
        return credential


def _entry(fields: Any) -> Entry:
    parsed: dict[str, Any] = {"time": as_utc(fields["time"]), "headers": Headers(fields["headers"].items())}
    return Entry(**{**fields, **parsed})
