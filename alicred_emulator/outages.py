"""The well-known outages, by name."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from alicred_emulator.fault_rule import Outage
from alicred_emulator.faults import Fault
from alicred_emulator.world import World

_CLOCK_ERROR: Final = timedelta(hours=1)

_FAULTS: Final[Mapping[str, Outage]] = {
    "imds_down": Outage(
        meaning="every connection to the metadata service is reset",
        service="imds",
        effect=Fault.reset(),
    ),
    "imds_silent": Outage(
        meaning="the metadata service accepts requests and never answers",
        service="imds",
        effect=Fault.silence(),
    ),
    "imds_slow": Outage(
        meaning="the metadata service answers after 1.5 s, later than most clients wait",
        service="imds",
        effect=Fault.delay(1.5),
    ),
    "imds_error": Outage(
        meaning="the metadata service answers 500",
        service="imds",
        effect=Fault.status(500),
    ),
    "imds_throttled": Outage(
        meaning="the metadata service answers 429 (that it throttles is documented, the status is not)",
        service="imds",
        effect=Fault.status(429),
    ),
    "imds_token_forbidden": Outage(
        meaning="the metadata service refuses to issue tokens with 403",
        service="imds",
        operation="Token",
        effect=Fault.status(403),
    ),
    "credentials_uri_down": Outage(
        meaning="every connection to the credentials URI is reset",
        service="credentials_uri",
        effect=Fault.reset(),
    ),
    "credentials_uri_error": Outage(
        meaning="the credentials URI answers 500",
        service="credentials_uri",
        effect=Fault.status(500),
    ),
}


def outages(world: World) -> Mapping[str, Outage]:
    """Return the named outages of a world.

    Args:
        world: The world that some of them change while they last.

    Returns:
        Name to outage.
    """
    return {
        **_FAULTS,
        "role_detached": Outage(
            meaning="the instance has no role; it comes back with a new credential",
            effect=lambda: _detach_role(world),
        ),
        "clock_behind": Outage(
            meaning="the clients' clock is an hour behind",
            effect=lambda: _skew(world, -_CLOCK_ERROR),
        ),
        "clock_ahead": Outage(
            meaning="the clients' clock is an hour ahead",
            effect=lambda: _skew(world, _CLOCK_ERROR),
        ),
    }


def _detach_role(world: World) -> Callable[[], None]:
    instance, role = world.instance, world.instance.role
    instance.role = None

    def attach() -> None:
        instance.role = role

    return attach


def _skew(world: World, ahead: timedelta) -> Callable[[], None]:
    before = world.clock.skewed_by
    world.clock.skew(ahead)
    return lambda: world.clock.skew(before)
