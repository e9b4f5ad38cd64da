"""One refresh over real sockets, against the barest request that one could write with the same library.

The fake runs in a process of its own, so that only the client is measured. A refresh is caused by
`invalidate`, after which the client fetches again with the role and the token that it knows.
"""

import json
import urllib.request

import requests

from alicred import Client, Config
from benchmarks import sdk
from benchmarks.environment import point_at
from benchmarks.fake_process import fake_imds
from benchmarks.measure import Effort
from benchmarks.refreshes import Refresh, by_invalidation, compared, measured, told
from benchmarks.row import Row, missing
from benchmarks.units import times

_BAR = 3.0
_PATH = "/latest/meta-data/ram/security-credentials/"


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    with fake_imds() as url:
        point_at(url)
        client = Client(Config(type="ecs_ram_role"))
        subjects = {"alicred": by_invalidation(client), "kept": _get(url), "new": _get_anew(url)}
        if sdk.IS_INSTALLED:
            subjects["sdk"] = _sdk_refresh(url)
        samples = measured(subjects, effort)
    ratio = compared(samples, "alicred", "kept")
    found = told(samples)
    theirs = (
        f"SDK, its two requests: {found['sdk']}" if "sdk" in found else missing(sdk.NAME, sdk.WHY_MISSING)
    )
    return [
        Row(
            what="a refresh, ECS, role known, on a local fake (best tenth)",
            ours=found["alicred"],
            beside=[
                f"requests.Session GET, connection kept: {found['kept']}",
                f"the same, session and connection new: {found['new']}",
                theirs,
            ],
            ratio=f"{times(ratio)} the kept one",
            bar=f"at most {_BAR:g}x a bare GET",
            holds=ratio <= _BAR,
            used=ratio / _BAR,
            of_peer=compared(samples, "alicred", "sdk") if "sdk" in samples else None,
        )
    ]


def _get(url: str) -> Refresh:
    session = requests.Session()
    address, headers = _question(url)
    return lambda: session.get(address, headers=headers).content


def _get_anew(url: str) -> Refresh:
    address, headers = _question(url)

    def get() -> None:
        with requests.Session() as session:
            session.get(address, headers=headers)

    return get


def _question(url: str) -> tuple[str, dict[str, str]]:
    ttl = {"X-aliyun-ecs-metadata-token-ttl-seconds": "21600"}
    asking = urllib.request.Request(f"{url}/latest/api/token", method="PUT", headers=ttl)
    with urllib.request.urlopen(asking) as answer:
        token = answer.read().decode()
    with urllib.request.urlopen(url + _PATH) as answer:
        role = answer.read().decode().strip()
    address = f"{url}{_PATH}{role}"
    with urllib.request.urlopen(address) as answer:
        assert json.load(answer)["Code"] == "Success"
    return address, {"X-aliyun-ecs-metadata-token": token}


def _sdk_refresh(url: str) -> Refresh:
    with urllib.request.urlopen(url + _PATH) as answer:
        role = answer.read().decode().strip()
    provider = sdk.ecs_client(role).cloud_credential.provider
    sdk.point_at(provider, url)
    # Its way to forget what it holds is to wait, so the step below its cache is measured.
    return provider._refresh_credentials  # type: ignore[no-any-return]  # noqa: SLF001
