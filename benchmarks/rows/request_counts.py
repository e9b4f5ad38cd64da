"""How many requests a refresh makes of the metadata service, by the fake's own journal."""

from collections.abc import Callable
from typing import Any

from alicred import Client, Config, testing
from alicred_emulator import Emulator
from benchmarks import sdk
from benchmarks.environment import point_at
from benchmarks.measure import Effort
from benchmarks.row import Row, missing

_PAST_THE_REFRESH_POINT = {"hours": 5, "minutes": 45}


def measure(_effort: Effort) -> list[Row]:
    """Return one row."""
    with Emulator() as emulator:
        point_at(emulator.imds.url)
        role = emulator.role.name
        first, later = _alicred(emulator)
        known = None
        beside = [f"alicred's first fetch, role unknown: {first}"]
        if sdk.IS_INSTALLED:
            known = _sdk(emulator, lambda: sdk.ecs_client(role))
            unknown = _sdk(emulator, sdk.ecs_client)
            beside.append(f"SDK, role given: {known}; not given: {unknown}")
        else:
            beside.append(missing(sdk.NAME, sdk.WHY_MISSING))
    return [
        Row(
            what="IMDS requests of a refresh, role known, token good",
            ours=str(later),
            beside=beside,
            bar="1",
            holds=later == 1,
            used=float(later),
            of_peer=None if known is None else later / known,
        )
    ]


def _alicred(emulator: Emulator) -> tuple[int, int]:
    testing.use_clock(emulator.clock.client_time)
    counts = _counts(emulator, Client(Config(type="ecs_ram_role")))
    testing.reset()
    return counts


def _sdk(emulator: Emulator, build: Callable[[], Any]) -> int:
    from alicred_emulator.freeze import frozen_process  # noqa: PLC0415 - the SDK alone needs it

    with sdk.on_instance(emulator.imds.url), frozen_process(emulator.clock.client_time):
        return _counts(emulator, build())[1]


def _counts(emulator: Emulator, client: Any) -> tuple[int, int]:
    emulator.reset()
    emulator.clock.freeze()
    emulator.reanchor_if_unshown()
    before = client.get_credential()
    first = len(emulator.imds.journal)
    emulator.clock.shift(**_PAST_THE_REFRESH_POINT)
    if client.get_credential().access_key_id == before.access_key_id:
        raise AssertionError("the credential was not refreshed")
    return first, len(emulator.imds.journal) - first
