"""The ECS instance of an emulator in another process."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, overload

from alicred_emulator.metadata import MetadataValue
from alicred_emulator.remote.ram import RemoteRam, RemoteRole
from alicred_emulator.remote.resource import (
    Resource,
    Switch,
    content,
    moment_text,
    seconds,
    span,
    written_content,
)
from alicred_emulator.remote.wire import Wire

_PATH: Final = "/instance"
_Item = TypeVar("_Item")
_Event = Mapping[str, object]


class RemoteItems(MutableMapping[str, _Item]):
    """Items of the instance: what is set here is set there.

    Args:
        wire: The connection.
        name: What the instance calls them.
        key: How a key is written there.
    """

    def __init__(self, wire: Wire, name: str, key: Callable[[str], str] = str) -> None:
        self._wire = wire
        self._name = name
        self._key = key

    def __getitem__(self, key: str) -> _Item:
        return self._items()[self._key(key)]

    def __setitem__(self, key: str, value: _Item) -> None:
        self._merge({key: value})

    def __delitem__(self, key: str) -> None:
        if self._key(key) not in self._items():
            raise KeyError(key)
        self._merge({self._key(key): None})

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __len__(self) -> int:
        return len(self._items())

    def __repr__(self) -> str:
        return f"<RemoteItems {self._name}>"

    def replace(self, items: Mapping[str, _Item]) -> None:
        """Let these be all items that there are."""
        self._merge({**dict.fromkeys(self._items()), **items})

    def _items(self) -> dict[str, _Item]:
        items: dict[str, _Item] = self._wire.get(_PATH)[self._name]
        return items

    def _merge(self, changes: Mapping[str, object]) -> None:
        self._wire.patch(_PATH, {self._name: changes})


class RemoteEvents(MutableSequence[_Event]):
    """The system events of the instance: what is changed here is changed there.

    Args:
        wire: The connection.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @overload
    def __getitem__(self, index: int) -> _Event: ...

    @overload
    def __getitem__(self, index: slice) -> MutableSequence[_Event]: ...

    def __getitem__(self, index: int | slice) -> _Event | MutableSequence[_Event]:
        return self._events()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._edit(lambda events: events.__setitem__(index, value))

    def __delitem__(self, index: int | slice) -> None:
        self._edit(lambda events: events.__delitem__(index))

    def __len__(self) -> int:
        return len(self._events())

    def insert(self, index: int, value: _Event) -> None:
        """Insert an event before an index."""
        self._edit(lambda events: events.insert(index, value))

    def _events(self) -> list[_Event]:
        events: list[_Event] = self._wire.get(_PATH)["system_events"]
        return events

    def _edit(self, change: Callable[[list[_Event]], None]) -> None:
        events = self._events()
        change(events)
        self._wire.patch(_PATH, {"system_events": events})


class RemoteInstance(Resource):
    """What `alicred_emulator.instance.Instance` is, elsewhere.

    Args:
        wire: The connection.
        ram: The account that its role is of.
    """

    def __init__(self, wire: Wire, ram: RemoteRam) -> None:
        super().__init__(wire, _PATH)
        self._ram = ram

    http_tokens: Switch[str] = Switch("Whether requests need a token: ``optional`` or ``required``.", str)
    http_endpoint: Switch[str] = Switch(
        "Whether metadata are served at all: ``enabled`` or ``disabled``.", str
    )
    instance_metadata_tags: Switch[str] = Switch(
        "Whether the tags are shown: ``disabled`` or ``enabled``.", str
    )
    imds_v2_supported: Switch[bool] = Switch("Whether the service knows tokens at all.", bool)
    credential_lifetime: Switch[timedelta] = Switch(
        "How long a role credential is good, a timedelta.", span, seconds
    )
    rotation_overlap: Switch[timedelta] = Switch(
        "How long before its end a credential's successor is shown, a timedelta.", span, seconds
    )
    user_data: Switch[str | bytes | None] = Switch(
        "The user data, or None if none was given.", content, written_content
    )
    vendor_data: Switch[str | bytes | None] = Switch("The vendor data, or None.", content, written_content)

    @property
    def role(self) -> RemoteRole | None:
        """The attached role; assign a role, its name, or None to detach.

        Raises:
            ValueError: When set to a role that does not exist, or that does not trust ``ecs.aliyuncs.com``.
        """
        name = self._wire.get(_PATH)["role"]
        return None if name is None else self._ram.role(name)

    @role.setter
    def role(self, role: RemoteRole | str | None) -> None:
        self._wire.patch(_PATH, {"role": role.name if isinstance(role, RemoteRole) else role})

    @property
    def metadata(self) -> MutableMapping[str, MetadataValue]:
        """The items under ``meta-data/``, by path."""
        return RemoteItems[MetadataValue](self._wire, "metadata", lambda path: path.strip("/"))

    @metadata.setter
    def metadata(self, items: Mapping[str, MetadataValue]) -> None:
        RemoteItems[MetadataValue](self._wire, "metadata").replace(items)

    @property
    def tags(self) -> MutableMapping[str, str]:
        """The instance's tags, shown while `instance_metadata_tags` is ``enabled``."""
        return RemoteItems[str](self._wire, "tags")

    @tags.setter
    def tags(self, tags: Mapping[str, str]) -> None:
        RemoteItems[str](self._wire, "tags").replace(tags)

    @property
    def system_events(self) -> MutableSequence[_Event]:
        """The active system events."""
        return RemoteEvents(self._wire)

    @system_events.setter
    def system_events(self, events: MutableSequence[_Event]) -> None:
        self._wire.patch(_PATH, {"system_events": list(events)})

    @property
    def identity_certificate(self) -> str:
        """The certificate that verifies the signature of the identity document, in PEM."""
        return str(self._wire.get(f"{_PATH}/identity-certificate")["pem"])

    def schedule_spot_termination(self, at: datetime | str | None) -> None:
        """Schedule that the spot instance is reclaimed.

        Args:
            at: When, as a datetime (naive means UTC) or ISO 8601 text; None calls it off.

        Raises:
            ValueError: If the text is no ISO 8601 date.
        """
        self._wire.patch(_PATH, {"spot_termination": None if at is None else moment_text(at)})
