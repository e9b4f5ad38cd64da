"""The worker's tests: each is on an emulated instance, and begins with an empty queue."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from worker import work


@pytest.fixture(autouse=True)
def on_the_instance(alicred_on_ecs) -> None:
    """No test meets the real cloud."""


@pytest.fixture
def jobs() -> asyncio.Queue[str]:
    """The queue."""
    return asyncio.Queue()


@pytest.fixture
def found() -> dict[str, int]:
    """What the workers have found."""
    return {}


@pytest_asyncio.fixture
async def hire(
    jobs: asyncio.Queue[str], found: dict[str, int]
) -> AsyncIterator[Callable[[], asyncio.Task[None]]]:
    """Set a worker to work, which no test has to wait for; it ends with the test."""
    hired: list[asyncio.Task[None]] = []

    def hire() -> asyncio.Task[None]:
        hired.append(asyncio.create_task(work(jobs, found, pause_seconds=0.01)))
        return hired[-1]

    yield hire
    for worker in hired:
        worker.cancel()
    await asyncio.gather(*hired, return_exceptions=True)
