"""A worker that asks ECS in many regions at once how many regions this account may use from there.

Rule: a job is done or in the queue, whatever becomes of the credential or of the worker in the middle of it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.models import Config as OpenApiConfig
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions

from alicred import Client, CredentialException

DESCRIBE_REGIONS = Params(
    action="DescribeRegions",
    version="2014-05-26",
    protocol="HTTPS",
    method="POST",
    pathname="/",
    auth_type="AK",
    style="RPC",
    req_body_type="formData",
    body_type="json",
)
WORKERS = 8

log = logging.getLogger(__name__)


async def work(jobs: asyncio.Queue[str], found: dict[str, int], *, pause_seconds: float = 5.0) -> None:
    """Do one job after the other until cancelled.

    Args:
        jobs: The regions to ask in.
        found: Where to write what they say.
        pause_seconds: How long to leave a job alone for which there was no credential.
    """
    while True:
        region = await jobs.get()
        try:
            found[region] = await regions_seen_from(region)
        except UnretryableException as error:
            # So the SDK wraps what kept it from sending anything.
            if not isinstance(error.inner_exception, CredentialException):
                raise
            log.warning("no credential for %s: %s", region, error.inner_exception)
            await asyncio.sleep(pause_seconds)
        finally:
            if region not in found:
                jobs.put_nowait(region)
            jobs.task_done()


async def regions_seen_from(region: str) -> int:
    """Return how many regions ECS names when it is asked in this one."""
    # One client for all tasks: however many find the credential expired, it is fetched once.
    config = OpenApiConfig(credential=Client.shared(), endpoint=f"ecs.{region}.aliyuncs.com")
    answer = await OpenApiClient(config).call_api_async(DESCRIBE_REGIONS, OpenApiRequest(), RuntimeOptions())
    return len(answer["body"]["Regions"]["Region"])


async def main(regions: Sequence[str]) -> None:
    """Ask in all of them, and print what they say."""
    jobs: asyncio.Queue[str] = asyncio.Queue()
    found: dict[str, int] = {}
    for region in regions:
        jobs.put_nowait(region)
    workers = [asyncio.create_task(work(jobs, found)) for _ in range(WORKERS)]
    await asyncio.wait([*workers, asyncio.ensure_future(jobs.join())], return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for region, count in found.items():
        print(f"{region}\t{count}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
