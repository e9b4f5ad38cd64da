"""One refresh by AssumeRole, against the SDK's and against the barest request with the same library.

The fake runs in a process of its own, so that only the client is measured, and speaks plain HTTP. alicred's
refresh is caused by `invalidate`; of the SDK, whose way to forget what it holds is to wait, the step below
its cache is measured. The floor sends the very requests that alicred sends, signed before the clock starts,
since STS takes none twice.

alicred connects anew for each refresh and closes the connection after it. The SDK keeps its own, which no
server would hold open for the hour between two refreshes; so it is measured with a new one as well, and that
is what the bar is about.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from alicred import Client, Config, clock
from alicred.models import Credential
from alicred.signing import Request
from alicred.sts import Moment, RoleSession, assume_role
from benchmarks import sdk
from benchmarks.assume_role import SESSION_SECONDS, Caller
from benchmarks.fake_process import fake_sts
from benchmarks.measure import Effort
from benchmarks.refreshes import FULL, WARM_UP, Refresh, by_invalidation, compared, measured, told
from benchmarks.row import Row, missing
from benchmarks.units import times

_BAR = 3.0
_OK = 200
_SESSION_NAME = "benchmark"


def measure(effort: Effort) -> list[Row]:
    """Return one row."""
    with fake_sts() as (url, caller):
        samples = measured(_subjects(url, caller), effort)
    found = told(samples)
    ratios = {name: compared(samples, "alicred", name) for name in found if name != "alicred"}
    shown = {"kept": "the kept POST", "sdk": "the SDK, new", "sdk_kept": "the SDK, kept"}
    return [
        Row(
            what="a refresh by AssumeRole, on a local fake (best tenth)",
            ours=found["alicred"],
            beside=[
                f"requests.Session POST, signed before, connection kept: {found['kept']}",
                f"the same, session and connection new: {found['new']}",
                *_told_of_sdk(found),
            ],
            ratio="\n".join(
                f"{times(ratios[name])} {what}" for name, what in shown.items() if name in ratios
            ),
            bar=f"at most {_BAR:g}x a bare POST, and 1x the SDK, new",
            holds=ratios["kept"] <= _BAR and ratios.get("sdk", 0) <= 1,
            used=max(ratios["kept"] / _BAR, ratios.get("sdk", 0)),
            of_peer=ratios.get("sdk"),
        )
    ]


def _told_of_sdk(found: dict[str, str]) -> list[str]:
    if "sdk" not in found:
        return [missing(sdk.NAME, sdk.WHY_MISSING)]
    return [f"SDK, connection new: {found['sdk']}", f"SDK, connection kept: {found['sdk_kept']}"]


def _subjects(url: str, caller: Caller) -> dict[str, Refresh]:
    client = Client(Config(**_parameters(url, caller)))
    floors = {"kept": _post(url, caller), "new": _post_anew(url, caller)}
    theirs = _sdk_refreshes(url, caller) if sdk.IS_INSTALLED else {}
    return {"alicred": by_invalidation(client), **floors, **theirs}


def _sdk_refreshes(url: str, caller: Caller) -> dict[str, Refresh]:
    provider = sdk.client(**_parameters(url, caller)).cloud_credential.provider
    refresh = provider._refresh_credentials  # noqa: SLF001 - the step below its cache

    def refresh_anew() -> None:
        sdk.close_connections()
        refresh()

    return {"sdk": refresh_anew, "sdk_kept": refresh}


def _parameters(url: str, caller: Caller) -> dict[str, Any]:
    return {
        "type": "ram_role_arn",
        "access_key_id": caller.access_key_id,
        "access_key_secret": caller.access_key_secret,
        "role_arn": caller.role_arn,
        "role_session_name": _SESSION_NAME,
        "role_session_expiration": SESSION_SECONDS,
        "sts_endpoint": url,
    }


def _post(url: str, caller: Caller) -> Refresh:
    session, signed = requests.Session(), _signed(url, caller)
    return lambda: _send(session, url, next(signed))


def _post_anew(url: str, caller: Caller) -> Refresh:
    signed = _signed(url, caller)

    def post() -> None:
        with requests.Session() as session:
            _send(session, url, next(signed))

    return post


def _send(session: requests.Session, url: str, request: Request) -> None:
    if session.post(url, data=request.body, headers=request.headers).status_code != _OK:
        raise AssertionError("the fake refused what was signed before")


def _signed(url: str, caller: Caller) -> Iterator[Request]:
    wanted = RoleSession(role_arn=caller.role_arn, name=_SESSION_NAME, seconds=SESSION_SECONDS)
    key = Credential(
        type="access_key",
        provider_name="access_key",
        access_key_id=caller.access_key_id,
        access_key_secret=caller.access_key_secret,
    )
    host = urlsplit(url).netloc
    moments = [Moment(clock.time(), uuid4().hex, host) for _ in range(WARM_UP + FULL)]
    return iter([assume_role(wanted, key, moment) for moment in moments])
