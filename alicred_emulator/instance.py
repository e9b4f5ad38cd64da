"""The ECS instance that the metadata service describes: its switches, its role, its data."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from alicred_emulator.clock import EmulatorClock, as_utc, wire_time
from alicred_emulator.identity import IdentitySigner
from alicred_emulator.ledger import IssuedCredential, Ledger
from alicred_emulator.metadata import DEFAULT_METADATA, Metadata, MetadataValue
from alicred_emulator.ram.account import ECS, Ram
from alicred_emulator.ram.roles import Role
from alicred_emulator.rotation import Rotation

TOKEN_MODES: Final = ("optional", "required")
SWITCH: Final = ("enabled", "disabled")
_DOCUMENTED_LIFETIME: Final = timedelta(hours=6)
_DOCUMENTED_OVERLAP: Final = timedelta(minutes=30)
_SPOT_NOTICE: Final = timedelta(minutes=5)
_SPOT_ITEM: Final = "instance/spot/termination-time"


class Instance:
    """One ECS instance. Everything may be changed while it runs.

    Source:
        https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata (items, tokens, life of a
        credential; the page of 2021 for its overlap with the next).

    Args:
        clock: The emulator's clock.
        ram: Where its role must exist.
        ledger: Where its credentials are entered.
        signer: Signs its identity document.

    Attributes:
        imds_v2_supported: Whether the service knows tokens at all; without, the token path is a 404
            and a token header is ignored.
        metadata: The items under ``meta-data/``, by path.
        tags: The instance's tags, shown while `instance_metadata_tags` is ``enabled``.
        user_data: The user data, or None if none was given.
        vendor_data: The vendor data, or None.
        system_events: The active system events; their shape is not documented, so any JSON goes.
    """

    def __init__(self, clock: EmulatorClock, ram: Ram, ledger: Ledger, signer: IdentitySigner) -> None:
        self._clock = clock
        self._ram = ram
        self._signer = signer
        self._rotation = Rotation(
            clock, ledger, origin="imds", lifetime=_DOCUMENTED_LIFETIME, overlap=_DOCUMENTED_OVERLAP
        )
        self._role: Role | None = None
        self._http_tokens = "optional"
        self._http_endpoint = "enabled"
        self._metadata_tags = "disabled"
        self._spot_termination: datetime | None = None
        self.imds_v2_supported = True
        self.metadata: Metadata = Metadata({**DEFAULT_METADATA, "owner-account-id": ram.account_id})
        self.tags: dict[str, str] = {}
        self.user_data: str | bytes | None = None
        self.vendor_data: str | bytes | None = None
        self.system_events: list[Mapping[str, object]] = []

    @property
    def role(self) -> Role | None:
        """The attached role; assign a role, its name, or None to detach.

        Attaching one starts a new series of credentials at the present second. What was issued
        before stays good until it ends.

        Raises:
            ValueError: When set to a role that does not exist, or that does not trust ``ecs.aliyuncs.com``
                (documented).
        """
        return self._role

    @role.setter
    def role(self, role: Role | str | None) -> None:
        if isinstance(role, Role):
            role = role.name
        self._role = None if role is None else self._attachable(role)
        self._rotation.reanchor()

    @property
    def http_tokens(self) -> str:
        """Whether requests need a token: ``optional`` (the default) or ``required``.

        Raises:
            ValueError: When set to anything else.
        """
        return self._http_tokens

    @http_tokens.setter
    def http_tokens(self, mode: str) -> None:
        self._http_tokens = _one_of("http_tokens", mode, TOKEN_MODES)

    @property
    def http_endpoint(self) -> str:
        """Whether the metadata service answers at all: ``enabled`` (the default) or ``disabled``.

        Raises:
            ValueError: When set to anything else.
        """
        return self._http_endpoint

    @http_endpoint.setter
    def http_endpoint(self, state: str) -> None:
        self._http_endpoint = _one_of("http_endpoint", state, SWITCH)

    @property
    def instance_metadata_tags(self) -> str:
        """Whether the tags are shown: ``disabled`` (the default) or ``enabled``.

        Raises:
            ValueError: When set to anything else.
        """
        return self._metadata_tags

    @instance_metadata_tags.setter
    def instance_metadata_tags(self, state: str) -> None:
        self._metadata_tags = _one_of("instance_metadata_tags", state, SWITCH)

    @property
    def credential_lifetime(self) -> timedelta:
        """How long a role credential is good: 6 hours, as documented. Setting it starts a new one.

        Raises:
            ValueError: When set to anything but whole seconds, 1 s to 365 days.
        """
        return self._rotation.lifetime

    @credential_lifetime.setter
    def credential_lifetime(self, lifetime: timedelta) -> None:
        self._rotation.lifetime = lifetime

    @property
    def rotation_overlap(self) -> timedelta:
        """How long before its end a credential's successor is shown: 30 minutes, as documented.

        At most half the lifetime takes effect. Setting it starts a new credential.

        Raises:
            ValueError: When set to anything but whole seconds, 0 s to 365 days.
        """
        return self._rotation.overlap

    @rotation_overlap.setter
    def rotation_overlap(self, overlap: timedelta) -> None:
        self._rotation.overlap = overlap

    @property
    def identity_certificate(self) -> str:
        """The certificate that verifies the signature of the identity document, in PEM."""
        return self._signer.certificate_pem.decode("ascii")

    def reanchor_if_unshown(self) -> None:
        """Let the present credential have been issued now, unless someone has seen it already."""
        self._rotation.reanchor_if_unshown()

    def credential_of(self, role: Role) -> IssuedCredential:
        """Return the credential that the instance shows now for its role."""
        # The session's name is not documented; the instance's id tells sessions apart (inferred).
        session_name = str(self.metadata.get("instance-id", "instance"))
        return self._rotation.current(role.session(session_name))

    def _attachable(self, name: str) -> Role:
        try:
            role = self._ram.role(name)
        except LookupError as error:
            raise ValueError(f"{error}; create it with ram.add_role") from None
        if not role.trust.allows("Service", {ECS}, {}):
            raise ValueError(f"the role {name} does not trust {ECS}; add it to the role's trust_policy")
        return role

    def schedule_spot_termination(self, at: datetime | str | None) -> None:
        """Schedule that the spot instance is reclaimed; it is announced 5 minutes ahead (documented).

        Args:
            at: When, as a datetime (naive means UTC) or ISO 8601 text; None calls it off.

        Raises:
            ValueError: If the text is no ISO 8601 date.
        """
        self._spot_termination = None if at is None else as_utc(at)

    def visible_metadata(self) -> dict[str, MetadataValue]:
        """Return what ``meta-data/`` shows at this moment, by path, the role's credential excepted."""
        shown = dict(self.metadata)
        if self._metadata_tags == "enabled":
            shown.update({f"tags/instance/{key}": value for key, value in self.tags.items()})
        at = self._spot_termination
        if at is not None and self._clock.now() + _SPOT_NOTICE >= at:
            shown[_SPOT_ITEM] = wire_time(at)
        return shown


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{what} is {' or '.join(map(repr, allowed))}, not {value!r}")
    return value
