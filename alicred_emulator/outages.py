"""The well-known outages, by name."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from alicred_emulator.fault_rule import Outage
from alicred_emulator.faults import Fault
from alicred_emulator.ram.roles import Role
from alicred_emulator.replaced import Replaced
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
    "sts_down": Outage(
        meaning="every connection to STS is reset",
        service="sts",
        effect=Fault.reset(),
    ),
    "sts_silent": Outage(
        meaning="STS accepts requests and never answers",
        service="sts",
        effect=Fault.silence(),
    ),
    "sts_error": Outage(
        meaning="STS answers InternalError, with status 500",
        service="sts",
        effect=Fault.refusal("InternalError"),
    ),
    "sts_unavailable": Outage(
        meaning="STS answers ServiceUnavailable, with status 503",
        service="sts",
        effect=Fault.refusal("ServiceUnavailable"),
    ),
    "sts_throttled": Outage(
        meaning="STS answers Throttling.User, with status 400",
        service="sts",
        effect=Fault.refusal("Throttling.User"),
    ),
    "oidc_issuer_down": Outage(
        meaning="the OIDC issuer does not say which keys it signs with, neither to STS nor to anybody else",
        service="oidc",
        effect=Fault.reset(),
    ),
    "cloud_sso_down": Outage(
        meaning="every connection to CloudSSO is reset",
        service="cloud_sso",
        effect=Fault.reset(),
    ),
    "oauth_down": Outage(
        meaning="every connection to the OAuth service is reset",
        service="oauth",
        effect=Fault.reset(),
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
    "clock_behind": Outage(
        meaning="the clients' clock is an hour behind",
        effect=Fault.skew(-_CLOCK_ERROR),
    ),
    "clock_ahead": Outage(
        meaning="the clients' clock is an hour ahead",
        effect=Fault.skew(_CLOCK_ERROR),
    ),
}


def outages(world: World) -> Mapping[str, Outage]:
    """Return the named outages of a world.

    Args:
        world: The world that some of them change while they last.

    Returns:
        Name to outage.
    """
    role: Replaced[Role | None] = Replaced(
        lambda: world.instance.role, lambda value: setattr(world.instance, "role", value)
    )
    return {
        **_FAULTS,
        "role_detached": Outage(
            meaning="the instance has no role; it comes back with a new credential",
            effect=lambda: role.replace(None),
        ),
    }
